"""Lion and Rprop: only the direction of the gradient counts, not its size."""

from math import nextafter

import numpy as np

from .optimizer import Optimizer, blend
from .settings import at_least_zero, below_one, number, pair


class Lion(Optimizer):
    """theta <- theta - lr (sign(b1 m + (1 - b1) g) + weight_decay theta), then m <- b2 m + (1 - b2) g.

    Every entry moves by lr in each step, so lr is 3 to 10 times smaller than Adam's, and weight_decay as much larger.

    Args:
        lr: learning rate. betas: (b1, b2), from 0 to below 1. weight_decay: decoupled, as AdamW's.

    Not in PyTorch.

    Source: Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2.
    """

    vectors = ("m",)

    def __init__(self, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(lr, weight_decay)
        self.betas = tuple(below_one(f"betas[{i}]", beta) for i, beta in enumerate(pair("betas", betas)))

    def move(self, theta, g, m, *, scratch, lr, weight_decay):
        b1, b2 = self.betas
        if weight_decay:
            theta *= 1 - lr * weight_decay
        direction = m * b1
        direction += np.multiply(g, 1 - b1, out=scratch)
        np.sign(direction, out=direction)
        direction *= lr
        theta -= direction
        blend(m, g, b2, scratch)


class Rprop(Optimizer):
    """theta <- theta - s sign(g), where each entry has an s of its own, held within step_sizes:

        s <- eta+ s where g has the sign of the last g        s <- eta- s where it has the other

    Where the sign has turned, theta stays, and the next step takes this g for 0; beside a 0, s stays.

    For gradients over all examples: the noise of small batches turns signs by chance.

    Args:
        lr: where each s starts. etas: (eta-, eta+), below and above 1. step_sizes: the least and the largest s.

    After the first step lr counts only by whether it is 0, when theta stays: of a schedule only the first lr, low with
    a warm-up, makes a difference, as in PyTorch (where theta moves also with lr 0). A segment's lr_factor scales the
    displacement, not s. There is no weight decay. Only signs are multiplied, so gradients of any size agree or differ
    (PyTorch's product may underflow).

    Source: Riedmiller & Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm",
    1993; without weight-backtracking, as in PyTorch.
    """

    vectors = ("sign", "step_size")

    def __init__(self, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
        super().__init__(lr, weight_decay=0.0)
        down, up = pair("etas", etas)
        self.etas = (
            number("etas[0]", down, "a number above 0 and below 1", nextafter(0, 1), 1),
            number("etas[1]", up, "a number above 1", nextafter(1, 2)),
        )
        least, largest = pair("step_sizes", step_sizes)
        least = at_least_zero("step_sizes[0]", least)
        self.step_sizes = (least, number("step_sizes[1]", largest, f"a number of {least:g} or more", least))

    def fresh(self, name, theta):
        return np.full_like(theta, self.lr) if name == "step_size" else np.zeros_like(theta)

    def move(self, theta, g, sign, step_size, *, scratch, lr, weight_decay):
        np.sign(g, out=scratch)
        sign *= scratch
        down, up = self.etas
        turned = sign < 0
        np.multiply(step_size, up, out=step_size, where=sign > 0)
        np.multiply(step_size, down, out=step_size, where=turned)
        np.clip(step_size, *self.step_sizes, out=step_size)
        scratch[turned] = 0
        sign[...] = scratch
        scratch *= step_size
        scratch *= lr / self.lr if self.lr else 0.0  # the segment's lr_factor
        theta -= scratch
