"""Named arrays that stay where they are: what `layer.params`, `layer.grads` and `layer.state` are."""

from collections.abc import MutableMapping

import numpy as np


class Parameters(dict):
    """A dict of arrays in which assigning to a name that exists copies into its array.

    So `layer.grads["W"] = g.T @ x` writes into the model's gradient vector, of which the array is a view, and never
    cuts the two apart. A new name stores the array that it is given, until the layer is built and the names are fixed.

    Raises ValueError where the shape of the value is not the shape of the array, or a name is none of those fixed.
    """

    fixed = False

    def __setitem__(self, name, value):
        array = self.get(name)
        if array is None:
            if self.fixed:
                raise ValueError(f"no array is called {name!r}: expected one of {', '.join(self) or 'none'}")
            super().__setitem__(name, np.asarray(value))
        elif array is not value:
            if np.shape(value) != array.shape:
                raise ValueError(f"{name} expected shape {array.shape}, got {np.shape(value)}")
            array[...] = value

    update = MutableMapping.update  # dict's own would bypass __setitem__
    setdefault = MutableMapping.setdefault

    def __ior__(self, other):
        self.update(other)
        return self

    def __reduce__(self):
        return Parameters, (dict(self),)

    def assign(self, arrays):
        """Copies a whole mapping in: what `layer.params = {...}` does."""
        if self.fixed and set(arrays) != set(self):
            raise ValueError(f"expected arrays called {', '.join(self)}, got {', '.join(map(str, arrays))}")
        self.update(arrays)

    def rebind(self, name, array):
        """Puts another array in the place of the old one: for Layer, which moves arrays into its vectors."""
        super().__setitem__(name, array)
