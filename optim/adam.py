"""Adam, and AdamW: step sizes from running moments of the gradient."""

from math import sqrt

import numpy as np

from .optimizer import Optimizer, blend
from .settings import at_least_zero, below_one, pair


class Adam(Optimizer):
    """theta <- theta - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), with t counted from 1 and

        m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2

    and g the gradient plus weight_decay theta.

    Args:
        lr: learning rate. betas: (b1, b2), from 0 to below 1. eps: added after the root. weight_decay: l2 penalty's
        factor; it passes through the moments (AdamW's does not).

    t counts the optimizer's steps, also for a part that was frozen meanwhile (PyTorch counts for each parameter, so its
    first steps after thawing are shorter).

    Source: Kingma & Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1; eps as in PyTorch.
    """

    vectors = ("m", "v")

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.betas = tuple(below_one(f"betas[{i}]", beta) for i, beta in enumerate(pair("betas", betas)))
        self.eps = at_least_zero("eps", eps)

    def move(self, theta, g, m, v, *, scratch, lr, weight_decay):
        if weight_decay:
            g = g + weight_decay * theta
        b1, b2 = self.betas
        t = self.state["steps"]
        blend(m, g, b1, scratch)
        blend(v, np.multiply(g, g, out=scratch), b2, scratch)
        np.sqrt(v, out=scratch)
        scratch *= 1 / sqrt(1 - b2**t)
        scratch += self.eps
        np.divide(m, scratch, out=scratch)
        scratch *= lr / (1 - b1**t)
        theta -= scratch


class AdamW(Adam):
    """Adam with decoupled weight decay: theta <- theta - lr weight_decay theta, then Adam's step without decay.

    Args:
        lr, betas, eps: as Adam. weight_decay: 0.01 unless given, as in PyTorch.

    Source: Loshchilov & Hutter, "Decoupled weight decay regularization", 2019, algorithm 2; the decay is scaled by lr,
    as in PyTorch.
    """

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(lr, betas, eps, weight_decay)

    def move(self, theta, g, m, v, *, scratch, lr, weight_decay):
        theta *= 1 - lr * weight_decay
        super().move(theta, g, m, v, scratch=scratch, lr=lr, weight_decay=0.0)
