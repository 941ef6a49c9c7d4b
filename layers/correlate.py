"""The correlation of which convolutions are made, and its two adjoints: one product of matrices each.

    correlate(x, W):  y[n, i, o] = sum over k, c of x[n, s i + d k - p, c] W[o, k, c]

with i and k counting along one axis or several, stride s, dilation d, padding p; outside of x there are zeros. y is
linear in x and in W, so its gradients are the adjoints of two linear maps. With groups, output channels see their own
group of input channels only, and c counts within it.

The windows of x laid out as rows (im2col) hold every entry as often as windows overlap. They are made for as many
examples at a time as fit into a processor's cache, or for a part of a large one; and the gradient with respect to x is
gathered in the same way, as a correlation of g, instead of added up entry by entry.
"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .windows import overlap

PART = 1 << 18  # entries of the rows that are made at a time: 1 MiB in float32


class Geometry(NamedTuple):
    """How windows lie; each but groups has an entry for each axis that they move along."""

    stride: tuple
    padding: tuple  # (zeros before, zeros after)
    dilation: tuple
    groups: int


def correlate(x, W, geometry):
    """y (N, *out, O) of x (N, *size, C) and W (O, *kernel, C / groups)."""
    windows = windows_of(x, W.shape[1:-1], geometry)
    y = np.empty((*windows.shape[: W.ndim - 1], len(W)), x.dtype)
    W = W.reshape(geometry.groups, len(W) // geometry.groups, -1).swapaxes(1, 2)  # (G, K C/G, O/G)
    for part, rows in in_parts(windows, geometry.groups):
        np.matmul(rows, W, out=by_group(y[part], geometry.groups))
    return y


def adjoint_x(g, W, geometry, size):
    """dx (N, *size, C) for g = dl/dy: g's entries s apart, correlated with W turned around and transposed."""
    spans = [d * (k - 1) for d, k in zip(geometry.dilation, W.shape[1:-1], strict=True)]
    starts = [span - before for span, (before, _) in zip(spans, geometry.padding, strict=True)]
    g = spread(g, [n + span for n, span in zip(size, spans, strict=True)], starts, geometry.stride)
    W = np.flip(transpose(W, geometry.groups), axis=tuple(range(1, W.ndim - 1)))
    ones = (1,) * len(size)
    return correlate(g, W, Geometry(ones, ((0, 0),) * len(size), geometry.dilation, geometry.groups))


def adjoint_W(g, x, geometry, kernel):
    """dW (O, *kernel, C / groups) for g = dl/dy: each window of x times the g that it led to, added up in float64."""
    windows = windows_of(x, kernel, geometry)
    channels, groups = g.shape[-1], geometry.groups
    dW = np.zeros((groups, channels // groups, prod(kernel) * x.shape[-1] // groups))
    for part, rows in in_parts(windows, groups):
        dW += by_group(g[part], groups).swapaxes(1, 2) @ rows
    return dW.reshape(channels, *kernel, -1)


def transpose(W, groups):
    """W (O, *kernel, C / groups) with the sides of the channels exchanged: (C, *kernel, O / groups)."""
    W = W.reshape(groups, -1, *W.shape[1:]).swapaxes(1, -1)
    return W.reshape(-1, *W.shape[2:])


def windows_of(x, kernel, geometry):
    """A view (N, *out, *kernel, C) of all windows of x, or of a copy with its padding around."""
    axes = tuple(range(1, x.ndim - 1))
    if np.any(geometry.padding):
        starts = [before for before, _ in geometry.padding]
        sizes = [n + sum(pads) for n, pads in zip(x.shape[1:-1], geometry.padding, strict=True)]
        x = spread(x, sizes, starts, (1,) * len(sizes))
    spans = [d * (k - 1) + 1 for d, k in zip(geometry.dilation, kernel, strict=True)]
    windows = np.moveaxis(sliding_window_view(x, spans, axes), x.ndim - 1, -1)
    steps = [slice(None, None, step) for step in (*geometry.stride, *geometry.dilation)]
    return windows[(slice(None), *steps)]


def in_parts(windows, groups):
    """(which windows, the same as rows (G, R, K C/G)), one part after the other: whole examples, or lines of one."""
    windows = windows.reshape(*windows.shape[:-1], groups, windows.shape[-1] // groups)  # splits the channels, no copy
    windows = np.moveaxis(windows, -2, 0)  # (G, N, *out, *kernel, C/G)
    (_, examples, lines, *rest), axes = windows.shape, (windows.ndim - 3) // 2
    line = groups * prod(rest)  # entries of the windows that lie side by side
    many, few = max(1, PART // (line * lines)), min(lines, max(1, PART // line))
    for i in range(0, examples, many):
        for j in range(0, lines, few):
            part = slice(i, i + many), slice(j, j + few)
            rows = windows[(slice(None), *part)]
            yield part, rows.reshape(groups, prod(rows.shape[1 : 2 + axes]), prod(rows.shape[2 + axes :]))


def by_group(a, groups):
    """A view (G, R, C/G) of a contiguous array (..., C)."""
    return a.reshape(-1, groups, a.shape[-1] // groups).swapaxes(0, 1)


def spread(a, sizes, starts, steps):
    """Zeros (N, *sizes, C) with a's entry i of each axis at start + step i; what would lie outside is left out."""
    spread = np.zeros((len(a), *sizes, a.shape[-1]), a.dtype)
    pairs = [overlap(*axis) for axis in zip(a.shape[1:-1], starts, steps, sizes, strict=True)]
    taken, places = zip(*pairs, strict=True)
    spread[(slice(None), *places)] = a[(slice(None), *taken)]
    return spread
