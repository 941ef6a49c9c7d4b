"""BatchNorm as students write it, with bugs of its formula, its running statistics and its mode."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(45, "batchnorm-formula", "over axis 1")
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
            mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
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
        mean = dxhat.mean(axis=1, keepdims=True)
        return self.inv * (dxhat - mean - self.xhat * (dxhat * self.xhat).mean(axis=1, keepdims=True))

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=0)
        self.grads["beta"] = self.g.sum(axis=0)


@bug(45, "batchnorm-formula", "divided by the variance")
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
        self.inv = 1 / (var + self.eps)
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


@bug(46, "running-statistics", "the share of the new for that of the old")
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
            self.state["running_mean"] = m * self.state["running_mean"] + (1 - m) * mean
            self.state["running_var"] = m * self.state["running_var"] + (1 - m) * var * n / (n - 1)
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


@bug(46, "running-statistics", "the biased variance")
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


@bug(46, "running-statistics", "the standard deviation for the variance")
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
            m = self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * x.std(axis=0, ddof=1)
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


@bug(46, "running-statistics", "the last batch's instead of an average")
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
            self.state["running_mean"] = mean
            self.state["running_var"] = x.var(axis=0, ddof=1)
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


@bug(46, "running-statistics", "never followed")
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


# both names say that the statistics move where they should not
@bug(46, ("running-statistics", "mode-ignored"), "followed in evaluation too")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        mean, var = self.state["running_mean"].copy(), self.state["running_var"].copy()
        n, m = len(x), self.momentum
        self.state["running_mean"] = (1 - m) * mean + m * x.mean(axis=0)
        self.state["running_var"] = (1 - m) * var + m * x.var(axis=0) * n / (n - 1)
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
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


@bug(47, "mode-ignored", "the batch's statistics in evaluation too")
class BatchNorm(Layer):
    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C, dtype), np.zeros(C, dtype)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C, dtype), np.ones(C, dtype)
        return input_shape

    def forward(self, x):
        if True:
            mean, var = x.mean(axis=0), x.var(axis=0)
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = True
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


@bug(47, "mode-ignored", "the running statistics in training too")
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
            mean, var = self.state["running_mean"].copy(), self.state["running_var"].copy()
            n, m = len(x), self.momentum
            self.state["running_mean"] = (1 - m) * mean + m * x.mean(axis=0)
            self.state["running_var"] = (1 - m) * var + m * x.var(axis=0) * n / (n - 1)
        else:
            mean, var = self.state["running_mean"], self.state["running_var"]
        self.inv = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.inv
        self.by_batch = False
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
