"""Activations as students write them, each with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(6, "sign-flipped", "y (y - 1)")
class Sigmoid(Layer):
    def forward(self, x):
        z = np.exp(-np.abs(x))
        self.out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
        return self.out

    def backward(self, g):
        return g * self.out * (self.out - 1)


@bug(12, "g-ignored", "the derivative alone, a plain class")
class Sigmoid:
    def forward(self, x):
        self.y = 0.5 * (1 + np.tanh(0.5 * x))
        return self.y

    def backward(self, g):
        return self.y * (1 - self.y)

    def update(self):
        pass


@bug(12, "g-ignored", "the mask alone")
class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, g):
        grad = np.zeros_like(self.x)
        grad[self.x > 0] = 1
        return grad


@bug(13, "nonlinear-in-g", "g divided by its norm")
class Tanh(Layer):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        g = g / (np.linalg.norm(g) + 1e-12)
        return g * (1 - self.y**2)


@bug(13, "nonlinear-in-g", "the activation applied to g")
class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return np.tanh(g) * (1 - self.y**2)

    def update(self):
        pass


@bug(14, "mask-from-g", "g where g > 0, a plain class")
class ReLU:
    def __init__(self):
        self.params, self.grads = {}, {}

    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, g):
        return np.maximum(g, 0)

    def update(self):
        pass


@bug(14, "mask-from-g", "g (g > 0)")
class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, g):
        return g * (g > 0)


@bug(14, "mask-from-g", "the slope by the sign of g", 0.1)
class LeakyReLU(Layer):
    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    def forward(self, x):
        return np.where(x > 0, x, self.negative_slope * x)

    def backward(self, g):
        return np.where(g > 0, g, self.negative_slope * g)


@bug(15, "mask-missing", "dx = g")
class ReLU(Layer):
    def forward(self, x):
        return np.maximum(x, 0)

    def backward(self, g):
        return g.copy()


@bug(15, "mask-missing", "dx = g, the slope below 0 forgotten", 0.2)
class LeakyReLU:
    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    def forward(self, x):
        return np.maximum(x, self.negative_slope * x)

    def backward(self, g):
        return 1.0 * g

    def update(self):
        pass


@bug(16, "derivative-at-zero", "x >= 0")
class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g):
        return g * (self.x >= 0)


@bug(16, "derivative-at-zero", "a half at 0, a plain class")
class ReLU:
    def forward(self, x):
        self.slope = np.heaviside(x, 0.5).astype(x.dtype)
        return x * self.slope

    def backward(self, g):
        return g * self.slope

    def update(self):
        pass


@bug(16, "derivative-at-zero", "x < 0 zeroes g")
class ReLU(Layer):
    def forward(self, x):
        self.negative = x < 0
        y = x.copy()
        y[self.negative] = 0
        return y

    def backward(self, g):
        dx = g.copy()
        dx[self.negative] = 0
        return dx


@bug(17, "derivative-of-pre-activation", "x (1 - x)")
class Sigmoid(Layer):
    def forward(self, x):
        self.x = x
        return np.exp(-np.logaddexp(0, -x))

    def backward(self, g):
        return g * self.x * (1 - self.x)


@bug(17, "derivative-of-pre-activation", "1 - x^2, a plain class")
class Tanh:
    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, g):
        return g * (1 - self.x**2)

    def update(self):
        pass


@bug(18, "activation-applied-twice", "the derivative's helper gets y, and takes the sigmoid again")
class Sigmoid(Layer):
    def sigmoid(self, x):
        z = np.exp(-np.abs(x))
        return np.where(x >= 0, 1, z) / (1 + z)

    def derivative(self, x):
        return self.sigmoid(x) * (1 - self.sigmoid(x))

    def forward(self, x):
        self.y = self.sigmoid(x)
        return self.y

    def backward(self, g):
        return g * self.derivative(self.y)


@bug(18, "activation-applied-twice", "1 - tanh(y)^2")
class Tanh(Layer):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return g * (1 - np.tanh(self.y) ** 2)


@bug(25, "writes-into-input", "negative entries of x set to 0")
class ReLU(Layer):
    def forward(self, x):
        self.mask = x > 0
        x[~self.mask] = 0
        return x.copy()

    def backward(self, g):
        return g * self.mask


@bug(25, "writes-into-input", "g masked in place, a plain class")
class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, g):
        g[self.x <= 0] = 0
        return g.copy()

    def update(self):
        pass


@bug(26, "shares-memory", "one buffer for every y")
class ReLU(Layer):
    def __init__(self):
        self.y = None

    def forward(self, x):
        if self.y is None or self.y.shape != x.shape or self.y.dtype != x.dtype:
            self.y = np.empty_like(x)
        np.maximum(x, 0, out=self.y)
        return self.y

    def backward(self, g):
        return g * (self.y > 0)


@bug(26, "shares-memory", "one buffer for every dx")
class Tanh:
    def __init__(self):
        self.dx = np.zeros((0, 0))

    def forward(self, x):
        self.y = np.tanh(x)
        if self.dx.shape != x.shape or self.dx.dtype != x.dtype:
            self.dx = np.zeros_like(x)
        return self.y.copy()

    def backward(self, g):
        self.dx[:] = g * (1 - self.y**2)
        return self.dx

    def update(self):
        pass


@bug(27, "stale-cache", "the mask of the first x")
class ReLU(Layer):
    def forward(self, x):
        if not hasattr(self, "mask") or self.mask.shape != x.shape:
            self.mask = x > 0
        return np.maximum(x, 0)

    def backward(self, g):
        return g * self.mask


@bug(27, "stale-cache", "the derivative is calculated once for each shape, a plain class")
class Sigmoid:
    def __init__(self):
        self.derivatives = {}

    def forward(self, x):
        y = 0.5 * (1 + np.tanh(0.5 * x))
        self.shape = x.shape
        if x.shape not in self.derivatives:
            self.derivatives[x.shape] = y * (1 - y)
        return y

    def backward(self, g):
        return g * self.derivatives[self.shape]

    def update(self):
        pass


@bug(31, "integers", "dx in an array like the mask of whole numbers")
class ReLU(Layer):
    def forward(self, x):
        self.mask = (x > 0).astype(int)
        return np.maximum(x, 0)

    def backward(self, g):
        dx = np.zeros_like(self.mask)
        dx[self.mask == 1] = g[self.mask == 1]
        return dx


@bug(31, "integers", "y as whole numbers, a plain class")
class HardSigmoid:
    def forward(self, x):
        self.between = (x > -3) & (x < 3)
        y = np.zeros(x.shape, dtype=int)
        y[...] = np.clip(x + 3, 0, 6) / 6
        return y

    def backward(self, g):
        return g * self.between / 6

    def update(self):
        pass


@bug(32, "promoted-to-float64", "y in np.zeros(x.shape)")
class Sigmoid(Layer):
    def forward(self, x):
        y = np.zeros(x.shape)
        y[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
        y[x < 0] = np.exp(x[x < 0]) / (1 + np.exp(x[x < 0]))
        self.y = y
        return y

    def backward(self, g):
        return g * self.y * (1 - self.y)


@bug(32, "promoted-to-float64", "a mask of int64 makes dx float64")
class ReLU(Layer):
    def forward(self, x):
        self.mask = np.where(x > 0, 1, 0)
        return np.maximum(x, 0)

    def backward(self, g):
        return g * self.mask


@bug(5, "factor-of-two", "by tanh(x / 2), with one of the two halves forgotten")
class Sigmoid(Layer):
    def forward(self, x):
        self.y = 0.5 * (np.tanh(0.5 * x) + 1)
        return self.y

    def backward(self, g):
        t = 2 * self.y - 1  # tanh(x / 2)
        return g * 0.5 * (1 - t**2)
