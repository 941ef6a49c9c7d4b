"""LayerNorm, and BatchNorm in other hands, each with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(41, "batchnorm-mean-term", "of a row")
class LayerNorm(Layer):
    def __init__(self, eps=1e-5):
        self.eps = eps

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["gamma"] = np.ones(input_shape[-1])
        self.params["beta"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        self.std = np.sqrt(var + self.eps)
        self.xhat = (x - mean) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        return (d - self.xhat * np.mean(d * self.xhat, axis=-1, keepdims=True)) / self.std

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.xhat, axis=0)
        self.grads["beta"] = np.sum(self.g, axis=0)


@bug(42, "batchnorm-variance-term", "of a row, a plain class", 7)
class LayerNorm:
    def __init__(self, normalized_shape, eps=1e-5):
        self.normalized_shape, self.eps = normalized_shape, eps
        self.params = {"gamma": np.ones(normalized_shape), "beta": np.zeros(normalized_shape)}
        self.grads = {}

    def forward(self, x):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        self.std = np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + self.eps)
        self.xhat = centred / self.std
        return self.xhat * self.params["gamma"] + self.params["beta"]

    def backward(self, g):
        self.grads = {"gamma": np.sum(g * self.xhat, axis=0), "beta": np.sum(g, axis=0)}
        d = g * self.params["gamma"]
        return (d - d.mean(axis=-1, keepdims=True)) / self.std

    def update(self):
        pass


@bug(43, "batchnorm-constant-statistics", "of a row")
class LayerNorm(Layer):
    def __init__(self, eps=1e-5):
        self.eps = eps

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["gamma"] = np.ones(input_shape[-1])
        self.params["beta"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.std = np.sqrt(x.var(-1, keepdims=True) + self.eps)
        self.xhat = (x - x.mean(-1, keepdims=True)) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        return g * self.params["gamma"] / self.std

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.xhat, axis=0)
        self.grads["beta"] = np.sum(self.g, axis=0)


@bug(45, "batchnorm-formula", "the unbiased variance of a row")
class LayerNorm(Layer):
    def __init__(self, eps=1e-5):
        self.eps = eps

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["gamma"] = np.ones(input_shape[-1])
        self.params["beta"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.std = np.sqrt(x.var(-1, keepdims=True, ddof=1) + self.eps)
        self.xhat = (x - x.mean(-1, keepdims=True)) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g, n = g, g.shape[-1]
        d = g * self.params["gamma"]
        spread = self.xhat * np.sum(d * self.xhat, axis=-1, keepdims=True) / (n - 1)
        return (d - d.mean(axis=-1, keepdims=True) - spread) / self.std

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.xhat, axis=0)
        self.grads["beta"] = np.sum(self.g, axis=0)


@bug(44, "batchnorm-gamma", "gamma lost in dx, a plain class", 7)
class BatchNorm:
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        self.num_features, self.eps, self.momentum, self.training = num_features, eps, momentum, True
        self.params = {"gamma": np.ones(num_features), "beta": np.zeros(num_features)}
        self.grads = {"gamma": np.zeros(num_features), "beta": np.zeros(num_features)}
        self.state = {"running_mean": np.zeros(num_features), "running_var": np.ones(num_features)}

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        N = x.shape[0]
        if self.training:
            mu, var = np.mean(x, axis=0), np.var(x, axis=0)
            for name, new in (("running_mean", mu), ("running_var", var * N / (N - 1))):
                self.state[name] = (1 - self.momentum) * self.state[name] + self.momentum * new
        else:
            mu, var = self.state["running_mean"], self.state["running_var"]
        self.std = np.sqrt(var + self.eps)
        self.xhat = (x - mu) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        N = g.shape[0]
        self.grads["gamma"], self.grads["beta"] = (g * self.xhat).sum(axis=0), g.sum(axis=0)
        if not self.training:
            return g / self.std
        return (N * g - g.sum(axis=0) - self.xhat * (g * self.xhat).sum(axis=0)) / (N * self.std)

    def update(self):
        pass


@bug(44, "batchnorm-gamma", "x in the place of xhat in dgamma")
class LayerNorm(Layer):
    def __init__(self, eps=1e-5):
        self.eps = eps

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["gamma"] = np.ones(input_shape[-1])
        self.params["beta"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.x, self.mean = x, x.mean(-1, keepdims=True)
        self.std = np.sqrt(x.var(-1, keepdims=True) + self.eps)
        self.xhat = (x - self.mean) / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        a, b = d.mean(axis=-1, keepdims=True), (d * self.xhat).mean(axis=-1, keepdims=True)
        return (d - a - self.xhat * b) / self.std

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.x, axis=0)
        self.grads["beta"] = np.sum(self.g, axis=0)


@bug(9, "bias-gradient-over-wrong-axis", "dbeta summed over the features, a plain class", 7)
class LayerNorm:
    def __init__(self, normalized_shape, eps=1e-5):
        self.normalized_shape, self.eps = normalized_shape, eps
        self.params = {"gamma": np.ones(normalized_shape), "beta": np.zeros(normalized_shape)}
        self.grads = {}

    def forward(self, x):
        self.std = np.sqrt(np.var(x, axis=-1, keepdims=True) + self.eps)
        self.xhat = (x - np.mean(x, axis=-1, keepdims=True)) / self.std
        return self.xhat * self.params["gamma"] + self.params["beta"]

    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        a, b = d.mean(axis=-1, keepdims=True), (d * self.xhat).mean(axis=-1, keepdims=True)
        return (d - a - self.xhat * b) / self.std

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.xhat, axis=0)
        self.grads["beta"] = np.sum(self.g, axis=-1)
