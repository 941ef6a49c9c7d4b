"""Adam as students write it, each time with one bug."""
# ruff: noqa: F811 - every class here is called Adam

import numpy as np

from benchmarks.diagnosis.tables import bug
from optim import Optimizer


@bug(35, "adam-step-count", "t starts at 0, and is raised after the step", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.t, self.m, self.v = betas, eps, 0, 0, 0

    def step(self, theta, gradient, segments=None):
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        with np.errstate(all="ignore"):
            mhat = self.m / np.array(1 - b1**self.t, theta.dtype)
            vhat = self.v / np.array(1 - b2**self.t, theta.dtype)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)
        self.t += 1


@bug(35, "adam-step-count", "t starts at 1, and is raised before the step", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.t, self.m, self.v = betas, eps, 1, 0, 0

    def step(self, theta, gradient, segments=None):
        b1, b2 = self.betas
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


@bug(35, "adam-step-count", "t stays at 1, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.m, self.v = lr, betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        (b1, b2), t = self.betas, 1
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)
        t += 1


@bug(36, "adam-formula", "no correction, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.m, self.v = lr, betas, eps, None, None

    def step(self, theta, gradient, segments=None):
        if self.m is None:
            self.m, self.v = np.zeros_like(theta), np.zeros_like(theta)
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient * gradient
        theta -= self.lr * self.m / (np.sqrt(self.v) + self.eps)


@bug(36, "adam-formula", "only m corrected", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        theta -= self.lr / (1 - b1 ** self.state["steps"]) * self.m / (np.sqrt(self.v) + self.eps)


@bug(36, "adam-formula", "the betas exchanged", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b2, b1), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


@bug(36, "adam-formula", "no root", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b1, b2), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * mhat / (vhat + self.eps)


@bug(36, "adam-formula", "v of |g|, not of its square, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.m, self.v, self.t = lr, betas, eps, 0, 0, 0

    def step(self, theta, gradient, segments=None):
        self.t += 1
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * np.abs(gradient)
        mhat, vhat = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)


@bug(36, "adam-formula", "eps below the root", 0.01, eps=1e-2)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b1, b2), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * mhat / np.sqrt(vhat + self.eps)


@bug(6, "sign-flipped", "uphill", 0.01)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, 0.0)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b1, b2), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta += self.lr * mhat / (np.sqrt(vhat) + self.eps)


@bug(37, "optimizer-rebinds", "a new theta, a plain class", 0.01)
class Adam:
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        self.lr, self.betas, self.eps, self.m, self.v, self.t = lr, betas, eps, 0, 0, 0

    def step(self, theta, gradient, segments=None):
        self.t += 1
        b1, b2 = self.betas
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        theta = theta - self.lr * mhat / (np.sqrt(vhat) + self.eps)
        return theta


@bug(53, "regularizer", "weight_decay left out", 0.01, weight_decay=0.3)
class Adam(Optimizer):
    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.betas, self.eps, self.m, self.v = betas, eps, 0, 0

    def step(self, theta, gradient, segments=None):
        self.state["steps"] += 1
        (b1, b2), t = self.betas, self.state["steps"]
        self.m = b1 * self.m + (1 - b1) * gradient
        self.v = b2 * self.v + (1 - b2) * gradient**2
        mhat, vhat = self.m / (1 - b1**t), self.v / (1 - b2**t)
        theta -= self.lr * mhat / (np.sqrt(vhat) + self.eps)
