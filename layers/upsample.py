"""Upsample: a larger image with what the smaller one shows."""

from math import prod

import numpy as np

from .arguments import whole_numbers
from .guards import batch
from .layer import Layer

FLOPS = {"nearest": 0, "linear": 3, "bilinear": 7}  # products and sums for each entry of y
AXES = {"linear": 1, "bilinear": 2}  # that the mode is for; nearest is for any number


class Upsample(Layer):
    """y = M x along each axis between the batch and the channels, with M (s H, H) for an axis of H entries.

    Row i of M holds the weights of x's entries in y's entry i, whose middle is at u = (i + 1/2) / s - 1/2 in x.
    nearest: 1 for entry i // s. linear: max(0, 1 - |u - j|) for entry j, where u beyond the ends counts as at the end.

    Shapes: (N, H, W, C) to (N, s H, s W, C); (N, T, D) to (N, s T, D). backward: dx = M^T g along each axis.

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
        axes = AXES.get(self.mode, len(self._factors) if self._each else max(1, len(input_shape) - 1))
        if len(input_shape) != axes + 1:
            raise ValueError(f"{self.label} expected {axes} axes between N and C, got {batch(input_shape)}")
        factors = self._factors if self._each else self._factors * axes
        return (*(s * n for s, n in zip(factors, input_shape, strict=False)), input_shape[-1])

    def forward(self, x):
        sizes = zip(self.output_shape(x.shape[1:])[:-1], x.shape[1:], strict=False)
        self.weights = [self.matrix(new, old).astype(x.dtype) for new, old in sizes]
        for axis, M in enumerate(self.weights, start=1):
            x = along(M, x, axis)
        return x

    def backward(self, g):
        for axis, M in enumerate(self.weights, start=1):
            g = along(M.T, g, axis)
        return g

    def matrix(self, new, old):
        """M (new, old)."""
        if self.mode == "nearest":
            return np.repeat(np.eye(old), new // old, axis=0)
        middles = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        return np.maximum(0, 1 - np.abs(middles[:, None] - np.arange(old)))


def along(M, x, axis):
    """M times x along one of x's axes."""
    lines = x.reshape(prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))
    return (M @ lines).reshape(*x.shape[:axis], len(M), *x.shape[axis + 1 :])
