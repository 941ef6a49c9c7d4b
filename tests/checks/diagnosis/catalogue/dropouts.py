"""Dropout as students write it, each time with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(38, "dropout-not-rescaled", "x m in training, x in evaluation", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.m = np.ones_like(x)
        if self.training:
            self.m = (self.rng.random(x.shape) >= self.p).astype(x.dtype)
        return x * self.m

    def backward(self, g):
        return g * self.m


@bug(38, "dropout-not-rescaled", "the paper's: x m in training, (1 - p) x in evaluation", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if self.training:
            self.m = self.rng.random(x.shape) > self.p
            return x * self.m
        self.m = 1 - self.p
        return x * self.m

    def backward(self, g):
        return g * self.m


@bug(38, "dropout-not-rescaled", "the factor is missing in backward", 0.4)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            self.mask = None
            return x
        self.mask = self.rng.random(x.shape) > self.p
        return x * self.mask / (1 - self.p)

    def backward(self, g):
        return g if self.mask is None else g * self.mask


@bug(39, "dropout-keeps-p", "kept where the draw is below p, divided by p", 0.2)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            self.mask = 1
            return x
        self.mask = ((self.rng.random(x.shape) < self.p) / self.p).astype(x.dtype)
        return x * self.mask

    def backward(self, g):
        return g * self.mask


@bug(39, "dropout-keeps-p", "kept with probability p, divided by 1 - p", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            self.mask = None
            return x
        self.mask = self.rng.random(x.shape) < self.p
        return np.where(self.mask, x / (1 - self.p), 0)

    def backward(self, g):
        return g if self.mask is None else np.where(self.mask, g / (1 - self.p), 0)


@bug(39, "dropout-keeps-p", "dropped with probability p, divided by p", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.scale = 1
        if self.training:
            self.scale = self.rng.binomial(1, 1 - self.p, x.shape).astype(x.dtype) / self.p
        return x * self.scale

    def backward(self, g):
        return g * self.scale


@bug(40, "dropout-mask", "drops in evaluation too", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.m = (self.rng.random(x.shape) >= self.p).astype(x.dtype) / (1 - self.p)
        return x * self.m

    def backward(self, g):
        return g * self.m


@bug(40, "dropout-mask", "a new mask in backward", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def mask(self, shape, dtype):
        return (self.rng.random(shape) >= self.p).astype(dtype) / (1 - self.p)

    def forward(self, x):
        return x * self.mask(x.shape, x.dtype) if self.training else x

    def backward(self, g):
        return g * self.mask(g.shape, g.dtype) if self.training else g


@bug(40, "dropout-mask", "no mask in backward", 0.4)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        kept = self.rng.random(x.shape) >= self.p
        return x * kept / (1 - self.p)

    def backward(self, g):
        return g / (1 - self.p) if self.training else g


@bug(40, "dropout-mask", "a new mask in backward, a plain class", 0.5)
class Dropout:
    def __init__(self, p=0.5):
        self.p, self.training, self.rng = p, True, np.random.default_rng(0)

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        if self.training:
            return x * (self.rng.random(x.shape) < 1 - self.p).astype(x.dtype) / (1 - self.p)
        return x

    def backward(self, g):
        if self.training:
            return g * (self.rng.random(g.shape) < 1 - self.p).astype(g.dtype) / (1 - self.p)
        return g

    def update(self):
        pass


@bug(47, "mode-ignored", "never drops anything", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p
        self.is_train = False  # nobody ever sets it

    def forward(self, x):
        self.m = np.ones_like(x)
        if self.is_train:
            self.m = (self.rng.random(x.shape) >= self.p).astype(x.dtype) / (1 - self.p)
        return x * self.m

    def backward(self, g):
        return g * self.m


@bug(32, "promoted-to-float64", "a mask in float64", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            self.m = None
            return x
        self.m = (self.rng.random(x.shape) >= self.p) / (1 - self.p)
        return x * self.m

    def backward(self, g):
        return g if self.m is None else g * self.m


@bug(25, "writes-into-input", "x is dropped in place", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        if not self.training:
            self.m = None
            return x
        self.m = (self.rng.random(x.shape) >= self.p).astype(x.dtype) / (1 - self.p)
        x *= self.m
        return x.copy()

    def backward(self, g):
        return g if self.m is None else g * self.m
