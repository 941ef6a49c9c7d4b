"""Smooth relatives of ReLU: Softplus, and x times a gate that opens with x."""

from math import pi, sqrt

import numpy as np

from .activations import sigmoid
from .arguments import finite, positive
from .layer import Layer
from .normal import cumulative, density


def softplus(x):
    """ln(1 + exp(x)), computed as max(x, 0) + ln(1 + exp(-|x|)) and so exact at any x."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


class Softplus(Layer):
    """y = ln(1 + exp(beta x)) / beta, and x itself where beta x > threshold.

    Shapes: any, kept. backward: dx = g / (1 + exp(-beta x)), and g where beta x > threshold.

    threshold is there for PyTorch's sake: the formula is computed without overflow and needs none, and beyond 20 the
    two differ by less than 3e-9.

    Source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing", 2001, equation 1.
    """

    def __init__(self, beta=1.0, threshold=20.0):
        self.beta, self.threshold = positive("beta", beta), finite("threshold", threshold)

    def forward(self, x):
        self.z = x * self.beta
        return np.where(self.z > self.threshold, x, softplus(self.z) / self.beta)

    def backward(self, g):
        return g * np.where(self.z > self.threshold, 1, sigmoid(self.z))


class SiLU(Layer):
    """y = x s with s = 1 / (1 + exp(-x)). Shapes: any, kept. backward: dx = g (s + y (1 - s)).

    Source: Elfwing et al., "Sigmoid-weighted linear units for neural network function approximation in reinforcement
    learning", 2018, equations 4 and 5.
    """

    def forward(self, x):
        self.s = sigmoid(x)
        self.y = x * self.s
        return self.y

    def backward(self, g):
        return g * (self.s + self.y * (1 - self.s))


class Mish(Layer):
    """y = x tanh(ln(1 + exp(x))). Shapes: any, kept.

    backward: dx = g (t + x (1 - t^2) s) with t = tanh(ln(1 + exp(x))) and s = 1 / (1 + exp(-x)).

    Source: Misra, "Mish: a self regularized non-monotonic activation function", 2020, equation 1.
    """

    def forward(self, x):
        self.x, self.t = x, np.tanh(softplus(x))
        return x * self.t

    def backward(self, g):
        return g * (self.t + self.x * (1 - self.t * self.t) * sigmoid(self.x))


class GELU(Layer):
    """y = x P(Z <= x) with Z normal, mean 0 and variance 1.

    Shapes: any, kept. backward: dx = g (P(Z <= x) + x exp(-x^2 / 2) / sqrt(2 pi)).

    Args:
        approximate: "none"; or "tanh" for y = x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3).

    Exact to the last digits far below 0 too, where 1 + erf would cancel.

    Source: Hendrycks & Gimpel, "Gaussian error linear units (GELUs)", 2016, section 2.
    """

    def __init__(self, approximate="none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f"approximate expected 'none' or 'tanh', got {approximate!r}")
        self.approximate = approximate

    def forward(self, x):
        self.x, self.p = x, cumulative(x) if self.approximate == "none" else self._by_tanh(x)
        return x * self.p

    def backward(self, g):
        if self.approximate == "none":
            return g * (self.p + self.x * density(self.x))
        x = np.clip(self.x, -30, 30)  # where p is 0 or 1 to the last digit
        slope = sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x)  # du/dx
        return g * (self.p + x * 2 * self.p * (1 - self.p) * slope)

    def _by_tanh(self, x):
        x = np.clip(x, -30, 30)
        return sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 * x * x * x))  # (1 + tanh u) / 2 = 1 / (1 + exp(-2 u))
