"""Pools: windows that keep their maximum, or their mean."""

from functools import reduce
from itertools import product
from math import prod

import numpy as np

from .arguments import flag, whole_numbers
from .correlate import overlap
from .windows import Windows


class Pool(Windows):
    """What all pools share: where their windows lie, and the two passes over the windows' entries."""

    flops_per_entry = property(lambda self: prod(self._kernel))

    def set_windows(self, kernel_size, stride, padding, dilation, ceil_mode):
        whole_numbers("padding", padding, least=0, count=self.axes)  # which refuses "same"
        super().set_windows(kernel_size, kernel_size if stride is None else stride, padding, dilation)
        self.stride, self.ceil_mode = stride, flag("ceil_mode", ceil_mode)
        for span, (before, _) in zip(self._spans, self._padding, strict=True):
            if 2 * before > span:
                raise ValueError(f"padding expected at most half a window of {span}, got {padding!r}")

    def output_shape(self, input_shape):
        return (*self.window_counts(input_shape), input_shape[-1])

    def taps(self, x, y):
        """For each place in a window, in order: (the windows whose entry there lies within x, those entries of x).

        Both are indices: y[windows] and x[entries] have the same shape. Padding lies outside of x and is never met.
        """
        axes = zip(self._kernel, self._dilation, self._padding, self._stride, y.shape[1:], x.shape[1:], strict=False)
        along = [
            [overlap(count, d * k - before, step, size) for k in range(kernel)]
            for kernel, d, (before, _), step, count, size in axes
        ]
        for pairs in product(*along):
            windows, entries = zip(*pairs, strict=True)
            yield (slice(None), *windows), (slice(None), *entries)


class MaxPool(Pool):
    """What MaxPool1d and MaxPool2d share: everything but the number of axes."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        self.set_windows(kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, x):
        self.x = x  # (N, H, W, C)
        self.y = np.full((len(x), *self.output_shape(x.shape[1:])), -np.inf, x.dtype)  # (N, H', W', C)
        for windows, entries in self.taps(x, self.y):
            np.maximum(self.y[windows], x[entries], out=self.y[windows])
        return self.y

    def backward(self, g):
        dx = np.zeros(self.x.shape, self.x.dtype)
        free = np.ones(self.y.shape, bool)  # the windows whose maximum is not met yet
        for windows, entries in self.taps(dx, self.y):
            first = (self.x[entries] == self.y[windows]) & free[windows]
            free[windows] &= ~first
            dx[entries] += g[windows] * first
        return dx


class AvgPool(Pool):
    """What AvgPool1d and AvgPool2d share: everything but the number of axes."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        self.set_windows(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = flag("count_include_pad", count_include_pad)

    def forward(self, x):
        self.shape = x.shape  # (N, H, W, C)
        y = np.zeros((len(x), *self.output_shape(x.shape[1:])), x.dtype)  # (N, H', W', C)
        for windows, entries in self.taps(x, y):
            y[windows] += x[entries]
        self.counts = self.count(x, y)
        y /= self.counts
        return y

    def backward(self, g):
        dx, g = np.zeros(self.shape, g.dtype), g / self.counts
        for windows, entries in self.taps(dx, g):
            dx[entries] += g[windows]
        return dx

    def count(self, x, y):
        """How many entries each window is the mean of: (H', W', 1)."""
        along = []
        axes = zip(self._kernel, self._padding, self._stride, y.shape[1:], x.shape[1:], strict=False)
        for kernel, (before, after), step, count, size in axes:
            starts = step * np.arange(count) - before
            low, high = (-before, size + after) if self.count_include_pad else (0, size)
            along.append(np.minimum(starts + kernel, high) - np.maximum(starts, low))
        return reduce(np.multiply.outer, along)[..., None].astype(x.dtype)


class MaxPool1d(MaxPool):
    """y[i, c] = max over k of x[s i + d k - p, c].

    Shapes: x (N, T, C) to y (N, T', C). backward, arguments, errors: as in MaxPool2d, with one axis.
    """

    axes = 1


class MaxPool2d(MaxPool):
    """y[i, j, c] = max over k, l of x[s i + d k - p, s j + d l - p, c].

    s is the stride, d the dilation, p the padding, which is never the maximum.

    Shapes: x (N, H, W, C) to y (N, H', W', C), with H' = (H + 2 p - d (KH - 1) - 1) // s + 1, one more where ceil_mode
    adds a window; W' likewise. A window that dilation lets see nothing but padding gives -inf.

    backward: dx is at each entry the sum of g over the windows that it is the maximum of. Of equal entries the first of
    a window counts, row by row, as in PyTorch.

    Args:
        kernel_size, stride, padding, dilation: a number, or one for each axis. stride is kernel_size unless given.
        ceil_mode: whether a last window may reach beyond the end of the image, if it begins before.

    Raises ValueError for a window larger than the padded image, and padding of more than half a window.

    Source: Boureau et al., "A theoretical analysis of feature pooling in visual recognition", 2010.
    """


class AvgPool1d(AvgPool):
    """y[i, c] = the mean over k of x[s i + k - p, c].

    Shapes: x (N, T, C) to y (N, T', C). backward, arguments, errors: as in AvgPool2d, with one axis.
    """

    axes = 1


class AvgPool2d(AvgPool):
    """y[i, j, c] = the mean over k, l of x[s i + k - p, s j + l - p, c].

    s is the stride, p the padding, with zeros.

    Shapes: x (N, H, W, C) to y (N, H', W', C), with H' = (H + 2 p - KH) // s + 1, one more where ceil_mode adds a
    window; W' likewise.

    backward: dx is at each entry the sum of g over the windows that hold it, each divided by the number of its entries.

    Args:
        kernel_size, stride, padding: a number, or one for each axis. stride is kernel_size unless given.
        ceil_mode: whether a last window may reach beyond the end of the image, if it begins before.
        count_include_pad: whether the padding's zeros count in the mean. What lies beyond them never does.

    Raises ValueError for a window larger than the padded image, and padding of more than half a window.

    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998 (subsampling).
    """
