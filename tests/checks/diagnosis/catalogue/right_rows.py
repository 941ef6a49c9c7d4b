"""Right layers for rows, in the many ways in which students write them: none may be flagged."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import right
from layers import Layer


@right("a plain class", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return np.dot(x, self.params["W"].T) + self.params["b"]

    def backward(self, g):
        self.g = g
        return np.dot(g, self.params["W"])

    def update(self):
        self.grads["W"] = np.dot(self.g.T, self.x)
        self.grads["b"] = np.sum(self.g, axis=0)


@right("keeps a copy of x, sums by einsum", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = rng.normal(size=self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x.copy()
        return np.einsum("nd,md->nm", x, self.params["W"]) + self.params["b"]

    def backward(self, g):
        self.g = g.copy()
        return np.einsum("nm,md->nd", g, self.params["W"])

    def update(self):
        self.grads["W"] = np.einsum("nm,nd->md", self.g, self.x)
        self.grads["b"] = np.einsum("nm->m", self.g)


@right("gradients in buffers that are filled again, in a loop over the examples", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        rng = np.random.default_rng(2)
        self.params = {"W": rng.uniform(-1, 1, (out_features, in_features)), "b": rng.uniform(-1, 1, out_features)}
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}

    def forward(self, x):
        self.x = x
        return np.array([self.params["W"] @ row + self.params["b"] for row in x])

    def backward(self, g):
        self.g = g
        return np.array([self.params["W"].T @ row for row in g])

    def update(self):
        self.grads["W"].fill(0)
        self.grads["b"][:] = 0
        for x, g in zip(self.x, self.g, strict=True):
            self.grads["W"] += np.outer(g, x)
            self.grads["b"] += g


@right("the gradients calculated in backward already, and handed over by update", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return (self.params["W"] @ x.T).T + self.params["b"]  # in Fortran's order

    def backward(self, g):
        self.dW, self.db = (self.x.T @ g).T, g.sum(axis=0)
        return (self.params["W"].T @ g.T).T

    def update(self):
        self.grads["W"], self.grads["b"] = self.dW, self.db


@right("results in Fortran's order", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = np.asfortranarray(x)
        return np.asfortranarray(x @ self.params["W"].T + self.params["b"])

    def backward(self, g):
        self.g = g
        return np.asfortranarray(g @ self.params["W"])

    def update(self):
        self.grads["W"] = np.asfortranarray(self.g.T @ self.x)
        self.grads["b"] = self.g.sum(axis=0)


@right("without b", 3, bias=False)
class Dense(Layer):
    def __init__(self, out_features, bias=True):
        self.out_features, self.bias = out_features, bias

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x


@right("the mask from the output")
class ReLU(Layer):
    def forward(self, x):
        self.y = np.maximum(0, x)
        return self.y

    def backward(self, g):
        return g * (self.y > 0)


@right("x (x > 0)")
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, g):
        return g * self.mask

    def update(self):
        pass


@right("np.where")
class ReLU(Layer):
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0)

    def backward(self, g):
        return np.where(self.x > 0, g, 0)


@right("copies that are set to 0, a plain class")
class ReLU:
    def forward(self, x):
        self.off = x <= 0
        y = x.copy()
        y[self.off] = 0
        return y

    def backward(self, g):
        dx = np.array(g)
        dx[self.off] = 0
        return dx

    def update(self):
        pass


@right("half of x + |x|")
class ReLU(Layer):
    def forward(self, x):
        self.slope = (np.sign(x) + np.abs(np.sign(x))) / 2
        return (x + np.abs(x)) / 2

    def backward(self, g):
        return g * self.slope


@right("the larger of two", 0.1)
class LeakyReLU(Layer):
    def __init__(self, negative_slope=0.01):
        self.negative_slope = negative_slope

    def forward(self, x):
        self.x = x
        return np.maximum(x, self.negative_slope * x)

    def backward(self, g):
        dx = g.copy()
        dx[self.x <= 0] *= self.negative_slope
        return dx


@right("the plain formula, which overflows to the right 0")
class Sigmoid(Layer):
    def forward(self, x):
        with np.errstate(over="ignore"):
            self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, g):
        return g * self.y * (1 - self.y)


@right("two branches")
class Sigmoid(Layer):
    def forward(self, x):
        y, above = np.empty_like(x), x >= 0
        y[above] = 1 / (1 + np.exp(-x[above]))
        e = np.exp(x[~above])
        y[~above] = e / (1 + e)
        self.y = y
        return y

    def backward(self, g):
        return g * self.y * (1 - self.y)


@right("by tanh, a plain class")
class Sigmoid:
    params, grads = {}, {}

    def forward(self, x):
        self.y = 0.5 * (1 + np.tanh(0.5 * x))
        return self.y

    def backward(self, g):
        return self.y * (1 - self.y) * g

    def update(self):
        pass


@right("the derivative from y - y^2")
class Sigmoid(Layer):
    def forward(self, x):
        z = np.exp(-np.abs(x))
        self.y = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
        self.derivative = self.y - self.y**2
        return self.y

    def backward(self, g):
        return self.derivative * g


@right("1 - y^2 kept")
class Tanh(Layer):
    def forward(self, x):
        y = np.tanh(x)
        self.slope = 1 - np.square(y)
        return y

    def backward(self, g):
        return g * self.slope


@right("by exponentials of -2 |x|, a plain class")
class Tanh:
    def forward(self, x):
        z = np.exp(-2 * np.abs(x))
        self.y = np.sign(x) * (1 - z) / (1 + z)
        return self.y

    def backward(self, g):
        return (1 - self.y) * (1 + self.y) * g

    def update(self):
        pass


@right("a Jacobian for each example")
class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, g):
        jacobians = np.einsum("nk,kj->nkj", self.p, np.eye(g.shape[-1], dtype=g.dtype))
        jacobians -= np.einsum("nk,nj->nkj", self.p, self.p)
        return np.einsum("nkj,nj->nk", jacobians, g)


@right("p g less p times its sum, a plain class")
class Softmax:
    def forward(self, x):
        e = np.exp(x.T - x.max(axis=-1))
        self.p = (e / e.sum(axis=0)).T
        return self.p

    def backward(self, g):
        pg = self.p * g
        return pg - self.p * pg.sum(axis=-1, keepdims=True)

    def update(self):
        pass


@right("by logaddexp over the classes")
class LogSoftmax(Layer):
    def forward(self, x):
        self.y = x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
        return self.y

    def backward(self, g):
        return g - np.exp(self.y) * np.sum(g, axis=-1, keepdims=True)


@right("the logarithm of the sum added to the largest")
class LogSoftmax(Layer):
    def forward(self, x):
        top = np.max(x, axis=-1, keepdims=True)
        total = np.sum(np.exp(x - top), axis=-1, keepdims=True)
        self.p = np.exp(x - top) / total
        return x - (top + np.log(total))

    def backward(self, g):
        return g - self.p * g.sum(axis=-1, keepdims=True)
