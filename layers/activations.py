"""Activations that act on each entry by itself: dx = g f'(x)."""

import numpy as np

from .layer import Layer


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), computed from exp(-|x|) and so without overflow at any x.

    Shapes: any, kept. backward: dx = g y (1 - y).

    Source: slides "Examples of derivatives" and "Example" (Sigmoid).
    """

    def forward(self, x):
        z = np.exp(-np.abs(x))
        self.y = np.where(x >= 0, 1, z) / (1 + z)
        return self.y

    def backward(self, g):
        return g * (self.y * (1 - self.y))


class Tanh(Layer):
    """y = tanh(x). Shapes: any, kept. backward: dx = g (1 - y^2)."""

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - self.y * self.y)


class ReLU(Layer):
    """y = max(x, 0). Shapes: any, kept. backward: dx = g where x > 0, else 0; so the derivative at 0 is 0.

    Source: slide "Examples of derivatives".
    """

    def forward(self, x):
        self.y = np.maximum(x, 0)
        return self.y

    def backward(self, g):
        return g * (self.y > 0)


class Identity(Layer):
    """y = x. Shapes: any, kept. backward: dx = g. Both hand on the array that they were given."""

    def forward(self, x):
        return x

    def backward(self, g):
        return g
