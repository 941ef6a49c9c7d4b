"""Softmax and its relatives as students write them, each with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


@bug(19, "softmax-diagonal-only", "p (1 - p), as of the sigmoid")
class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.p = e / np.sum(e, axis=1, keepdims=True)
        return self.p

    def backward(self, g):
        return g * self.p * (1 - self.p)


@bug(19, "softmax-diagonal-only", "the Jacobian's diagonal, example by example, a plain class")
class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.out = e / e.sum(axis=-1, keepdims=True)
        return self.out

    def backward(self, g):
        dx = np.empty_like(g)
        for i, p in enumerate(self.out):
            jacobian = np.diag(p) - np.diag(p * p)
            dx[i] = jacobian @ g[i]
        return dx

    def update(self):
        pass


@bug(20, "softmax-sum-missing", "p g")
class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        self.p = e / np.sum(e, axis=-1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * g


@bug(20, "softmax-sum-missing", "the logarithm's: dx = g")
class LogSoftmax(Layer):
    def forward(self, x):
        shifted = x - x.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    def backward(self, g):
        return g.copy()


@bug(21, "softmax-over-wrong-axis", "axis 0 in both steps")
class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - x.max(axis=0))
        self.p = e / e.sum(axis=0)
        return self.p

    def backward(self, g):
        return self.p * (g - np.sum(g * self.p, axis=0))


@bug(21, "softmax-over-wrong-axis", "axis 0 in backward only")
class Softmax(Layer):
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - np.sum(g * self.p, axis=0, keepdims=True))


@bug(21, "softmax-over-wrong-axis", "one sum over the whole batch, a plain class")
class Softmax:
    def forward(self, x):
        e = np.exp(x - np.max(x))
        self.p = e / np.sum(e)
        return self.p

    def backward(self, g):
        return self.p * (g - np.sum(g * self.p))

    def update(self):
        pass


@bug(21, "softmax-over-wrong-axis", "axis 0 of the logarithm")
class LogSoftmax:
    def forward(self, x):
        z = x - x.max(axis=0)
        self.y = z - np.log(np.sum(np.exp(z), axis=0))
        return self.y

    def backward(self, g):
        return g - np.exp(self.y) * g.sum(axis=0)

    def update(self):
        pass


@bug(22, "no-max-shift", "exp(x) as it comes")
class Softmax(Layer):
    def forward(self, x):
        self.p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=-1, keepdims=True))


@bug(22, "no-max-shift", "log of a sum of exp(x), a plain class")
class LogSoftmax:
    def forward(self, x):
        self.y = x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
        return self.y

    def backward(self, g):
        return g - np.exp(self.y) * g.sum(axis=-1, keepdims=True)

    def update(self):
        pass


@bug(12, "g-ignored", "the sums of g forgotten: g taken for ones")
class LogSoftmax(Layer):
    def forward(self, x):
        z = x - x.max(axis=-1, keepdims=True)
        self.y = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return self.y

    def backward(self, g):
        return 1 - g.shape[-1] * np.exp(self.y)


@bug(25, "writes-into-input", "the largest x subtracted in place")
class Softmax(Layer):
    def forward(self, x):
        x -= x.max(axis=-1, keepdims=True)
        e = np.exp(x)
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=-1, keepdims=True))
