"""Classes that showed where diagnosis was blind: none of its rules was written with them in sight."""

import numpy as np

from benchmarks.diagnosis.tables import bug


@bug(30, "overlaps-overwritten", "dW = for dW += in a loop over the examples", 3, 7)
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
        for x, g in zip(self.x, self.g, strict=True):
            dW = np.outer(g, x)
        self.grads = {"W": dW, "b": self.g.sum(axis=0)}


class Attributes:
    """A BatchNorm whose statistics are attributes, without a dict of state."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        self.num_features, self.eps, self.momentum, self.training = num_features, eps, momentum, True
        self.params = {"gamma": np.ones(num_features), "beta": np.zeros(num_features)}
        self.grads = {}
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)

    def share(self):
        return self.momentum

    def forward(self, x):
        self.by_batch = self.training
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var, m = x.mean(axis=0), x.var(axis=0), self.share()
            self.running_mean = (1 - m) * self.running_mean + m * mean
            self.running_var = (1 - m) * self.running_var + m * x.var(axis=0) * len(x) / (len(x) - 1)
        self.std = np.sqrt(var + self.eps).astype(x.dtype)
        self.xhat = ((x - mean) / self.std).astype(x.dtype)
        return self.params["gamma"] * self.xhat + self.params["beta"]

    def backward(self, g):
        self.g = g
        d = g * self.params["gamma"]
        if self.by_batch:
            d = d - d.mean(axis=0) - self.xhat * (d * self.xhat).mean(axis=0)
        return d / self.std

    def update(self):
        self.grads["gamma"], self.grads["beta"] = (self.g * self.xhat).sum(axis=0), self.g.sum(axis=0)


@bug(46, "running-statistics", "momentum and 1 - momentum exchanged, statistics that are attributes", 7)
class BatchNorm(Attributes):
    def share(self):
        return 1 - self.momentum
