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

    Entry i of y has its middle at u = (i + 1/2) / s - 1/2 in x. nearest: it is entry i // s of x. linear: it is the sum
    of x's entries j times max(0, 1 - |u - j|), where u beyond the ends counts as at the end; along each axis in turn.

    Shapes: (N, H, W, C) to (N, s H, s W, C); (N, T, D) to (N, s T, D). backward: dx is the sum of g over the entries of
    y that x went into, each times its factor there.

    Args:
        scale_factor: s, a whole number, or one for each axis. mode: nearest, or linear for sequences, which for images
            is called bilinear (PyTorch's with align_corners=False).

    Raises ValueError for another mode, or another number of axes.
    """

    flops_per_entry = property(lambda self: FLOPS[self.mode])

    def __init__(self, scale_factor, mode="nearest"):
        if mode not in FLOPS:
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
            x = x.repeat(s, axis) if self.mode == "nearest" else along(matrix(x.shape[axis], s, x.dtype), x, axis)
        return x

    def backward(self, g):
        for axis, s in enumerate(self.factors(self.shape[1:]), start=1):
            n = self.shape[axis]
            if self.mode == "nearest":
                g = g.reshape(*g.shape[:axis], n, s, *g.shape[axis + 1 :]).sum(axis=axis + 1)
            else:
                g = along(matrix(n, s, g.dtype).T, g, axis)
        return g


def matrix(n, s, dtype):
    """M (s n, n) of linear interpolation."""
    u = np.clip((np.arange(s * n) + 0.5) / s - 0.5, 0, n - 1)
    return np.maximum(0, 1 - np.abs(u[:, None] - np.arange(n))).astype(dtype)


def along(M, x, axis):
    """M times x along one of x's axes."""
    lines = x.reshape(prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))
    return (M @ lines).reshape(*x.shape[:axis], len(M), *x.shape[axis + 1 :])
