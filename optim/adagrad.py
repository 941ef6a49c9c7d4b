"""Adagrad, Adadelta and RMSprop: steps divided by the size of the gradients so far, each entry's own."""

import numpy as np

from .optimizer import Optimizer, blend
from .settings import at_least_zero, below_one, true_or_false


class Adagrad(Optimizer):
    """theta <- theta - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps) with s <- s + g^2, t counted from 1, and g the
    gradient plus weight_decay theta.

    Args:
        lr: learning rate. lr_decay: how fast it falls beside that. initial_accumulator_value: where s starts.
        eps: added after the root. weight_decay: l2 penalty's factor.

    As in Adam, t counts the optimizer's steps, also for a part that was frozen meanwhile.

    Source: Duchi et al., "Adaptive subgradient methods for online learning and stochastic optimization", 2011, figure 1
    with diagonal matrices; lr_decay and eps as in PyTorch.
    """

    vectors = ("sum",)

    def __init__(self, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.lr_decay = at_least_zero("lr_decay", lr_decay)
        self.initial_accumulator_value = at_least_zero("initial_accumulator_value", initial_accumulator_value)
        self.eps = at_least_zero("eps", eps)

    def fresh(self, name, theta):
        return np.full_like(theta, self.initial_accumulator_value)

    def move(self, theta, g, total, *, scratch, lr, weight_decay):
        if weight_decay:
            g = g + weight_decay * theta
        total += np.multiply(g, g, out=scratch)
        np.sqrt(total, out=scratch)
        scratch += self.eps
        np.divide(g, scratch, out=scratch)
        scratch *= lr / (1 + (self.state["steps"] - 1) * self.lr_decay)
        theta -= scratch


class Adadelta(Optimizer):
    """theta <- theta - lr d with d = sqrt(u + eps) / sqrt(v + eps) g, and

        v <- rho v + (1 - rho) g^2, before        u <- rho u + (1 - rho) d^2, after

    and g the gradient plus weight_decay theta: a step has theta's unit, so lr is a plain factor.

    Args:
        lr: 1 in the paper. rho: from 0 to below 1. eps: added below both roots; the first steps are about sqrt(eps).
        weight_decay: l2 penalty's factor.

    Source: Zeiler, "ADADELTA: an adaptive learning rate method", 2012, algorithm 1; defaults as in PyTorch.
    """

    vectors = ("square", "delta_square")

    def __init__(self, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.rho = below_one("rho", rho)
        self.eps = at_least_zero("eps", eps)

    def move(self, theta, g, square, delta_square, *, scratch, lr, weight_decay):
        if weight_decay:
            g = g + weight_decay * theta
        blend(square, np.multiply(g, g, out=scratch), self.rho, scratch)
        np.add(square, self.eps, out=scratch)
        delta = delta_square + self.eps
        delta /= scratch
        np.sqrt(delta, out=delta)
        delta *= g
        blend(delta_square, np.multiply(delta, delta, out=scratch), self.rho, scratch)
        delta *= lr
        theta -= delta


class RMSprop(Optimizer):
    """theta <- theta - lr b with b <- momentum b + g / (sqrt(v) + eps), v <- alpha v + (1 - alpha) g^2, and g the
    gradient plus weight_decay theta.

    Without momentum b = g / (sqrt(v) + eps). With centered the root is of v - a^2, the gradient's variance, with
    a <- alpha a + (1 - alpha) g.

    Args:
        lr: learning rate. alpha: from 0 to below 1. eps: added after the root. momentum: from 0 to below 1.
        centered: divide by the standard deviation. weight_decay: l2 penalty's factor.

    A variance that rounding makes negative counts as 0 (PyTorch's step is NaN then).

    Source: Tieleman & Hinton, "Neural networks for machine learning", lecture 6e, 2012; centered: Graves, "Generating
    sequences with recurrent neural networks", 2013, equations 38 to 41. lr outside b and eps as in PyTorch.
    """

    def __init__(self, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.alpha = below_one("alpha", alpha)
        self.eps = at_least_zero("eps", eps)
        self.momentum = below_one("momentum", momentum)
        self.centered = true_or_false("centered", centered)
        self.vectors = ("square", *(["mean"] if centered else []), *(["velocity"] if momentum else []))

    def move(self, theta, g, square, *others, scratch, lr, weight_decay):
        if weight_decay:
            g = g + weight_decay * theta
        blend(square, np.multiply(g, g, out=scratch), self.alpha, scratch)
        if self.centered:
            mean = others[0]
            blend(mean, g, self.alpha, scratch)
            np.multiply(mean, mean, out=scratch)
            np.subtract(square, scratch, out=scratch)
            np.maximum(scratch, 0, out=scratch)
            np.sqrt(scratch, out=scratch)
        else:
            np.sqrt(square, out=scratch)
        scratch += self.eps
        np.divide(g, scratch, out=scratch)
        if self.momentum:
            velocity = others[-1]
            velocity *= self.momentum
            velocity += scratch
            np.multiply(velocity, lr, out=scratch)
        else:
            scratch *= lr
        theta -= scratch
