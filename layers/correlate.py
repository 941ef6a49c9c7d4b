"""The correlation of which convolutions are made, and its two adjoints: products of matrices.

    correlate:  y[n, i, o]  = sum over k, c of x[n, s i + d k - p, c] W[o, k, c]
    adjoint_W:  dW[o, k, c] = sum over n, i of g[n, i, o] x[n, s i + d k - p, c]
    adjoint_x:  dx[n, u, c] = the sum of W[o, k, c] g[n, i, o] over o and all i, k with s i + d k - p = u

i, k and u count along one axis or several; s is the stride, d the dilation, p the padding; outside of x there are
zeros. y is linear in x and in W, and its gradients, for g = dl/dy, are the adjoints of the two linear maps. With
groups, each group of output channels sees its own group of input channels only, and c counts within it.

The windows of x are laid out as the rows of a matrix (im2col), here those of 2x2 in an image of 3x3:

    a b c      a b d e
    d e f      b c e f      y = rows @ W, with the kernel as a column for each o
    g h i      d e g h
               e f h i

They hold an entry as often as windows overlap, so they are made in parts that fit into a processor's cache: as many
examples at a time as do, or some lines of a large one.

adjoint_x gathers where it could scatter. Entries of dx whose u + p leave the same remainder when divided by s meet the
same entries of the kernel, and as u runs by s, i runs by 1. So dx falls into s interleaved parts along each axis, and
each of them is a correlation of g, stride 1, with those entries of W turned around and the channels exchanged.
"""

from itertools import product
from math import gcd, prod
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

PART = 1 << 18  # entries of the rows that are made at a time: 1 MiB in float32


class Geometry(NamedTuple):
    """How windows lie; each but groups has an entry for each axis that they move along."""

    stride: tuple
    padding: tuple  # (zeros before, zeros after); below 0, entries to cut away
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
    """dx (N, *size, C) of g = dl/dy and W."""
    dx = np.zeros((len(g), *size, W.shape[-1] * geometry.groups), g.dtype)
    befores = [before for before, _ in geometry.padding]
    axes = zip(g.shape[1:-1], size, W.shape[1:-1], geometry.stride, befores, geometry.dilation, strict=True)
    W, ones = exchange(W, geometry.groups), (1,) * len(size)
    for parts in product(*(interleaved(*axis) for axis in axes)):
        places, taps, padding, dilation = zip(*parts, strict=True)
        part = Geometry(ones, padding, dilation, geometry.groups)
        dx[(slice(None), *places)] = correlate(g, W[(slice(None), *taps)], part)
    return dx


def interleaved(n, size, K, s, p, d):
    """The parts of dx along one axis: (its places, its entries of the kernel turned around, padding, dilation) of each.

    For n entries of g, size of dx, K of the kernel. A part begins at u, where g[i] meets W[k], g[i - q d / s] meets
    W[k + q], and so on: backwards, which is why the kernel is turned around. Places that no window sees stay 0.
    """
    q = s // gcd(s, d)  # the least for which q d is a multiple of s
    for u in range(min(s, size)):
        k = next((k for k in range(min(q, K)) if (u + p - d * k) % s == 0), None)
        if k is not None:
            i, last = (u + p - d * k) // s, k + (K - 1 - k) // q * q  # W[last] is the last that the part meets
            count = -((u - size) // s)  # of the part's entries
            padding = ((last - k) * d // s - i, i + count - n)
            yield slice(u, None, s), slice(last, None, -q), padding, q * d // s


def adjoint_W(g, x, geometry, kernel):
    """dW (O, *kernel, C / groups) of g = dl/dy and x: each window times the g that it led to, added up in float64."""
    windows = windows_of(x, kernel, geometry)
    channels, groups = g.shape[-1], geometry.groups
    dW = np.zeros((groups, channels // groups, prod(kernel) * x.shape[-1] // groups))
    for part, rows in in_parts(windows, groups):
        dW += by_group(g[part], groups).swapaxes(1, 2) @ rows
    return dW.reshape(channels, *kernel, -1)


def exchange(W, groups):
    """W (O, *kernel, C / groups) with its channels exchanged: (C, *kernel, O / groups)."""
    W = W.reshape(groups, -1, *W.shape[1:]).swapaxes(1, -1)
    return W.reshape(-1, *W.shape[2:])


def windows_of(x, kernel, geometry):
    """A view (N, *out, *kernel, C) of all windows of x, or of a copy with its padding around."""
    axes = tuple(range(1, x.ndim - 1))
    if np.any(geometry.padding):
        x = padded(x, geometry.padding)
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


def padded(x, padding):
    """x with (before, after) zeros along each axis between batch and channels; below 0, entries are cut away."""
    sizes = [n + sum(pads) for n, pads in zip(x.shape[1:-1], padding, strict=True)]
    pairs = [overlap(n, before, 1, size) for n, (before, _), size in zip(x.shape[1:-1], padding, sizes, strict=True)]
    taken, places = zip(*pairs, strict=True)
    out = np.zeros((len(x), *sizes, x.shape[-1]), x.dtype)
    out[(slice(None), *places)] = x[(slice(None), *taken)]
    return out


def overlap(length, start, step, size):
    """(slice, slice): those of `length` entries that land within 0 to `size`, entry i at start + step i, and where."""
    first = max(0, -(start // step))
    last = max(first, min(length, -((start - size) // step)))
    return slice(first, last), slice(start + step * first, start + step * last, step)
