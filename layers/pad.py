"""Pad: a frame of zeros, or of another number."""

import numpy as np

from .arguments import finite, whole_numbers
from .guards import batch
from .layer import Layer


class Pad(Layer):
    """y = x with entries of `value` added at the ends of the axes between the batch and the channels.

    Shapes: (N, H, W, C) to (N, H + 2 padding, W + 2 padding, C), and likewise (N, T, D). backward: dx = g within.

    Args:
        padding: how many entries: a number for every end; or for each axis a number for both its ends, or a pair
            (before, after). value: what they are.

    Raises ValueError for another number of axes.
    """

    flops_per_entry = 0

    def __init__(self, padding, value=0.0):
        self._each = isinstance(padding, (tuple, list))  # whether each axis has its own
        self._pads = [
            whole_numbers("padding", ends, least=0, count=2) for ends in (padding if self._each else [padding])
        ]
        self.padding, self.value = padding, finite("value", value)

    def output_shape(self, input_shape):
        sizes = [n + before + after for n, (before, after) in zip(input_shape, self.pads(input_shape), strict=False)]
        return (*sizes, input_shape[-1])

    def pads(self, input_shape):
        """(before, after) for each axis between the batch and the channels."""
        axes = len(input_shape) - 1
        pads = self._pads if self._each else self._pads * axes
        if axes < 1 or len(pads) != axes:
            between = f"{len(pads)} axes" if self._each else "an axis or more"
            advice = ": a pair for each axis is [[1, 1], [1, 1]]" if self._each and len(pads) > axes else ""
            raise ValueError(f"{self.label} expected {between} between N and C, got {batch(input_shape)}{advice}")
        return pads

    def forward(self, x):
        pads = self.pads(x.shape[1:])
        self.inside = (slice(None), *(slice(a, a + n) for (a, _), n in zip(pads, x.shape[1:], strict=False)))
        y = np.full((len(x), *self.output_shape(x.shape[1:])), self.value, x.dtype)
        y[self.inside] = x
        return y

    def backward(self, g):
        return g[self.inside].copy()
