"""What is checked around a layer's own steps, so that a layer file holds nothing but its mathematics.

Layer wraps the `build`, `forward`, `backward` and `update` that a class defines in the functions below. They admit the
input (dtype, shape, first build), refuse steps taken out of order, and keep the shape that the next step has to bring.
"""

from functools import wraps

import numpy as np

from .sharing import join_owner, prepare_twin


def guard_build(step):
    """build: a checked shape and dtype, a generator of the layer's own, and parameters that are one vector.

    A build that fails leaves the layer, and the layers within, as they were.
    """

    @guarding(step)
    def build(self, input_shape, rng=0, dtype=np.float32):
        if self._step == "build":
            return step(self, input_shape, rng, dtype)
        input_shape, dtype = example_shape(self, input_shape), float_dtype(self, dtype)
        generator, theta = np.random.default_rng(rng), None
        shapes = [(layer, layer.rng, layer.input_shape, layer._built_shape) for layer in self.walk() if layer.built]
        if self.built:
            self.output_shape(input_shape)  # which refuses what build would, before anything is drawn again
            theta, state = self.theta.copy(), {name: array.copy() for name, array in self.state.items()}
            if theta.dtype != dtype:
                self.astype(dtype)
        refuse_hidden_layers(self)
        before = [(layer, attributes(layer)) for layer in self.walk() if not layer.built or layer._owner is not None]
        outer, self._step, self._asked = self._step, "build", input_shape
        try:
            self._find_shared()
            self.rng = generator.spawn(1)[0]
            prepare_twin(self)
            output_shape = step(self, input_shape, self.rng, dtype)
            if not isinstance(output_shape, tuple):
                raise TypeError(f"{self.label}.build returned {output_shape!r}, expected the output's shape as a tuple")
            join_owner(self)
            self._gather(dtype)
        except BaseException:
            for layer, kept in before:
                vars(layer).clear()
                vars(layer).update(kept)
            for layer, *kept in shapes:
                layer.rng, layer.input_shape, layer._built_shape = kept
            if theta is not None:
                self.theta, self.state = theta, state
                if theta.dtype != dtype:
                    self.astype(theta.dtype)
            raise
        finally:
            self._step = outer
        self._forget()
        self.built, self.input_shape, self._built_shape = True, input_shape, output_shape
        return output_shape

    return build


def guard_forward(step):
    """forward: x as an array, or a tuple of arrays, of the layer's dtype and of shapes that it takes."""

    @guarding(step)
    def forward(self, x):
        if self._step == "forward":
            return step(self, x)
        if type(x) is not np.ndarray or (x.shape[1:], x.dtype) != self._input or x.shape[:1] in ((), (0,)):
            x = admit_input(self, x)
        self._ready, self._output = False, None
        outer, self._step = self._step, "forward"
        try:
            y = step(self, x)
        finally:
            self._step = outer
        self._x_shape = x.shape if type(x) is np.ndarray else tuple(part.shape for part in x)
        self._output = (y.shape, y.dtype) if isinstance(y, np.ndarray) else several_outputs(self, y)
        return y

    return forward


def guard_backward(step):
    """backward: only after forward, and with a g of y's shape; dx has the shape of x.

    Every layer takes `input_gradient=False`, after which it keeps what update needs and returns None; a step that
    names the argument itself saves the work.
    """
    code = getattr(step, "__code__", None)
    names_it = code is not None and "input_gradient" in code.co_varnames[: code.co_argcount]

    @guarding(step)
    def backward(self, g, input_gradient=True):
        if self._step == "backward":
            return step(self, g, input_gradient) if names_it else step(self, g)
        if type(g) is not np.ndarray or (g.shape, g.dtype) != self._output:
            g = admit_gradient(self, g)
        self._ready = False
        outer, self._step = self._step, "backward"
        try:
            dx = step(self, g, input_gradient) if names_it else step(self, g)
        finally:
            self._step = outer
        if input_gradient and getattr(dx, "shape", None) != self._x_shape and shapes_of(dx) != self._x_shape:
            got = f"shape {shapes_of(dx)}" if isinstance(dx, (np.ndarray, tuple)) else type(dx).__name__
            raise ValueError(f"{self.label}.backward returned {got}, expected x's shape {self._x_shape}")
        self._ready = True
        return dx if input_gradient else None

    return backward


def guard_update(step):
    """update: only after backward; a frozen layer's gradient is zero."""

    @guarding(step)
    def update(self):
        if self._step == "update":
            step(self)
        elif self.frozen and self.gradient is not None:
            self.gradient.fill(0)
        elif not self._ready:
            raise RuntimeError(f"{self.label}.update before backward: call forward, backward, update in this order")
        else:
            outer, self._step = self._step, "update"
            try:
                step(self)
            finally:
                self._step = outer

    return update


def guarding(step):
    """Marks the function as the guard of a step, under the step's name and docstring.

    A guard steps aside where the step calls itself on the same layer, through super().
    """

    def mark(guard):
        guard = wraps(step)(guard)
        guard.guarded = True
        return guard

    return mark


def refuse_hidden_layers(layer):
    """TypeError for a layer that holds another without being a container: it would never be built nor trained."""
    for name, value in vars(layer).items() if not layer.children else ():
        if name != "_owner" and hasattr(type(value), "walk"):
            raise TypeError(
                f"{layer.label} holds a layer in .{name}, which would not be trained: make {type(layer).__name__} a "
                "subclass of Sequential and give its layers to super().__init__"
            )


def attributes(layer):
    """A copy of all a layer holds, from which it can be put back if build fails."""
    kept = dict(vars(layer))
    if layer._owner is not None:  # its params are the owner's, and must stay the same object
        return kept
    return kept | {name: type(kept[name])(kept[name]) for name in ("_params", "_grads", "_state")}


GUARDS = {"build": guard_build, "forward": guard_forward, "backward": guard_backward, "update": guard_update}


def admit_input(layer, x):
    """x as float arrays that fit the layer, which is built now if it is not yet."""
    several = layer.several_inputs
    if isinstance(x, tuple) != several and not (several and isinstance(x, list)):
        takes, got = ("a tuple of arrays", "one array") if several else ("one array", f"a tuple of {len(x)}")
        raise TypeError(f"{layer.label}.forward takes {takes}, got {got}")
    arrays = tuple(admit_array(layer, part) for part in (x if several else (x,)))
    if len({len(array) for array in arrays}) > 1:
        sizes = " and ".join(str(len(array)) for array in arrays)
        raise ValueError(f"{layer.label}.forward expected as many examples in each input, got {sizes}")
    shape = tuple(array.shape[1:] for array in arrays) if several else arrays[0].shape[1:]
    try:
        if layer.built:
            layer.output_shape(shape)
        else:
            dtype = next((part.dtype for part in layer.walk() if part.dtype is not None), np.float32)
            layer.build(shape, dtype=dtype)
    except ValueError as error:
        full = " and ".join(str(array.shape) for array in arrays)
        text, got = str(error), f"got {batch(shape)}"
        known = text.startswith(layer.label) and got in text  # else the shape is that of a layer within
        text = text.replace(got, f"got {full}") if known else f"{text} (x has shape {full})"
        one_example = layer.input_shape == (tuple(array.shape for array in arrays) if several else arrays[0].shape)
        if one_example and "x[None]" not in text:
            text += ": is it one example? x[None] is a batch of one"
        raise ValueError(text) from None
    if layer.dtype is not None:
        arrays = tuple(array.astype(layer.dtype, copy=False) for array in arrays)
    elif len({array.dtype for array in arrays}) > 1:
        raise TypeError(
            f"{layer.label}.forward expected one dtype, got {' and '.join(str(array.dtype) for array in arrays)}"
        )
    layer._input = None if several else (shape, arrays[0].dtype)
    return arrays if several else arrays[0]


def admit_array(layer, x):
    x = np.asarray(x)
    if x.dtype.kind != "f":
        pixels = " / 255, which makes pixels numbers in [0, 1]" if x.dtype == np.uint8 else ""
        raise TypeError(
            f"{layer.label}.forward needs floating-point x, got {x.dtype}: use x.astype(np.float32){pixels}"
        )
    if x.ndim == 0:
        raise ValueError(f"{layer.label}.forward expected examples stacked on axis 0, got a single number")
    if len(x) == 0 and layer.training:
        raise ValueError(f"{layer.label}.forward expected at least one example to train on, got x of shape {x.shape}")
    if x.dtype not in (np.float32, np.float64):  # half, extended, of another byte order
        x = x.astype(np.float32 if x.dtype.itemsize <= 4 else np.float64)
    return x


def several_outputs(layer, y):
    """((shape, dtype), ...) of a tuple of arrays; TypeError for anything else."""
    if not isinstance(y, tuple) or not y or not all(isinstance(part, np.ndarray) for part in y):
        raise TypeError(f"{layer.label}.forward returned {type(y).__name__}, expected an array")
    return tuple((part.shape, part.dtype) for part in y)


def admit_gradient(layer, g):
    """g as arrays of the shape and dtype of the last output."""
    if layer._output is None:
        raise RuntimeError(f"{layer.label}.backward before forward: there is no output to take the gradient of")
    if isinstance(layer._output[-1], np.dtype):
        return admit_part(layer, g, *layer._output)
    if not isinstance(g, (tuple, list)) or len(g) != len(layer._output):
        got = f"{len(g)}" if isinstance(g, (tuple, list)) else type(g).__name__
        raise ValueError(f"{layer.label}.backward expected a tuple of {len(layer._output)} gradients, got {got}")
    return tuple(admit_part(layer, part, *output) for part, output in zip(g, layer._output, strict=True))


def admit_part(layer, g, shape, dtype):
    g = np.asarray(g)
    if g.shape != shape:
        raise ValueError(f"{layer.label}.backward expected g of shape {shape}, as forward returned, got {g.shape}")
    if g.dtype.kind != "f":
        raise TypeError(f"{layer.label}.backward needs floating-point g, got {g.dtype}: use g.astype(np.{dtype})")
    return g.astype(dtype, copy=False)


def shapes_of(arrays):
    """The shape of an array, the shapes of a tuple of them; None for what is no array."""
    return tuple(map(shapes_of, arrays)) if isinstance(arrays, tuple) else getattr(arrays, "shape", None)


def example_shape(layer, shape):
    """One example's shape as a tuple of positive whole numbers, (number,) for a number; a tuple of them for several."""
    several = np.iterable(shape) and len(shape) > 0 and all(map(np.iterable, shape))
    sizes = tuple(plain_shape(layer, part) for part in shape) if several else plain_shape(layer, shape)
    if several != layer.several_inputs:
        takes = "several inputs, a tuple," if layer.several_inputs else "one input,"
        raise ValueError(f"{layer.label} takes {takes} got {batch(sizes)}")
    return sizes


def plain_shape(layer, shape):
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape) if np.iterable(shape) else (None,)
    if not all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes):
        raise ValueError(f"{layer.label}.build expected one example's shape in positive whole numbers, got {shape}")
    return tuple(int(size) for size in sizes)


def float_dtype(layer, dtype):
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{layer.label} computes in float32 or float64, got dtype {dtype}")
    return dtype


def batch(shape):
    """How a batch of examples of this shape is written in messages: (N, 28, 28, 1); several: (N, 2) and (N, 3)."""
    if shape and isinstance(shape[0], tuple):
        return " and ".join(map(batch, shape))
    return "(" + ", ".join(["N", *map(str, shape)]) + ("," if not shape else "") + ")"
