"""Bugs that any layer may have: a class around the library's, with its name, that spoils one step."""

import numpy as np

from .mutants import LIBRARY, Mutant


def wrap(cls, **steps):
    """A subclass with the name of the class, and these steps."""
    return type(cls.__name__, (cls,), {**steps, "__module__": "wrapped"})


def on_dx(change):
    """The change of dx, which gets (layer, g, dx)."""
    return lambda cls: wrap(cls, backward=lambda self, g: change(self, g, cls.backward(self, g)))


def on_g(change):
    """The change of g, before backward has it."""
    return lambda cls: wrap(cls, backward=lambda self, g: cls.backward(self, change(g)))


def on_y(change):
    return lambda cls: wrap(cls, forward=lambda self, x: change(self, x, cls.forward(self, x)))


def on_grads(change):
    """The change of each gradient, which gets (layer, gradient, the one before, parameter)."""

    def wrapper(cls):
        def update(self):
            before = {name: array.copy() for name, array in self.grads.items()}
            cls.update(self)
            for name, array in self.grads.items():
                array[...] = change(self, array.copy(), before[name], self.params[name])

        return wrap(cls, update=update)

    return wrapper


def writes_x(cls):
    def forward(self, x):
        y = cls.forward(self, x.copy())
        x *= 0
        return y.copy()

    return wrap(cls, forward=forward)


def writes_g(cls):
    def backward(self, g):
        dx = cls.backward(self, g.copy())
        g *= 2
        return dx

    return wrap(cls, backward=backward)


def one_buffer(cls):
    def forward(self, x):
        y, buffer = cls.forward(self, x), getattr(self, "buffer", None)
        if buffer is None or buffer.shape != y.shape or buffer.dtype != y.dtype:
            buffer = self.buffer = y.copy()
        buffer[...] = y
        return buffer

    return wrap(cls, forward=forward)


def stale(cls):
    """What backward and update use is of the first x of this shape."""

    def forward(self, x):
        first = vars(self).setdefault("first", {})
        first.setdefault((x.shape, x.dtype), x.copy())
        self.last = first[x.shape, x.dtype]
        return cls.forward(self, x)

    def backward(self, g):
        cls.forward(self, self.last)
        return cls.backward(self, g)

    return wrap(cls, forward=forward, backward=backward)


def frozen_batch(cls):
    """y has as many rows as the first batch."""

    def forward(self, x):
        y = cls.forward(self, x)
        self.rows = getattr(self, "rows", len(y))
        out = np.zeros((self.rows, *y.shape[1:]), y.dtype)
        out[: len(y)] = y[: self.rows]
        return out

    def backward(self, g):
        return cls.backward(self, g[: self._x_shape[0]])

    return wrap(cls, forward=forward, backward=backward)


def takes_step(cls):
    def update(self):
        cls.update(self)
        for name, array in self.params.items():
            array -= 0.05 * self.grads[name]

    return wrap(cls, update=update)


ENTRYWISE = ["GELU()", "SiLU()", "Mish()", "Softplus()", "ELU()", "CELU(0.7)", "SELU()", "Softsign()", "HardSigmoid()"]
ENTRYWISE += ["Hardtanh()", "Sigmoid()", "Tanh()", "LeakyReLU(0.1)", "ReLU()", "Softmax()", "LogSoftmax()"]
IMAGES = ["MaxPool1d(2)", "MaxPool2d(2)", "AvgPool1d(2)", "AvgPool2d(2)", "GlobalAvgPool()", "GlobalMaxPool()"]
IMAGES += ["Pad(1)", "Upsample(2)", "Flatten()", "Standardize()"]
PARAMETERS = ["Dense(3)", "Conv1d(2, 3)", "Conv2d(2, 3)", "ConvTranspose2d(2, 2)", "PReLU()", "BatchNorm()"]
PARAMETERS += ["LayerNorm()", "RMSNorm()"]
SEVERAL = [call for call in PARAMETERS if call != "PReLU()"]  # where one number would be proportional to any other
ALL = ENTRYWISE + IMAGES + PARAMETERS

WRAPPERS = [  # (slug, in words, the wrapper, the layers where it makes sense)
    ("sign-flipped", "-dx", on_dx(lambda self, g, dx: -dx), ALL),
    ("factor-of-two", "2 dx", on_dx(lambda self, g, dx: 2 * dx), ALL),
    ("factor-of-two", "dx / 2", on_dx(lambda self, g, dx: dx / 2), ALL),
    ("divided-by-n-twice", "dx / N", on_dx(lambda self, g, dx: dx / len(g)), ALL),
    ("g-ignored", "ones for g", on_g(np.ones_like), ALL),
    ("nonlinear-in-g", "tanh(g)", on_g(np.tanh), ALL),
    ("nonlinear-in-g", "g clipped", on_g(lambda g: np.clip(g, -0.3, 0.3)), ALL),
    ("integers", "dx as whole numbers", on_dx(lambda self, g, dx: dx.astype(int)), ALL),
    ("promoted-to-float64", "dx in float64", on_dx(lambda self, g, dx: dx.astype(np.float64)), ALL),
    ("promoted-to-float64", "y in float64", on_y(lambda self, x, y: y.astype(np.float64)), ALL),
    ("writes-into-input", "x set to 0", writes_x, ALL),
    ("writes-into-input", "g doubled in place", writes_g, ALL),
    ("shares-memory", "one buffer for y", one_buffer, ALL),
    ("stale-cache", "the first x of each shape", stale, [*ENTRYWISE, "Dense(3)", "Conv2d(2, 3)", "LayerNorm()"]),
    ("batch-size-frozen", "as many rows as the first batch", frozen_batch, ALL),
    ("accumulates", "grads added up", on_grads(lambda self, new, old, p: old + new), PARAMETERS),
    ("divided-by-n-twice", "grads / N", on_grads(lambda self, new, old, p: new / self._x_shape[0]), PARAMETERS),
    ("factor-of-two", "2 grads", on_grads(lambda self, new, old, p: 2 * new), PARAMETERS),
    ("sign-flipped", "-grads", on_grads(lambda self, new, old, p: -new), PARAMETERS),
    ("regularizer", "grads + 0.1 params", on_grads(lambda self, new, old, p: new + 0.1 * p), SEVERAL),
    ("update-takes-step", "params - 0.05 grads", takes_step, PARAMETERS),
]


def wrapped(rng, each=6):
    """Mutants of every kind of wrapper, around as many layers, drawn where there are more."""
    for slug, words, wrapper, calls in WRAPPERS:
        for call in rng.choice(calls, min(each, len(calls)), replace=False).tolist():
            name = call.partition("(")[0]
            yield Mutant(call, (slug,), words, {name: wrapper(LIBRARY[name])})
