"""Dense as students write it, each time with one bug."""
# ruff: noqa: F811 - every class here is called Dense

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(1, "gradient-transposed", "x.T @ g, a plain class", 3, 7)
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
        self.grads["W"] = np.dot(self.x.T, self.g)
        self.grads["b"] = self.g.sum(axis=0)


@bug(1, "gradient-transposed", "x.T @ g, a Layer", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(0, 0.3, (self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.x.T @ self.g
        self.grads["b"] = self.g.sum(axis=0)


@bug(3, "divided-by-n-twice", "dW and db averaged, as the loss has done already", 3)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.uniform(-0.5, 0.5, (self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        n = len(self.x)
        self.grads["W"] = self.g.T @ self.x / n
        self.grads["b"] = self.g.sum(axis=0) / n


@bug(3, "divided-by-n-twice", "dW averaged, db summed", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        rng = np.random.default_rng(1)
        self.params = {"W": rng.standard_normal((out_features, in_features)), "b": rng.standard_normal(out_features)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        m = self.x.shape[0]
        self.grads = {"W": (1 / m) * (self.g.T @ self.x), "b": np.sum(self.g, axis=0)}


@bug(4, "mean-over-wrong-count", "dW and db divided by N times M", 3)
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
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x / self.g.size
        self.grads["b"] = self.g.sum(axis=0) / self.g.size


@bug(6, "sign-flipped", "dx", 3)
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
        return -g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(7, "bias-gradient-not-summed", "db = g, a plain class", 3, 7)
class Dense:
    def __init__(self, out_features, in_features):
        self.out_features, self.in_features = out_features, in_features
        W = np.random.default_rng(0).normal(size=(out_features, in_features))
        self.params = {"W": W, "b": np.zeros(out_features)}
        self.grads = {"W": None, "b": None}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.copy()


@bug(7, "bias-gradient-not-summed", "db = g, a Layer", 3)
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
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g


@bug(8, "bias-gradient-averaged", "g.mean(axis=0)", 3)
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
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.mean(axis=0)


@bug(9, "bias-gradient-over-wrong-axis", "g.sum(axis=1), a plain class", 3, 7)
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
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=1)


@bug(9, "bias-gradient-over-wrong-axis", "g.sum(axis=1), a Layer", 3)
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
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=1)


@bug(10, "column-for-vector", "db with keepdims, (1, M), a plain class", 3, 7)
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
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = np.sum(self.g, axis=0, keepdims=True)


@bug(10, "column-for-vector", "db as a column, (M, 1), a Layer", 3)
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
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.T.sum(axis=1, keepdims=True)


@bug(11, "broadcast-to-square", "(N, 1) + (N,) for a single output", 1)
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        bias = self.params["b"].repeat(len(x))  # one for each example
        return x @ self.params["W"].T + bias

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(12, "g-ignored", "ones in the place of g in dx", 3)
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
        return np.ones_like(g) @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(13, "nonlinear-in-g", "g clipped in backward", 3)
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
        self.g = np.clip(g, -0.5, 0.5)  # against exploding gradients
        return self.g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)
