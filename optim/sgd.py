"""SGD: stochastic gradient descent, with momentum."""

import numpy as np

from .optimizer import Optimizer
from .settings import below_one


class SGD(Optimizer):
    """theta <- theta - lr v with v <- momentum v + g, and g the gradient plus weight_decay theta.

    Without momentum v = g. With nesterov the step is lr (g + momentum v): the gradient's part is taken as if v had
    been followed already.

    Args:
        lr: learning rate. momentum: from 0 to below 1. nesterov: needs momentum. weight_decay: l2 penalty's factor.

    Source: the slides' displacement; formulas are PyTorch's, dampening 0. Sutskever et al., "On the importance of
    initialization and momentum in deep learning", 2013.
    """

    def __init__(self, lr=0.001, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.momentum = below_one("momentum", momentum)
        if not isinstance(nesterov, bool) or (nesterov and not momentum):
            raise ValueError(f"nesterov expected false, or true with a momentum above 0, got {nesterov!r}")
        self.nesterov = nesterov
        self.vectors = ("velocity",) if momentum else ()

    def move(self, theta, g, velocity=None, *, scratch, lr, weight_decay):
        if weight_decay:
            np.multiply(theta, weight_decay, out=scratch)
            scratch += g
            g = scratch
        if velocity is None:
            np.multiply(g, lr, out=scratch)
        else:
            velocity *= self.momentum
            velocity += g
            if self.nesterov:
                theta -= lr * g
                lr *= self.momentum
            np.multiply(velocity, lr, out=scratch)
        theta -= scratch
