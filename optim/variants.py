"""Adamax, NAdam and RAdam: Adam with another denominator, another momentum, another beginning."""

from math import sqrt

import numpy as np

from .adam import Adam
from .optimizer import blend
from .settings import at_least_zero, true_or_false


class Adamax(Adam):
    """theta <- theta - lr / (1 - b1^t) m / u, with t counted from 1 and

        m <- b1 m + (1 - b1) g        u <- max(b2 u, |g| + eps)

    and g the gradient plus weight_decay theta: Adam, measured by the largest gradient of late.

    Args:
        lr: learning rate. betas: (b1, b2), from 0 to below 1. eps: added to |g|. weight_decay: l2 penalty's factor.

    Source: Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 2; eps as in PyTorch.
    """

    vectors = ("m", "u")

    def __init__(self, lr=0.002, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, betas, eps, weight_decay)

    def move(self, theta, g, m, u, *, scratch, lr, weight_decay):
        if weight_decay:
            g = g + weight_decay * theta
        b1, b2 = self.betas
        blend(m, g, b1, scratch)
        np.abs(g, out=scratch)
        scratch += self.eps
        u *= b2
        np.maximum(u, scratch, out=u)
        np.divide(m, u, out=scratch)
        scratch *= lr / (1 - b1 ** self.state["steps"])
        theta -= scratch


class NAdam(Adam):
    """theta <- theta - lr (c g + d m) / (sqrt(v / (1 - b2^t)) + eps), with Adam's m, v, g and t, and

        mu_t = b1 (1 - 0.96^(t momentum_decay) / 2)        product_t = mu_1 mu_2 ... mu_t
        c = (1 - mu_t) / (1 - product_t)                   d = mu_(t+1) / (1 - product_(t+1))

    Adam with Nesterov's momentum: the step is taken as if m had been followed already.

    Args:
        lr, betas, eps: as Adam. momentum_decay: how soon mu rises from about b1 / 2 to b1. weight_decay: l2 penalty's
        factor. decoupled_weight_decay: theta <- theta - lr weight_decay theta instead, before the step, as in AdamW.

    As in Adam, t and the product go on for a part that was frozen meanwhile. The product is kept in state["product"] in
    float64 (PyTorch rounds it to float32 unless float64 is its default).

    Source: Dozat, "Incorporating Nesterov momentum into Adam", 2016; as in PyTorch.
    """

    def __init__(
        self,
        lr=0.002,
        betas=(0.9, 0.999),
        eps=1e-8,
        momentum_decay=0.004,
        weight_decay=0.0,
        decoupled_weight_decay=False,
    ):
        super().__init__(lr, betas, eps, weight_decay)
        self.momentum_decay = at_least_zero("momentum_decay", momentum_decay)
        self.decoupled_weight_decay = true_or_false("decoupled_weight_decay", decoupled_weight_decay)
        self.state["product"] = 1.0

    def advance(self):
        self.state["product"] = float(self.state["product"]) * self.mu(self.state["steps"])

    def mu(self, t):
        return self.betas[0] * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))

    def move(self, theta, g, m, v, *, scratch, lr, weight_decay):
        g = decayed(self, theta, g, lr, weight_decay)
        (b1, b2), t, product = self.betas, self.state["steps"], self.state["product"]
        mu, mu_next = self.mu(t), self.mu(t + 1)
        blend(m, g, b1, scratch)
        blend(v, np.multiply(g, g, out=scratch), b2, scratch)
        ahead = g * ((1 - mu) / (1 - product))
        np.multiply(m, mu_next / (1 - product * mu_next), out=scratch)
        ahead += scratch
        np.sqrt(v, out=scratch)
        scratch *= 1 / sqrt(1 - b2**t)
        scratch += self.eps
        ahead /= scratch
        ahead *= lr
        theta -= ahead


class RAdam(Adam):
    """theta <- theta - lr r sqrt(1 - b2^t) / (sqrt(v) + eps) m / (1 - b1^t), with Adam's m, v, g and t, and

        n = 2 / (1 - b2) - 1        n_t = n - 2 t b2^t / (1 - b2^t)
        r^2 = (n_t - 4) (n_t - 2) n / ((n - 4) (n - 2) n_t)

    Until n_t, the number of gradients that v stands for, is above 5, the step is lr m / (1 - b1^t): v is not trusted.

    Args:
        lr, betas, eps: as Adam. weight_decay: l2 penalty's factor. decoupled_weight_decay: theta <- theta - lr
        weight_decay theta instead, before the step, as in AdamW.

    Source: Liu et al., "On the variance of the adaptive learning rate and beyond", 2020, algorithm 2; the 5 and the
    place of eps as in PyTorch.
    """

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled_weight_decay=False):
        super().__init__(lr, betas, eps, weight_decay)
        self.decoupled_weight_decay = true_or_false("decoupled_weight_decay", decoupled_weight_decay)

    def move(self, theta, g, m, v, *, scratch, lr, weight_decay):
        g = decayed(self, theta, g, lr, weight_decay)
        (b1, b2), t = self.betas, self.state["steps"]
        blend(m, g, b1, scratch)
        blend(v, np.multiply(g, g, out=scratch), b2, scratch)
        lr /= 1 - b1**t
        n = 2 / (1 - b2) - 1
        n_t = n - 2 * t * b2**t / (1 - b2**t)
        if n_t > 5:
            np.sqrt(v, out=scratch)
            scratch += self.eps
            np.divide(m, scratch, out=scratch)
            scratch *= lr * sqrt(1 - b2**t) * sqrt((n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t))
        else:
            np.multiply(m, lr, out=scratch)
        theta -= scratch


def decayed(optimizer, theta, g, lr, weight_decay):
    """The gradient to follow: with the penalty's, or g itself once theta has shrunk in place."""
    if not weight_decay:
        return g
    if optimizer.decoupled_weight_decay:
        theta *= 1 - lr * weight_decay
        return g
    return g + weight_decay * theta
