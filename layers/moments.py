"""Mean and variance over parts of an array, exact in float32 at any offset and length, and their gradient."""

import numpy as np

from .sums import sum_rows

WIDTH = 1024  # entries of a row above which NumPy's broadcasting costs no more than the arithmetic


class Cut:
    """How an array is cut into sets of entries, each of which has a mean and a variance of its own.

    The array is seen as (A, R, C): A blocks of R rows of C channels. A block has `groups` sets, each of all its rows in
    C / groups neighbouring channels:

        BatchNorm     A = 1, R = N H W, C groups        LayerNorm, RMSNorm    A = N T, R = 1, 1 group
        InstanceNorm  A = N, R = H W, C groups          GroupNorm             A = N, R = H W, num_groups groups

    Short rows are laid side by side, k at a time: shape is (A, R / k, k C). What `mean` and `spread` return broadcasts
    against it.
    """

    def __init__(self, blocks, rows, channels, groups):
        k = 1
        while rows % (2 * k) == 0 and 2 * k * channels <= WIDTH:
            k *= 2
        self.groups = groups
        self.shape = blocks, rows // k, k * channels
        self.parts = blocks, k, groups, channels // groups  # what a row is made of
        self.size = rows * channels // groups  # of a set

    def mean(self, x):
        """The mean of each set of x, exact over long axes (see sums.py), in x's dtype: (A, 1, k C), or (A, 1, 1)."""
        blocks, _, row = self.shape
        if self.groups == 1:
            sums = sum_rows(x.reshape(blocks, self.size).T, out=np.empty(blocks))
            return (sums / self.size).astype(x.dtype).reshape(blocks, 1, 1)
        sums = sum_rows(x, out=np.empty((blocks, row))).reshape(self.parts).sum(axis=(1, 3), keepdims=True)
        means = (sums / self.size).astype(x.dtype)  # (A, 1, groups, 1)
        return np.broadcast_to(means, self.parts).reshape(blocks, 1, row)

    def spread(self, values):
        """One value for each channel as a row: (k C,)."""
        return np.tile(values.reshape(-1), self.parts[1])


def normalize(x, cut, eps):
    """xhat = (x - mean) / sqrt(var + eps), and 1 / sqrt(var + eps), mean, var, each for x of shape cut.shape.

    In float32 a mean near a million is rounded to a sixteenth. What is left after subtracting it has a mean too, which
    is exact, as these numbers are small, and is subtracted in turn.
    """
    near = cut.mean(x)  # (A, 1, k C)
    xhat = x - near  # (A, R / k, k C)
    off = cut.mean(xhat)
    xhat -= off
    var = cut.mean(np.square(xhat))
    inv_std = 1 / np.sqrt(var + eps)
    xhat *= inv_std
    return xhat, inv_std, near + off, var


def normalize_backward(dxhat, xhat, inv_std, cut):
    """dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps), as mean and var depend on x too."""
    dx = xhat * -cut.mean(dxhat * xhat)  # (A, R / k, k C)
    dx += dxhat
    dx -= cut.mean(dxhat)
    dx *= inv_std
    return dx
