"""Upsample: a larger image with what the smaller one shows."""

from math import prod

import numpy as np

from .arguments import whole_numbers
from .guards import batch
from .layer import Layer
from .windows import FORMS

FLOPS = {"nearest": 0, "linear": 3, "bilinear": 7}  # products and sums for each entry of y
AXES = {"linear": 1, "bilinear": 2}  # that the mode is for; nearest is for any number


class Upsample(Layer):
    """y = x with s times as many entries along each axis between the batch and the channels, s being scale_factor.

    Entry i of y has its middle at u = (i + 1/2) / s - 1/2 in x. nearest: it is entry i // s of x. linear: it lies on
    the line between the two entries of x beside u, and beyond the ends it is the last one; along each axis in turn.

    Shapes: (N, H, W, C) to (N, s H, s W, C); (N, T, D) to (N, s T, D). backward: dx is the sum of g over the entries of
    y that x went into, each times its factor there.

    Args:
        scale_factor: s, a whole number, or one for each axis. mode: nearest, or linear for sequences, which for images
            is called bilinear (PyTorch's with align_corners=False).

    Raises ValueError for another mode, or another number of axes.
    """

    flops_per_entry = property(lambda self: FLOPS[self.mode])

    def __init__(self, scale_factor, mode="nearest"):
        if not isinstance(mode, str) or mode not in FLOPS:
            raise ValueError(f"mode expected one of {', '.join(FLOPS)}, got {mode!r}")
        self._each = isinstance(scale_factor, (tuple, list))  # whether each axis has its own
        axes = AXES.get(mode, max(1, len(scale_factor))) if self._each else 1
        self._factors = whole_numbers("scale_factor", scale_factor, count=axes)
        self.scale_factor, self.mode = scale_factor, mode

    def output_shape(self, input_shape):
        factors = self.factors(input_shape)
        return (*(s * n for s, n in zip(factors, input_shape, strict=False)), input_shape[-1])

    def factors(self, input_shape):
        """s for each axis between the batch and the channels."""
        axes = AXES.get(self.mode, len(self._factors) if self._each else max(1, len(input_shape) - 1))
        if len(input_shape) != axes + 1:
            form = FORMS.get(axes, f"{axes} axes between N and C")
            raise ValueError(f"{self.label} expected {form}, got {batch(input_shape)}")
        return self._factors if self._each else self._factors * axes

    def forward(self, x):
        self.shape = x.shape  # (N, H, W, C)
        for axis, s in enumerate(self.factors(x.shape[1:]), start=1):
            x = self.larger(x, axis, s)
        return x

    def backward(self, g):
        for axis, s in enumerate(self.factors(self.shape[1:]), start=1):
            g = self.smaller(g, axis, s)
        return g

    def larger(self, x, axis, s):
        """x with s times as many entries along the axis."""
        before, n, after = prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :])
        rows, y = x.reshape(before, n, after), np.empty((before, n, s, after), x.dtype)
        for r, t, side in self.shares(s):
            y[:, :, r] = rows
            if t:
                y[:, :, r] += t * (rows[:, np.clip(np.arange(n) + side, 0, n - 1)] - rows)
        return y.reshape(*x.shape[:axis], n * s, *x.shape[axis + 1 :])

    def smaller(self, g, axis, s):
        """The gradient of larger's x from that of its y."""
        before, n, after = prod(g.shape[:axis]), g.shape[axis] // s, prod(g.shape[axis + 1 :])
        g, shape = g.reshape(before, n, s, after), (*g.shape[:axis], n, *g.shape[axis + 1 :])
        dx = g.sum(axis=2)
        for r, t, side in self.shares(s):
            share = t * g[:, :, r]  # what x[j + side] has in y, and x[j] has not
            if t:
                dx -= share
                to, of = (slice(None, -1), slice(1, None)) if side < 0 else (slice(1, None), slice(None, -1))
                dx[:, to] += share[:, of]
                end = 0 if side < 0 else -1  # where x goes on as at its end
                dx[:, end] += share[:, end]
        return dx.reshape(shape)

    def shares(self, s):
        """(r, t, side) for r from 0 to s - 1: y[s j + r] = x[j] + t (x[j + side] - x[j])."""
        for r in range(s):
            u = (r + 0.5) / s - 0.5
            yield r, 0.0 if self.mode == "nearest" else abs(u), -1 if u < 0 else 1
