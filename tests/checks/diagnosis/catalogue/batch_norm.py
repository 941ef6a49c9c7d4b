"""BatchNorm as students write it, each time with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(8, "bias-gradient-averaged", "dbeta")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.mean(axis=0)


@bug(27, "stale-cache", "1 / sigma of the first batch")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        self.first = getattr(self, "first", self.inv)
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        dx = dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0)
        return self.first * dx

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(41, "batchnorm-mean-term", "no mean of dxhat in dx")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - self.xhat * np.mean(dxhat * self.xhat, axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(42, "batchnorm-variance-term", "dx as if only the mean depended on x")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(43, "batchnorm-constant-statistics", "g gamma / sigma")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return dxhat * self.inv

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(44, "batchnorm-gamma", "gamma lost in dx")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(44, "batchnorm-gamma", "x in the place of xhat in dgamma")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.x, self.by_batch = x, self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0))

    def update(self):
        self.grads["gamma"] = np.sum(self.g * self.x, axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(45, "batchnorm-formula", "ddof=1 in y, and the same sigma in dx")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
            m = self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(45, "batchnorm-formula", "eps beside the root")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / (np.sqrt(var) + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = self.training
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat * self.inv
        return self.inv * (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)
