"""Layer: the three steps, and the parameters as one vector."""

from math import prod

import numpy as np

from .arguments import finite, flag
from .guards import GUARDS, batch, float_dtype, guard_backward, guard_build, guard_forward, guard_update
from .parameters import Parameters


class Layer:
    """A function of x and of its parameters, with the three steps of backpropagation.

        y  = layer.forward(x)     data transformation
        dx = layer.backward(g)    gradient transformation, from output to input: g = dl/dy gives dx = dl/dx
        layer.update()            calculation of the parameter gradient: grads[name] = dl/dparams[name]

    `update` computes and moves nothing: displacement is the optimizer's. Examples are stacked on axis 0. A layer keeps
    x, y and g by reference for its next step and writes into none of them; nor should the caller between the steps.
    What it returns is an array of its own, or all that it was given, as in Identity and Flatten, but no view of a part.

    Attributes:
        params, grads: mappings from a name to an array, with the same keys and shapes; assigning to a name copies
            into its array. state: arrays that are saved but not trained.
        theta, gradient: all of params, all of grads, as one contiguous vector each, of which the arrays are views.
        training: what `train()` and `eval()` set, for layers that behave differently in the two.
        frozen: when True, update sets the gradient to zero, the optimizer leaves the parameters alone, and BatchNorm
            its statistics.
        lr_factor: what the learning rate is multiplied by for this layer. name: what messages call it.
        share: the name of an earlier layer, whose parameters this one uses in place of its own.
        decay: which parameters weight decay reaches, as set on the outermost model: "all", or "weights", which leaves
            alone those with one axis: biases, gains, slopes.
        several_inputs: whether x is a tuple of arrays (and dx one of gradients).
        rng: the layer's own generator, a child of the one that build was given.

    A layer of your own defines `forward` and `backward`; with parameters also `build`, which fills `self.params`, and
    `update`; and `output_shape` where the shape changes. Order of steps, shapes and dtypes are checked around them.

    Raises RuntimeError for a step out of order, ValueError for a shape that does not fit, TypeError for integers
    where numbers are meant.

    Source: slide "Implementation of a module".
    """

    training = True
    name = None
    decay = "all"
    several_inputs = False
    flops_per_entry = 1  # of y: see flops
    rng = None
    built = False
    input_shape = None  # one example's shape, as build was told
    _built_shape = None  # and its output's, as build returned
    _asked = None  # the shape that build was last called with
    _sees_data = True  # whether that may be the data's, rather than what another layer gives
    children = ()
    _frozen, _lr_factor, _share = False, 1.0, None
    _owner = None  # the layer whose parameters are used here: see sharing.py
    _theta = _gradient = None  # the vectors; None until built
    _input = None  # (one example's shape, dtype) that forward last admitted
    _x_shape = None  # the shape of the last x, which dx must have
    _output = None  # (shape, dtype) that backward expects; None before forward
    _ready = False  # whether backward has prepared update
    _step = None  # the step that is being taken

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        for name, guard in GUARDS.items():
            step = getattr(cls, name)  # the class's own, or one that comes from a class beside Layer
            if not hasattr(step, "guarded"):
                setattr(cls, name, guard(step))

    def __new__(cls, *args, **options):
        if cls.__init__ is Layer.__init__ and (args or options):
            raise TypeError(f"{cls.__name__} takes no arguments, got {', '.join(map(repr, [*args, *options]))}")
        self = super().__new__(cls)
        self._params, self._grads, self._state = Parameters(), Parameters(), Parameters()
        return self

    def __init__(self):
        """No arguments, unless a layer defines its own; each is kept as an attribute of its name, for repr."""

    # The steps, for a layer to define

    @guard_build
    def build(self, input_shape, rng=0, dtype=np.float32):
        """Creates the parameters for examples of `input_shape` (without the batch axis); returns the output's shape.

        rng: an int or a numpy Generator, of which the layer takes a child of its own (what a subclass's build receives
        as rng, and `self.rng`). The first forward builds what is not built yet. Building again draws again.
        """
        return self.output_shape(input_shape)

    def output_shape(self, input_shape):
        """The shape of one example's output; ValueError where the layer cannot take such an example.

        Unless defined: input_shape, where there are neither parameters nor state; else what build returned, and for its
        input_shape only.
        """
        if not (self.built and (self.params or self.state)):
            return input_shape
        if input_shape != self.input_shape:
            raise ValueError(f"{self.label} expected x of shape {batch(self.input_shape)}, got {batch(input_shape)}")
        return self._built_shape

    @guard_forward
    def forward(self, x):
        """y, the transformed data: shape (N, *input_shape) to (N, *output_shape)."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    @guard_backward
    def backward(self, g):
        """dl/dx from g = dl/dy: the Jacobian's transpose times g, example by example."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    @guard_update
    def update(self):
        """Sets grads[name] = dl/dparams[name] from what forward and backward kept; nothing to do without parameters."""

    # Modes

    def train(self):
        """Training mode, for this layer and all within; returns the layer."""
        for layer in self.walk():
            layer.training = True
        return self

    def eval(self):
        """Evaluation mode: dropout rests, statistics stay; returns the layer."""
        for layer in self.walk():
            layer.training = False
        return self

    def walk(self):
        """This layer, then every layer within it, in the order of theta."""
        yield self
        for layer in self.children:
            yield from layer.walk()

    def summary(self):
        """A table of the layers: output shapes, numbers of parameters, what is frozen or shared; printable text."""
        from .summary import summary

        return summary(self)

    @property
    def flops(self):
        """Floating-point operations of forward for one example.

        Counted are products, sums and values of functions: one for each entry of y, unless the layer says otherwise in
        flops_per_entry (Dense: a product and a sum for each weight and row, where b is the first term), and those of
        the layers within, of a layer in several places once for each. Copying and reshaping are free.

        Raises RuntimeError before build, when no shape is known.
        """
        if not self.built:
            raise RuntimeError(f"{self.label} is not built yet, so its flops are not known: call build(input_shape)")
        shape = self._built_shape
        entries = sum(map(prod, shape)) if shape and isinstance(shape[0], tuple) else prod(shape)
        return round(sum(layer.flops for layer in self.children) + self.flops_per_entry * entries)

    # Parameters as one vector

    params = property(lambda self: self._params, lambda self, arrays: self._params.assign(arrays))
    grads = property(lambda self: self._grads, lambda self, arrays: self._grads.assign(arrays))
    state = property(lambda self: self._state, lambda self, arrays: self._state.assign(arrays))
    theta = property(lambda self: self._owned._theta, lambda self, vector: fill(self, "theta", vector))
    gradient = property(lambda self: self._gradient, lambda self, vector: fill(self, "gradient", vector))

    @property
    def dtype(self):
        """The float dtype of the parameters; None without parameters, when x keeps its own."""
        return self.theta.dtype if self.theta is not None and self.theta.size else None

    @property
    def frozen(self):
        return self._owned._frozen

    @frozen.setter
    def frozen(self, value):
        self._owned._frozen = flag("frozen", value)

    @property
    def lr_factor(self):
        return self._owned._lr_factor

    @lr_factor.setter
    def lr_factor(self, value):
        if finite("lr_factor", value) < 0:
            raise ValueError(f"lr_factor expected a number of 0 or more, got {value!r}")
        self._owned._lr_factor = float(value)

    @property
    def share(self):
        return self._share

    @share.setter
    def share(self, value):
        if self.built:
            raise RuntimeError(f"{self.label} is built and has parameters of its own: set share before")
        self._share = value

    @property
    def trains(self):
        """Whether update has something to calculate: there are parameters, and they are not frozen."""
        return bool(self._params) and not (self if self._owner is None else self._owned)._frozen

    @property
    def segments(self):
        """[(slice of theta, lr_factor, decay_factor)] for the parts where the factors are not both 1; frozen: 0."""
        if self.decay not in ("all", "weights"):
            raise ValueError(f"decay expected 'all' or 'weights', got {self.decay!r}")
        return [segment for segment in self._segments(0, 1.0, self.decay) if segment[1:] != (1.0, 1.0)]

    def astype(self, dtype):
        """Converts parameters, gradients and state to float32 or float64; returns the layer."""
        dtype = float_dtype(self, dtype)
        if not self.built:
            raise RuntimeError(f"{self.label} is not built yet: give the dtype to build(input_shape, rng, dtype)")
        if self._owner is not None or self._theta.base is not None:
            raise RuntimeError(f"{self.label} is part of a model: call astype on the outermost one")
        self._bind(np.empty(self.theta.size, dtype), np.empty(self.theta.size, dtype))
        self._forget()
        return self

    def _find_shared(self):
        """Looks for the layers that are named by `share`, which a layer alone has not around it."""
        if self.share is not None and self._owner is None:
            raise ValueError(f"{self.label} shares {self.share!r}, but stands in no model with a layer of that name")

    @property
    def _owned(self):
        """The layer whose parameters these are: itself, or the one that it is a further use of."""
        layer = self
        while layer._owner is not None:
            layer = layer._owner
        return layer

    @property
    def _size(self):
        """How many parameters are the layer's own."""
        return 0 if self._owner is not None else sum(array.size for array in self.params.values())

    def _gather(self, dtype):
        """Moves the parameters into vectors of the layer's own, unless they lie in one already."""
        if self._gradient is None:
            self._bind(np.empty(self._size, dtype), np.empty(self._size, dtype))

    def _bind(self, theta, gradient):
        """Moves parameters and gradients into the two vectors; state takes their dtype."""
        targets = [(self.params, theta), (self.grads, gradient)]
        if self._owner is not None:  # a gradient of this use alone, which a container adds to the owner's
            gradient = np.empty(sum(array.size for array in self.params.values()), gradient.dtype)
            targets = [(self.grads, gradient)]
        start = 0
        for name, array in list(self.params.items()):
            for arrays, vector in targets:
                view = vector[start : start + array.size].reshape(array.shape)
                view[...] = arrays.get(name, 0)
                arrays.rebind(name, view)
            start += array.size
        for name, array in self.state.items():
            self.state.rebind(name, array.astype(theta.dtype, copy=False) if array.dtype.kind == "f" else array)
        self._theta, self._gradient = theta, gradient
        self.params.fixed = self.grads.fixed = self.state.fixed = True

    def _segments(self, start, lr_factor, decay):
        factor = 0.0 if self.frozen else lr_factor * self.lr_factor
        if decay == "all" and self._size:
            yield slice(start, start + self._size), factor, 1.0
        elif self._size:
            for array in self.params.values():
                yield slice(start, start + array.size), factor, float(array.ndim > 1)
                start += array.size

    def _forget(self):
        """Makes the next backward and update wait for a forward: what was kept no longer fits."""
        for layer in self.walk():
            layer._input = layer._output = None
            layer._ready = False

    # Copies and pictures

    def __copy__(self):
        raise TypeError(f"a shallow copy of {self.label} would share its parameters: use copy.deepcopy")

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name not in ("_theta", "_gradient")}

    def __setstate__(self, state):
        """Gives a copied or unpickled layer vectors of its own, so that its arrays are views again."""
        vars(self).update(state)
        if self.built:
            floats = [array.dtype for array in (*self.params.values(), *self.state.values()) if array.dtype.kind == "f"]
            self._gather(floats[0] if floats else np.float32)

    @property
    def label(self):
        """What messages call the layer: its class, and its name where it has one."""
        return type(self).__name__ + (f" {self.name!r}" if self.name else "")

    def __repr__(self):
        from inspect import Parameter, signature  # here, so that `import layers` stays short

        arguments = []
        for name, parameter in signature(type(self).__init__).parameters.items():
            if parameter.kind is Parameter.VAR_POSITIONAL:
                arguments += map(repr, getattr(self, name, ()))
            elif name != "self" and repr(value := getattr(self, name, parameter.default)) != repr(parameter.default):
                arguments.append(repr(value) if parameter.default is Parameter.empty else f"{name}={value!r}")
        line = f"{type(self).__name__}({', '.join(arguments)})"
        if len(line) <= 80 and "\n" not in line:
            return line
        inner = "".join(f"    {argument},\n".replace("\n", "\n    ")[:-4] for argument in arguments)
        return f"{type(self).__name__}(\n{inner})"


def fill(layer, name, vector):
    """Copies into a layer's vector: what `layer.theta = ...` does, so that the arrays stay views of it."""
    mine = getattr(layer, name)
    if mine is None:
        raise RuntimeError(f"{layer.label} is not built yet, so it has no {name}")
    if np.shape(vector) != mine.shape:
        raise ValueError(f"{layer.label}.{name} expected shape {mine.shape}, got {np.shape(vector)}")
    mine[...] = vector
