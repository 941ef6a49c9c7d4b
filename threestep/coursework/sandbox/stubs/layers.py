"""layers, while a submission is graded: the class to build on, without the library's own layers."""

from functools import wraps

import numpy as np


class Layer:
    """What a layer of yours inherits from, here and in the library alike.

        y  = layer.forward(x)     data transformation
        dx = layer.backward(g)    gradient transformation: g = dl/dy gives dx = dl/dx
        layer.update()            calculation of the parameter gradient: grads[name] = dl/dparams[name]

    You can rely on `params`, `grads` and `state`, which are dicts of arrays; on `training`, which `train()` and
    `eval()` set; and on `rng`, a NumPy Generator of the layer's own, there once it is built. A layer with parameters
    overrides `build` and fills `params` in it. The first forward builds what is not built yet.
    """

    training = True
    built = False
    rng = None
    _building = False

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        for name, wrap in (("build", own_generator), ("forward", built_first)):
            if name in vars(cls):
                setattr(cls, name, wrap(vars(cls)[name]))

    def __new__(cls, *args, **options):
        self = super().__new__(cls)
        self.params, self.grads, self.state = {}, {}, {}
        return self

    def build(self, input_shape, rng=0, dtype=np.float32):
        """Creates the parameters for examples of `input_shape`, without the batch axis; returns the output's shape.

        In a `build` of yours rng is always a Generator. Afterwards the parameters have `dtype`, and each its zeros in
        `grads`.
        """
        return input_shape

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self, g):
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def update(self):
        """Nothing to do for a layer without parameters."""

    def train(self):
        self.training = True
        return self

    def eval(self):
        self.training = False
        return self


def own_generator(build):
    """build with a Generator as rng, a child of the one that was given; parameters and state are of the dtype after."""

    @wraps(build)
    def wrapped(self, input_shape, rng=0, dtype=np.float32):
        if self._building:  # super().build(...), within a subclass's own
            return build(self, input_shape, rng, dtype)
        self.rng = np.random.default_rng(rng).spawn(1)[0]
        self._building = True
        try:
            output_shape = build(self, input_shape, self.rng, dtype)
        finally:
            self._building = False
        for arrays in (self.params, self.state):
            for name, array in arrays.items():
                arrays[name] = np.array(array, dtype if np.asarray(array).dtype.kind == "f" else None)
        self.grads.update({name: np.zeros_like(array) for name, array in self.params.items()})
        self.built = True
        return output_shape

    return wrapped


def built_first(forward):
    """forward of a layer that is built, for x's dtype if not told otherwise."""

    @wraps(forward)
    def wrapped(self, x):
        if not self.built:
            self.build(x.shape[1:], dtype=x.dtype)
        return forward(self, x)

    return wrapped


Layer.build = own_generator(Layer.build)
