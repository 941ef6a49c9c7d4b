"""Right BatchNorm, LayerNorm and Dropout, in the many ways in which students write them."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import right
from layers import Layer


class Student(Layer):
    """What the BatchNorms here have in common: parameters, statistics, update."""

    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps, self.momentum = eps, momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        C = input_shape[-1]
        self.params["gamma"], self.params["beta"] = np.ones(C), np.zeros(C)
        self.state["running_mean"], self.state["running_var"] = np.zeros(C), np.ones(C)
        return input_shape

    def follow(self, mean, var, n):
        m = self.momentum
        self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
        self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var * n / (n - 1)

    def forward(self, x):
        self.axes = tuple(range(x.ndim - 1))
        mean, var = self.state["running_mean"].copy(), self.state["running_var"].copy()
        self.by_batch = self.training
        if self.training:
            mean, var = x.mean(axis=self.axes), x.var(axis=self.axes)
            self.follow(mean, var, x.size // x.shape[-1])
        self.centred, self.std = x - mean, np.sqrt(var + self.eps)
        self.xhat = self.centred / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def update(self):
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=self.axes)
        self.grads["beta"] = self.g.sum(axis=self.axes)


@right("the paper's steps, with the sum of x - mean kept, which is 0")
class BatchNorm(Student):
    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        if not self.by_batch:
            return d / self.std
        n = g.size // g.shape[-1]
        dvar = np.sum(d * self.centred, axis=self.axes) * -0.5 / self.std**3
        dmean = -np.sum(d, axis=self.axes) / self.std + dvar * np.mean(-2 * self.centred, axis=self.axes)
        return d / self.std + dvar * 2 * self.centred / n + dmean / n


@right("the paper's steps, without that sum")
class BatchNorm(Student):
    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        if not self.by_batch:
            return d / self.std
        n = g.size // g.shape[-1]
        dvar = np.sum(d * self.centred, axis=self.axes) * -0.5 / self.std**3
        dmean = -np.sum(d, axis=self.axes) / self.std
        return d / self.std + dvar * 2 * self.centred / n + dmean / n


@right("on one line: (N dxhat - sum dxhat - xhat sum(dxhat xhat)) / N")
class BatchNorm(Student):
    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        if not self.by_batch:
            return d / self.std
        n = g.size // g.shape[-1]
        return (n * d - d.sum(self.axes) - self.xhat * (d * self.xhat).sum(self.axes)) / n / self.std


@right("gamma taken out of the bracket, from dgamma and dbeta")
class BatchNorm(Student):
    def backward(self, g):
        self.g = g
        scale = self.params["gamma"] / self.std
        if not self.by_batch:
            return scale * g
        n = g.size // g.shape[-1]
        dgamma, dbeta = (g * self.xhat).sum(self.axes), g.sum(self.axes)
        return scale * (g - (dbeta + self.xhat * dgamma) / n)


@right("by the graph, node by node")
class BatchNorm(Student):
    def backward(self, g):
        self.g = g
        dxhat = g * self.params["gamma"]
        if not self.by_batch:
            return dxhat / self.std
        n = g.size // g.shape[-1]
        dcentred = dxhat / self.std
        dstd = -np.sum(dxhat * self.centred, axis=self.axes) / self.std**2
        dsquare = np.ones_like(g) * (0.5 * dstd / self.std) / n
        dcentred = dcentred + 2 * self.centred * dsquare
        return dcentred - dcentred.sum(axis=self.axes) / n


@right("a plain class", 7)
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
        self.fixed = not self.training
        if self.training:
            mean, n, m = np.mean(x, axis=0), len(x), self.momentum
            var = np.mean((x - mean) ** 2, axis=0)
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * np.var(x, axis=0, ddof=1)
        else:
            mean, var, n = self.state["running_mean"], self.state["running_var"], 0
        self.inv = (var + self.eps) ** -0.5
        self.xhat = (x - mean) * self.inv
        self.n = n
        return (self.params["gamma"] * self.xhat + self.params["beta"]).astype(x.dtype)

    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        if self.fixed:
            return (d * self.inv).astype(g.dtype)
        dx = d - d.mean(axis=0) - self.xhat * np.mean(d * self.xhat, axis=0)
        return (dx * self.inv).astype(g.dtype)

    def update(self):
        self.grads["gamma"][...] = np.sum(self.g * self.xhat, axis=0)
        self.grads["beta"][...] = np.sum(self.g, axis=0)


@right("the variance as the mean of squares in float64")
class LayerNorm(Layer):
    def __init__(self, eps=1e-5):
        self.eps = eps

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["gamma"] = np.ones(input_shape[-1])
        self.params["beta"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        wide = x.astype(np.float64)
        mean = wide.mean(-1, keepdims=True)
        var = (wide**2).mean(-1, keepdims=True) - mean**2
        self.std = np.sqrt(var + self.eps).astype(x.dtype)
        self.xhat = ((wide - mean) / np.sqrt(var + self.eps)).astype(x.dtype)
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g, D = g, g.shape[-1]
        d = g * self.params["gamma"]
        total, spread = d.sum(-1, keepdims=True), (d * self.xhat).sum(-1, keepdims=True)
        return (D * d - total - self.xhat * spread) / (D * self.std)

    def update(self):
        self.grads["gamma"] = np.einsum("nd,nd->d", self.g, self.xhat)
        self.grads["beta"] = np.einsum("nd->d", self.g)


@right("transposed, as BatchNorm of the columns, a plain class", 7)
class LayerNorm:
    def __init__(self, normalized_shape, eps=1e-5):
        self.normalized_shape, self.eps = normalized_shape, eps
        self.params = {"gamma": np.ones(normalized_shape), "beta": np.zeros(normalized_shape)}
        self.grads = {}

    def forward(self, x):
        columns = x.T
        self.std = np.sqrt(columns.var(axis=0) + self.eps)
        self.xhat = ((columns - columns.mean(axis=0)) / self.std).T
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        d, xhat = (g * self.params["gamma"]).T, self.xhat.T
        return ((d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / self.std).T

    def update(self):
        self.grads = {"gamma": (self.g * self.xhat).sum(0), "beta": self.g.sum(0)}


@right("a binomial mask", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.m = None
        if self.training and self.p > 0:
            self.m = self.rng.binomial(1, 1 - self.p, size=x.shape).astype(x.dtype) / (1 - self.p)
        return x if self.m is None else x * self.m

    def backward(self, g):
        return g if self.m is None else g * self.m


@right("kept where a float64 draw is below 1 - p", 0.3)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        keep = 1 - self.p
        self.mask = self.rng.random(x.shape) < keep if self.training else np.ones(x.shape, bool)
        self.scale = 1 / keep if self.training else 1.0
        return x * self.mask * self.scale

    def backward(self, g):
        return g * self.mask * self.scale


@right("np.where, float32 draws", 0.5)
class Dropout(Layer):
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        self.dropped = np.zeros(x.shape, bool)
        if self.training:
            self.dropped = self.rng.random(x.shape, dtype=np.float32) < self.p
            return np.where(self.dropped, 0, x / (1 - self.p))
        return x.copy()

    def backward(self, g):
        return np.where(self.dropped, 0, g / (1 - self.p)) if self.dropped.any() else g.copy()


@right("a plain class with a generator of its own", 0.4)
class Dropout:
    def __init__(self, p=0.5):
        self.p, self.training, self.rng = p, True, np.random.default_rng(3)

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def forward(self, x):
        self.mask = np.ones_like(x)
        if self.training:
            self.mask = (self.rng.uniform(size=x.shape) > self.p).astype(x.dtype) / (1 - self.p)
        return x * self.mask

    def backward(self, g):
        return g * self.mask

    def update(self):
        pass
