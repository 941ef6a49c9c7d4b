"""Optimizer: displacement, on the parameters as one vector."""

import numpy as np

from .settings import at_least_zero, constructor_call

BLOCK = 32768  # entries moved at a time, so that theta, gradient and state of a block stay in the processor's cache


class Optimizer:
    """Moves theta against the gradient, in place.

        optimizer.step(model.theta, model.gradient, model.segments)

    segments: [(slice, lr_factor, decay_factor)] for the parts of theta where learning rate or weight decay differ; a
    part whose lr_factor is 0 (a frozen layer) is not touched, nor is its state. The gradient is only read.

    Attributes:
        lr, weight_decay: may be set between steps. state: a dict of numbers and arrays, all there is to save:
            "steps" counts the steps; an array is a vector like theta.

    An optimizer of your own names its vectors in `vectors` and defines `move`, which gets one block of everything.
    Where a vector does not start at 0 it defines `fresh`; what changes once a step, not once a block, is `advance`'s.

    Raises ValueError for vectors that do not belong together or a setting out of range, TypeError for a dtype.

    Source: slide "A walk in a million dimensions".
    """

    vectors = ()

    def __init__(self, lr, weight_decay=0.0):
        self.lr = at_least_zero("lr", lr)
        self.weight_decay = at_least_zero("weight_decay", weight_decay)
        self.state = {"steps": 0}
        self._scratch = np.empty(0)

    def step(self, theta, gradient, segments=None):
        """One displacement of theta."""
        gradient = np.asarray(gradient)
        lr, decay = at_least_zero("lr", self.lr), at_least_zero("weight_decay", self.weight_decay)
        self._admit(theta, gradient)
        parts = list(blocks(theta.size, segments))
        self.state["steps"] = int(self.state["steps"]) + 1  # from a file it may be NumPy's, which promotes float32
        self.advance()
        vectors = [self.state[name] for name in self.vectors]
        for part, lr_factor, decay_factor in parts:
            self.move(
                theta[part],
                gradient[part],
                *[vector[part] for vector in vectors],
                scratch=self._scratch[: part.stop - part.start],
                lr=lr * lr_factor,
                weight_decay=decay * decay_factor,
            )

    def move(self, theta, g, *vectors, scratch, lr, weight_decay):
        """Moves a block of theta, in place, given g and the state's vectors there; scratch is free to write into."""
        raise NotImplementedError(f"{type(self).__name__}.move")

    def fresh(self, name, theta):
        """The state's vector `name` before the first step."""
        return np.zeros_like(theta)

    def advance(self):
        """Called once a step, when state["steps"] has been counted and before any block is moved."""

    def __repr__(self):
        return constructor_call(self)

    def _admit(self, theta, gradient):
        name = type(self).__name__
        if not isinstance(theta, np.ndarray) or theta.dtype.kind != "f" or theta.ndim != 1:
            got = f"{theta.dtype} of shape {theta.shape}" if isinstance(theta, np.ndarray) else type(theta).__name__
            raise TypeError(f"{name}.step expected theta as a vector of floats, got {got}")
        if gradient.shape != theta.shape or gradient.dtype != theta.dtype:
            raise ValueError(
                f"{name}.step expected a gradient like theta, {theta.dtype} {theta.shape}, "
                f"got {gradient.dtype} {gradient.shape}"
            )
        for vector in self.vectors:
            mine = self.state.setdefault(vector, None)
            if mine is None:
                self.state[vector] = self.fresh(vector, theta)
            elif mine.shape != theta.shape or mine.dtype != theta.dtype:
                raise ValueError(
                    f"{name} has moved a theta of {mine.dtype} {mine.shape}, got {theta.dtype} {theta.shape}: "
                    "each model needs an optimizer of its own"
                )
        if self._scratch.dtype != theta.dtype or self._scratch.size < min(theta.size, BLOCK):
            self._scratch = np.empty(min(theta.size, BLOCK), theta.dtype)


def blocks(size, segments=None):
    """Cuts 0..size at the segments and into blocks: (slice, lr_factor, decay_factor) each, without frozen parts."""
    start = 0
    for part, lr_factor, decay_factor in [*(segments or ()), (slice(size, size), 1.0, 1.0)]:
        if part.start is None or part.stop is None or not start <= part.start <= part.stop <= size:
            raise ValueError(f"segments expected slices in order, within {start} and {size}, got {part}")
        lr_factor, decay_factor = at_least_zero("lr_factor", lr_factor), at_least_zero("decay_factor", decay_factor)
        yield from cut(start, part.start, 1.0, 1.0)
        if lr_factor:
            yield from cut(part.start, part.stop, lr_factor, decay_factor)
        start = part.stop


def cut(start, stop, lr_factor, decay_factor):
    for first in range(start, stop, BLOCK):
        yield slice(first, min(first + BLOCK, stop)), lr_factor, decay_factor


def blend(average, x, beta, scratch):
    """average <- beta average + (1 - beta) x, in place; x may be scratch."""
    np.multiply(x, 1 - beta, out=scratch)
    average *= beta
    average += scratch
