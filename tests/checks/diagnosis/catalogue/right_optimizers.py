"""Right optimizers, in the many ways in which students write them."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import right
from optim import Optimizer


@right("a plain class", 0.1)
class SGD:
    def __init__(self, lr=0.001):
        self.lr = lr

    def step(self, theta, gradient, segments=None):
        theta -= self.lr * gradient


@right("entry by entry, with decay", 0.1, 0.2)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        for i in range(len(theta)):
            theta[i] = theta[i] - self.lr * (gradient[i] + self.weight_decay * theta[i])


@right("decay as a factor of theta", 0.1, 0.2)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        theta *= 1 - self.lr * self.weight_decay
        theta -= self.lr * gradient


@right("momentum in self.v", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum, self.v = momentum, 0

    def step(self, theta, gradient, segments=None):
        self.v = self.momentum * self.v + gradient
        theta -= self.lr * self.v


@right("w += -lr v, v in place, a plain class", 0.1, 0.9)
class SGD:
    def __init__(self, lr=0.001, momentum=0.0):
        self.lr, self.momentum, self.velocity = lr, momentum, None

    def step(self, theta, gradient, segments=None):
        if self.velocity is None:
            self.velocity = np.zeros_like(theta)
        self.velocity *= self.momentum
        self.velocity += gradient
        theta += -self.lr * self.velocity


@right("v with the gradient's minus, added", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum = momentum

    def step(self, theta, gradient, segments=None):
        v = self.state.get("velocity", np.zeros_like(theta))
        self.state["velocity"] = self.momentum * v - gradient
        theta[:] = theta + self.lr * self.state["velocity"]


@right("Nesterov's, as asked", 0.1, 0.9, True)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0, nesterov=False):
        super().__init__(lr, 0.0)
        self.momentum, self.nesterov, self.v = momentum, nesterov, 0

    def step(self, theta, gradient, segments=None):
        self.v = self.momentum * self.v + gradient
        theta -= self.lr * (gradient + self.momentum * self.v if self.nesterov else self.v)


@right("the paper's, corrected averages", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.t, self.m, self.v = betas, eps, 0, 0, 0

    def step(self, theta, gradient, segments=None):
        self.t += 1
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


@right("the step size corrected, and eps with it, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.t = lr, betas, eps, 0
        self.moments = {}

    def step(self, theta, gradient, segments=None):
        b1, b2 = self.betas
        if not self.moments:
            self.moments = {"m": np.zeros_like(theta), "v": np.zeros_like(theta)}
        self.t += 1
        self.moments["m"] += (1 - b1) * (gradient - self.moments["m"])
        self.moments["v"] += (1 - b2) * (gradient * gradient - self.moments["v"])
        root = (1 - b2**self.t) ** 0.5
        alpha = self.lr * root / (1 - b1**self.t)
        theta -= alpha * self.moments["m"] / (np.sqrt(self.moments["v"]) + self.eps * root)


@right("powers of the betas multiplied up, with decay", 0.01, weight_decay=0.3)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.betas, self.eps, self.powers, self.m, self.v = betas, eps, [1.0, 1.0], None, None

    def step(self, theta, gradient, segments=None):
        g = gradient + self.weight_decay * theta
        if self.m is None:
            self.m, self.v = np.zeros_like(g), np.zeros_like(g)
        self.powers = [power * beta for power, beta in zip(self.powers, self.betas, strict=True)]
        self.m[:] = self.betas[0] * self.m + (1 - self.betas[0]) * g
        self.v[:] = self.betas[1] * self.v + (1 - self.betas[1]) * g * g
        mhat, vhat = self.m / (1 - self.powers[0]), self.v / (1 - self.powers[1])
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


@right("lists of blocks, each with moments of its own, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.t, self.m, self.v = lr, betas, eps, 0, {}, {}

    def step(self, theta, gradient, segments=None):
        self.t += 1
        b1, b2 = self.betas
        for i in range(0, len(theta), 4):
            block, g = theta[i : i + 4], gradient[i : i + 4]
            self.m[i] = b1 * self.m.get(i, 0) + (1 - b1) * g
            self.v[i] = b2 * self.v.get(i, 0) + (1 - b2) * g**2
            step = self.lr * (self.m[i] / (1 - b1**self.t))
            block -= step / (np.sqrt(self.v[i] / (1 - b2**self.t)) + self.eps)


@right("the decay beside the moments", 0.01)
class AdamW(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(lr, weight_decay)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b1, b2), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * (mhat / (np.sqrt(vhat) + self.eps) + self.weight_decay * theta)


@right("a plain class", 0.01)
class RMSprop:
    def __init__(self, lr=0.01, alpha=0.99, eps=1e-8):
        self.lr, self.alpha, self.eps, self.cache = lr, alpha, eps, 0

    def step(self, theta, gradient, segments=None):
        self.cache = self.alpha * self.cache + (1 - self.alpha) * gradient**2
        theta -= self.lr * gradient / (np.sqrt(self.cache) + self.eps)


@right("a plain class", 0.05)
class Adagrad:
    def __init__(self, lr=0.01, eps=1e-10):
        self.lr, self.eps, self.total = lr, eps, 0

    def step(self, theta, gradient, segments=None):
        self.total = self.total + gradient * gradient
        theta -= self.lr * gradient / (np.sqrt(self.total) + self.eps)
