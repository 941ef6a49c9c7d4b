"""Right losses, in the many ways in which students write them."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import right
from losses import Loss


@right("p - onehot over N")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p, self.target = np.exp(logs), target
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / len(dz)


@right("one-hot rows of the logits' dtype, a plain class")
class CrossEntropy:
    def forward(self, prediction, target):
        top = prediction.max(axis=1)
        e = np.exp(prediction - top[:, None])
        self.p = e / e.sum(axis=1)[:, None]
        self.onehot = np.zeros_like(prediction)
        self.onehot[np.arange(len(target)), target] = 1
        picked = np.sum(prediction * self.onehot, axis=1)
        return np.mean(top + np.log(e.sum(axis=1)) - picked)

    def backward(self):
        return (self.p - self.onehot) / self.p.shape[0]


@right("by logaddexp, in a loop over the examples")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        self.z, self.target, total = prediction, target, 0.0
        for z, label in zip(prediction, target, strict=True):
            total += np.logaddexp.reduce(z) - z[label]
        return float(total) / len(prediction)

    def backward(self):
        n = len(self.z)
        dz = np.exp(self.z - np.logaddexp.reduce(self.z, axis=1, keepdims=True)) / n
        for i in range(n):
            dz[i, self.target[i]] -= 1 / n
        return dz


@right("the difference kept")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target
        return float(np.mean(self.d**2))

    def backward(self):
        return 2 * self.d / self.d.size


@right("a sum of rows, divided by N and M, a plain class")
class MSE:
    def forward(self, prediction, target):
        self.p, self.t = prediction.copy(), target.copy()
        N, M = prediction.shape
        return ((prediction - target) ** 2).sum() / (N * M)

    def backward(self):
        N, M = self.p.shape
        return (self.p - self.t) * (2 / (N * M))


@right("from y - p, with a minus")
class MSE(Loss):
    def forward(self, prediction, target):
        self.error = target - prediction
        return float(np.square(self.error).mean(axis=1).mean())

    def backward(self):
        return -2 * self.error / np.prod(self.error.shape).item()


@right("signs")
class MAE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target
        return float(np.abs(self.d).mean())

    def backward(self):
        return np.sign(self.d) / self.d.size


@right("two comparisons, a plain class")
class MAE:
    def forward(self, prediction, target):
        self.above, self.below = prediction > target, prediction < target
        self.dtype = prediction.dtype
        return np.mean(np.abs(target - prediction))

    def backward(self):
        return (self.above.astype(self.dtype) - self.below.astype(self.dtype)) / self.above.size


@right("np.where in both steps", 0.7)
class Huber(Loss):
    def __init__(self, delta=1.0):
        self.delta = delta

    def forward(self, prediction, target):
        self.d = prediction - target
        size, delta = np.abs(self.d), self.delta
        return float(np.where(size <= delta, 0.5 * self.d**2, delta * (size - 0.5 * delta)).mean())

    def backward(self):
        slope = np.where(np.abs(self.d) <= self.delta, self.d, self.delta * np.sign(self.d))
        return slope / slope.size


@right("the logarithms held at -100")
class BinaryCrossEntropy(Loss):
    def forward(self, prediction, target):
        self.p, self.y = prediction, target
        with np.errstate(divide="ignore"):
            yes, no = np.maximum(np.log(prediction), -100), np.maximum(np.log(1 - prediction), -100)
        return float(-np.mean(target * yes + (1 - target) * no))

    def backward(self):
        return (self.p - self.y) / np.maximum(self.p * (1 - self.p), 1e-12) / self.p.size


@right("by logaddexp, a plain class")
class BinaryCrossEntropyWithLogits:
    def forward(self, prediction, target):
        self.z, self.y = prediction, target
        return np.mean(np.logaddexp(0, prediction) - target * prediction)

    def backward(self):
        sigmoid = 0.5 * (1 + np.tanh(0.5 * self.z))
        return (sigmoid - self.y) / self.z.size


@right("picked by an index")
class NLL(Loss):
    def forward(self, prediction, target):
        self.shape, self.dtype, self.target = prediction.shape, prediction.dtype, target
        return -float(np.mean(prediction[np.arange(len(target)), target]))

    def backward(self):
        dx = np.zeros(self.shape, self.dtype)
        dx[np.arange(len(dx)), self.target] = -1 / len(dx)
        return dx
