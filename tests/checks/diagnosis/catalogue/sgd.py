"""SGD as students write it, each time with one bug."""
# ruff: noqa: F811 - every class here is called SGD

import numpy as np

from benchmarks.diagnosis.tables import bug
from optim import Optimizer


@bug(6, "sign-flipped", "uphill", 0.1)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        theta += self.lr * (gradient + self.weight_decay * theta)


@bug(33, "momentum-sign", "v <- momentum v - g, and theta - lr v", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum = momentum

    def step(self, theta, gradient, segments=None):
        v = self.state.get("velocity", np.zeros_like(theta))
        self.state["velocity"] = self.momentum * v - gradient
        theta -= self.lr * self.state["velocity"]


@bug(33, "momentum-sign", "v <- momentum v + g, and theta + lr v, a plain class", 0.1, 0.9)
class SGD:
    def __init__(self, lr=0.001, momentum=0.0):
        self.lr, self.momentum, self.v = lr, momentum, None

    def step(self, theta, gradient, segments=None):
        if self.v is None:
            self.v = np.zeros(theta.shape, theta.dtype)
        self.v = self.momentum * self.v + gradient
        theta += self.lr * self.v


@bug(33, "momentum-sign", "w -= momentum v - lr g", 0.1, 0.8)
class SGD:
    def __init__(self, lr=0.001, momentum=0.0):
        self.lr, self.momentum, self.v = lr, momentum, 0

    def step(self, theta, gradient, segments=None):
        self.v = self.momentum * self.v - self.lr * gradient
        theta -= self.v


@bug(34, "momentum-convention", "an average: (1 - momentum) g", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum = momentum

    def step(self, theta, gradient, segments=None):
        v = self.state.setdefault("velocity", np.zeros_like(theta))
        v *= self.momentum
        v += (1 - self.momentum) * gradient
        theta -= self.lr * v


@bug(34, "momentum-convention", "Nesterov's, without being asked", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum, self.v = momentum, None

    def step(self, theta, gradient, segments=None):
        self.v = gradient.copy() if self.v is None else self.momentum * self.v + gradient
        theta -= self.lr * (gradient + self.momentum * self.v)


@bug(34, "momentum-convention", "an average, a plain class with lr in v", 0.05, 0.7)
class SGD:
    def __init__(self, lr=0.001, momentum=0.0):
        self.lr, self.momentum, self.v = lr, momentum, 0

    def step(self, theta, gradient, segments=None):
        self.v = self.momentum * self.v - (1 - self.momentum) * self.lr * gradient
        theta += self.v


@bug(37, "optimizer-rebinds", "theta = theta - ..., which the caller never sees, a plain class", 0.1)
class SGD:
    def __init__(self, lr=0.001):
        self.lr = lr

    def step(self, theta, gradient, segments=None):
        theta = theta - self.lr * gradient
        return theta


@bug(37, "optimizer-rebinds", "the gradient multiplied by lr in place", 0.1)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        gradient *= self.lr
        theta -= gradient


@bug(37, "optimizer-rebinds", "the decay added to the caller's gradient", 0.1, 0.2)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        gradient += self.weight_decay * theta
        theta -= self.lr * gradient


@bug(37, "optimizer-rebinds", "the first gradient becomes v itself", 0.1, 0.9)
class SGD(Optimizer):
    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, 0.0)
        self.momentum, self.v = momentum, None

    def step(self, theta, gradient, segments=None):
        if self.v is None:
            self.v = gradient
        else:
            self.v *= self.momentum
            self.v += gradient
        theta -= self.lr * self.v


@bug(53, "regularizer", "weight_decay left out", 0.1, 0.2)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        theta -= self.lr * gradient


@bug(53, "regularizer", "weight_decay twice", 0.1, 0.2)
class SGD(Optimizer):
    def __init__(self, lr=0.001, weight_decay=0.0):
        super().__init__(lr, weight_decay)

    def step(self, theta, gradient, segments=None):
        theta -= self.lr * (gradient + 2 * self.weight_decay * theta)


@bug(53, "regularizer", "the decay's sign the wrong way round, a plain class", 0.1, 0.2)
class SGD:
    def __init__(self, lr=0.001, weight_decay=0.0):
        self.lr, self.weight_decay = lr, weight_decay

    def step(self, theta, gradient, segments=None):
        theta -= self.lr * (gradient - self.weight_decay * theta)


@bug(5, "factor-of-two", "half a step, a plain class", 0.1)
class SGD:
    def __init__(self, lr=0.001):
        self.lr = lr

    def step(self, theta, gradient, segments=None):
        theta -= 0.5 * self.lr * gradient
