"""Mean and variance over parts of an array, right to float32's last digits at any offset and length; their gradient."""

import numpy as np

from .sums import sum_rows

WIDTH = 1024  # entries of a row above which NumPy's broadcasting costs no more than the arithmetic


class Cut:
    """How an array is cut into sets of entries, each of which has a mean and a variance of its own.

    The array is seen as (A, R, C): A blocks of R rows of C channels. A block has `groups` sets, each of all its rows in
    C / groups neighbouring channels:

        BatchNorm     A = 1, R = N H W, C groups        LayerNorm, RMSNorm    A = N T, R = 1, 1 group
        InstanceNorm  A = N, R = H W, C groups          GroupNorm             A = N, R = H W, num_groups groups

    Inside, short rows are laid side by side, k at a time: shape is (A, R / k, k C).
    """

    def __init__(self, blocks, rows, channels, groups):
        k = 1
        while rows % (2 * k) == 0 and 2 * k * channels <= WIDTH:
            k *= 2
        self.groups = groups
        self.shape = blocks, rows // k, k * channels
        self.parts = blocks, k, groups, channels // groups  # the blocks, and what a row is made of
        self.size = rows * channels // groups  # of a set

    def mean(self, x):
        """The mean of each set of x, within 1e-6 over long axes (see sums.py), in x's dtype: (A, groups)."""
        blocks, _, row = self.shape
        if self.groups == 1:
            sums = sum_rows(x.reshape(blocks, self.size).T, out=np.empty(blocks))[:, None]
        else:
            sums = sum_rows(x.reshape(self.shape), out=np.empty((blocks, row))).reshape(self.parts).sum(axis=(1, 3))
        return (sums / self.size).astype(x.dtype)

    def over_sets(self, values):
        """A value for each set, (A, groups), as an array that broadcasts against (A, R / k, k C)."""
        if self.groups == 1:
            return values[:, :, None]
        return np.broadcast_to(values[:, None, :, None], self.parts).reshape(self.shape[0], 1, self.shape[2])

    def over_channels(self, values):
        """A value for each channel, (C,), likewise."""
        return np.tile(values.reshape(-1), self.parts[1])


def normalize(x, cut, eps):
    """xhat = (x - mean) / sqrt(var + eps) in x's shape; and 1 / sqrt(var + eps), mean, var of each set: (A, groups).

    In float32 a mean near a million is rounded to a sixteenth. What is left after subtracting it has a mean too, which
    is right to the last digits, as these numbers are small, and is subtracted in turn.
    """
    near = cut.mean(x)
    xhat = x.reshape(cut.shape) - cut.over_sets(near)
    off = cut.mean(xhat)
    xhat -= cut.over_sets(off)
    var = cut.mean(np.square(xhat))
    inv_std = 1 / np.sqrt(var + eps)
    xhat *= cut.over_sets(inv_std)
    return xhat.reshape(x.shape), inv_std, near + off, var


def normalize_backward(dxhat, xhat, inv_std, cut):
    """dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps), as mean and var depend on x too."""
    shape, dxhat, xhat = xhat.shape, dxhat.reshape(cut.shape), xhat.reshape(cut.shape)
    dx = xhat * cut.over_sets(-cut.mean(dxhat * xhat))
    dx += dxhat
    dx -= cut.over_sets(cut.mean(dxhat))
    dx *= cut.over_sets(inv_std)
    return dx.reshape(shape)


def scale_and_shift(xhat, cut, gamma=None, beta=None):
    """gamma xhat + beta, channel by channel, in xhat's shape; xhat itself without gamma."""
    if gamma is None:
        return xhat
    y = xhat.reshape(cut.shape) * cut.over_channels(gamma)
    if beta is not None:
        y += cut.over_channels(beta)
    return y.reshape(xhat.shape)
