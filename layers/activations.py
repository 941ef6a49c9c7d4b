"""Activations with bounds: each acts on every entry by itself, and dx = g f'(x)."""

import numpy as np

from .arguments import finite
from .layer import Layer


def sigmoid(x):
    """1 / (1 + exp(-x)), computed from exp(-|x|) and so without overflow at any x."""
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), without overflow at any x.

    Shapes: any, kept. backward: dx = g y (1 - y).

    Source: slides "Examples of derivatives" and "Example" (Sigmoid).
    """

    def forward(self, x):
        self.y = sigmoid(x)
        return self.y

    def backward(self, g):
        return g * (self.y * (1 - self.y))


class HardSigmoid(Layer):
    """y = min(max(x + 3, 0), 6) / 6: straight lines in the place of Sigmoid.

    Shapes: any, kept. backward: dx = g / 6 where -3 < x < 3, else 0; so the derivative at -3 and 3 is 0.
    """

    def forward(self, x):
        self.between = (x > -3) & (x < 3)
        return np.clip(x + 3, 0, 6) / 6

    def backward(self, g):
        return g * self.between / 6


class Tanh(Layer):
    """y = tanh(x). Shapes: any, kept. backward: dx = g (1 - y^2)."""

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y * self.y)


class Hardtanh(Layer):
    """y = min(max(x, min_val), max_val).

    Shapes: any, kept. backward: dx = g where min_val < x < max_val, else 0; so the derivative at both bounds is 0.

    Raises ValueError where min_val is not below max_val.
    """

    def __init__(self, min_val=-1.0, max_val=1.0):
        self.min_val, self.max_val = finite("min_val", min_val), finite("max_val", max_val)
        if not self.min_val < self.max_val:
            raise ValueError(f"min_val expected a number below max_val {max_val!r}, got {min_val!r}")

    def forward(self, x):
        self.between = (x > self.min_val) & (x < self.max_val)
        return np.clip(x, self.min_val, self.max_val)

    def backward(self, g):
        return g * self.between


class Softsign(Layer):
    """y = x / (1 + |x|). Shapes: any, kept. backward: dx = g / (1 + |x|)^2, which at 0 is g.

    Source: Bergstra et al., "Quadratic polynomials learn better image features", 2009.
    """

    def forward(self, x):
        self.d = 1 + np.abs(x)
        return x / self.d

    def backward(self, g):
        return g / self.d / self.d


class Identity(Layer):
    """y = x. Shapes: any, kept. backward: dx = g. Both hand on the array that they were given."""

    flops_per_entry = 0

    def forward(self, x):
        return x

    def backward(self, g):
        return g
