"""Dense as students write it, with bugs of memory: what it keeps, writes into, accumulates, and when it moves W."""
# ruff: noqa: F811 - every class here is called Dense

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(25, "writes-into-input", "x is set to zero once it is used", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x.copy()
        y = x @ self.params["W"].T + self.params["b"]
        x *= 0  # not needed any more
        return y

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(26, "shares-memory", "y is a buffer that the next forward fills again", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads, self.y = {}, np.empty((0, out_features))

    def forward(self, x):
        self.x = x
        if len(self.y) != len(x):
            self.y = np.empty((len(x), self.out_features))
        self.y[...] = x @ self.params["W"].T + self.params["b"]
        return self.y

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(27, "stale-cache", "the first x is kept for good", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features
        self.x = None

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        if self.x is None:
            self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(28, "batch-size-frozen", "a buffer of the first batch's size", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features
        self.rows = None

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        if self.rows is None:
            self.rows = len(x)
        y = np.zeros((self.rows, self.out_features), x.dtype)
        for i in range(self.rows):
            y[i] = self.params["W"] @ x[i] + self.params["b"]
        return y

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(28, "batch-size-frozen", "ones for the bias, laid out once", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features, self.ones = out_features, in_features, None
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        if self.ones is None:
            self.ones = np.ones((x.shape[0], 1))
        return np.dot(x, self.params["W"].T) + np.dot(self.ones, self.params["b"][None, :])

    def backward(self, g):
        self.g = g
        return np.dot(g, self.params["W"])

    def update(self):
        self.grads["W"] = np.dot(self.g.T, self.x)
        self.grads["b"] = np.dot(self.ones.T, self.g)[0]


@bug(29, "accumulates", "grads +=, a plain class", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] += self.g.T @ self.x
        self.grads["b"] += self.g.sum(axis=0)


@bug(29, "accumulates", "grads += in a loop over the examples, never set to zero, a Layer", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        self.grads["W"] = np.zeros_like(self.params["W"])
        self.grads["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        for x, g in zip(self.x, self.g, strict=True):
            self.grads["W"] += np.outer(g, x)
            self.grads["b"] += g


@bug(29, "accumulates", "dx is added to the one of before", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features
        self.dx = 0

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        if np.shape(self.dx) != x.shape:
            self.dx = np.zeros_like(x)
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        self.dx = self.dx + g @ self.params["W"]
        return self.dx.copy()

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(51, "update-takes-step", "W -= lr dW in update, beside grads", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features
        self.lr = 0.01

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)
        self.params["W"] -= self.lr * self.grads["W"]
        self.params["b"] -= self.lr * self.grads["b"]


@bug(51, "update-takes-step", "new arrays in params, a plain class", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads = {"W": self.g.T @ self.x, "b": self.g.sum(axis=0)}
        for name in self.params:
            self.params[name] = self.params[name] - 0.1 * self.grads[name]


@bug(52, "backward-after-step", "backward moves W, and then takes dx from it", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        self.params["W"] -= 0.1 * g.T @ self.x
        self.params["b"] -= 0.1 * g.sum(axis=0)
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(52, "backward-after-step", "a plain class", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.grads["W"] = g.T @ self.x
        self.grads["b"] = g.sum(axis=0)
        self.params["W"] = self.params["W"] - 0.05 * self.grads["W"]
        return g @ self.params["W"]

    def update(self):
        pass


@bug(53, "regularizer", "a penalty in dW that the forward does not know", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features
        self.weight_decay = 0.01

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x + self.weight_decay * self.params["W"]
        self.grads["b"] = self.g.sum(axis=0)
