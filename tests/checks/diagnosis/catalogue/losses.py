"""Losses as students write them, each with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from losses import Loss


@bug(2, "mean-left-out", "2 (p - y), a plain class")
class MSE:
    def forward(self, prediction, target):
        self.difference = prediction - target
        return np.mean(self.difference**2)

    def backward(self):
        return 2 * self.difference


@bug(2, "mean-left-out", "p - onehot, not divided by N")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        self.p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        self.target = target
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz


@bug(2, "mean-left-out", "summed over the examples in both steps")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        self.p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        self.target = target
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(target)), target].sum())

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz


@bug(3, "divided-by-n-twice", "by the number of entries, and by N again")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target
        return float(np.mean(np.square(self.d)))

    def backward(self):
        return 2 * self.d / self.d.size / len(self.d)


@bug(3, "divided-by-n-twice", "p divided before and after the label's 1 is taken off, a plain class")
class CrossEntropy:
    def forward(self, prediction, target):
        e = np.exp(prediction - np.max(prediction, axis=1, keepdims=True))
        self.p, self.target = e / e.sum(axis=1, keepdims=True), target
        z = prediction - np.max(prediction, axis=1, keepdims=True)
        return np.mean(np.log(e.sum(axis=1)) - z[np.arange(len(z)), target])

    def backward(self):
        n = len(self.p)
        dz = self.p / n
        dz[np.arange(n), self.target] -= 1 / n
        return dz / n


@bug(4, "mean-over-wrong-count", "divided by N and K")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p, self.target = np.exp(logs), target
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / dz.size


@bug(4, "mean-over-wrong-count", "divided by N alone")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target
        return float(np.mean(self.d * self.d))

    def backward(self):
        return 2 * self.d / len(self.d)


@bug(4, "mean-over-wrong-count", "the mean over the examples of a sum, in both steps, a plain class")
class MSE:
    def forward(self, prediction, target):
        self.d = prediction - target
        return np.sum(self.d**2) / len(self.d)

    def backward(self):
        return 2 * self.d / len(self.d)


@bug(5, "factor-of-two", "(p - y) / n, the 2 forgotten")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target
        return float(np.mean(self.d**2))

    def backward(self):
        return self.d / self.d.size


@bug(5, "factor-of-two", "half the square in both steps, a plain class")
class MSE:
    def forward(self, prediction, target):
        self.d = prediction - target
        return 0.5 * np.mean(self.d**2)

    def backward(self):
        return self.d / self.d.size


@bug(5, "factor-of-two", "2 d within delta, where the square is halved")
class Huber(Loss):
    def __init__(self, delta=1.0):
        self.delta = delta

    def forward(self, prediction, target):
        self.d = prediction - target
        size = np.abs(self.d)
        losses = np.where(size <= self.delta, 0.5 * self.d**2, self.delta * (size - 0.5 * self.delta))
        return float(losses.mean())

    def backward(self):
        return 2 * np.clip(self.d, -self.delta, self.delta) / self.d.size


@bug(6, "sign-flipped", "y - p")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = target - prediction
        return float(np.mean(self.d**2))

    def backward(self):
        return 2 * self.d / self.d.size


@bug(6, "sign-flipped", "the logarithm's minus forgotten in both steps, a plain class")
class NLL:
    def forward(self, prediction, target):
        self.shape, self.target, self.dtype = prediction.shape, target, prediction.dtype
        return prediction[np.arange(len(target)), target].mean()

    def backward(self):
        dx = np.zeros(self.shape, self.dtype)
        dx[np.arange(len(dx)), self.target] = 1 / len(dx)
        return dx


@bug(11, "broadcast-to-square", "the target gets an axis too many")
class MSE(Loss):
    def forward(self, prediction, target):
        self.d = prediction - target[:, None]
        return float(np.mean(self.d**2))

    def backward(self):
        return 2 * self.d / self.d.size


@bug(11, "broadcast-to-square", "a column of predictions beside a row of targets, a plain class")
class MSE:
    def forward(self, prediction, target):
        self.d = prediction.reshape(-1, 1) - target.reshape(1, -1)
        return np.mean(self.d**2)

    def backward(self):
        return 2 * self.d / self.d.size


@bug(21, "softmax-over-wrong-axis", "the softmax runs over the examples")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=0)
        logs = z - np.log(np.exp(z).sum(axis=0))
        self.p, self.target = np.exp(logs), target
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / len(dz)


@bug(22, "no-max-shift", "exp of the logits as they come")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        e = np.exp(prediction)
        total = e.sum(axis=1, keepdims=True)
        self.p, self.target = e / total, target
        return float(np.mean(np.log(total[:, 0]) - prediction[np.arange(len(target)), target]))

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / len(dz)


@bug(23, "log-of-zero", "ln p of a softmax that underflows")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        e = np.exp(prediction - prediction.max(axis=1, keepdims=True))
        self.p, self.target = e / e.sum(axis=1, keepdims=True), target
        return float(-np.mean(np.log(self.p[np.arange(len(target)), target])))

    def backward(self):
        dz = self.p.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / len(dz)


@bug(23, "log-of-zero", "ln p and ln(1 - p) without a limit, a plain class")
class BinaryCrossEntropy:
    def forward(self, prediction, target):
        self.p, self.y = prediction, target
        return -np.mean(target * np.log(prediction) + (1 - target) * np.log(1 - prediction))

    def backward(self):
        return (self.p - self.y) / np.maximum(self.p * (1 - self.p), 1e-12) / self.p.size


@bug(23, "log-of-zero", "0 ln 0")
class KLDivergence(Loss):
    def forward(self, prediction, target):
        self.y = target
        return float(np.sum(target * (np.log(target) - prediction)) / len(target))

    def backward(self):
        return -self.y / len(self.y)


@bug(24, "one-hot-not-subtracted", "p / N")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p = np.exp(logs)
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        return self.p / len(self.p)


@bug(24, "one-hot-not-subtracted", "p / N, a plain class")
class CrossEntropy:
    def forward(self, prediction, target):
        z = prediction - np.max(prediction, axis=-1, keepdims=True)
        total = np.exp(z).sum(axis=-1, keepdims=True)
        self.softmax = np.exp(z) / total
        return np.mean(np.log(total[:, 0]) - z[range(len(z)), target])

    def backward(self):
        N = self.softmax.shape[0]
        dz = self.softmax.copy()
        dz /= N
        return dz


@bug(25, "writes-into-input", "the difference taken in place")
class MSE(Loss):
    def forward(self, prediction, target):
        prediction -= target
        self.d = prediction.copy()
        return float(np.mean(self.d**2))

    def backward(self):
        return 2 * self.d / self.d.size


@bug(28, "batch-size-frozen", "n of the first batch for good")
class MSE(Loss):
    n = None

    def forward(self, prediction, target):
        self.d = prediction - target
        self.n = self.n or self.d.size
        return float(np.sum(self.d**2) / self.n)

    def backward(self):
        return 2 * self.d / self.n


@bug(29, "accumulates", "the losses of all batches added up")
class MSE(Loss):
    total = 0.0

    def forward(self, prediction, target):
        self.d = prediction - target
        self.total += float(np.mean(self.d**2))
        return self.total

    def backward(self):
        return 2 * self.d / self.d.size


@bug(31, "integers", "the one-hot rows are whole numbers, and p is written into them")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p, self.target = np.exp(logs), target
        return float(-logs[np.arange(len(target)), target].mean())

    def backward(self):
        dz = np.zeros(self.p.shape, dtype=int)
        dz[...] = self.p / len(self.p)
        dz[np.arange(len(dz)), self.target] -= 1
        return dz


@bug(32, "promoted-to-float64", "np.eye is float64")
class CrossEntropy(Loss):
    def forward(self, prediction, target):
        z = prediction - prediction.max(axis=1, keepdims=True)
        logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.p, self.onehot = np.exp(logs), np.eye(prediction.shape[1])[target]
        return float(-np.sum(self.onehot * logs) / len(target))

    def backward(self):
        return (self.p - self.onehot) / len(self.p)
