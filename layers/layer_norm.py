"""Layers that normalize each row by itself."""

from math import prod

import numpy as np

from .arguments import flag, whole_numbers
from .moments import Cut
from .norm import Normalization, checked_eps


class OverLastAxes(Normalization):
    """What LayerNorm and RMSNorm share: a set is a row, which is all that the last axes hold, D entries."""

    letter = "D"
    given = property(lambda self: self.normalized_shape or ())

    def __init__(self, elementwise_affine, normalized_shape):
        self.elementwise_affine = flag("elementwise_affine", elementwise_affine)
        sizes = normalized_shape
        self.normalized_shape = None if sizes is None else whole_numbers("normalized_shape", sizes)

    def cut_of(self, shape):
        size = prod(self.sizes or shape[-1:])
        return Cut(prod(shape) // size, 1, size, groups=1)


class LayerNorm(OverLastAxes):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, with the mean and variance of each row by itself.

    Shapes: (N, ..., D), kept, with gamma (D,), which starts at 1, and beta (D,), which starts at 0. With several sizes
    in normalized_shape, a row is all that the last axes hold, and gamma and beta have their shape.

    backward: dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps) with dxhat = g gamma.
    update: dgamma = the sum of g xhat over the rows, dbeta = the sum of g.

    Args:
        eps: from 0 to below 1; keeps a row of equal numbers from a division by 0.
        elementwise_affine: whether there are gamma and beta. bias: whether there is beta beside gamma.
        normalized_shape: the size of the last axis, or a list of the sizes of the last axes; unless given, the last
            axis alone, of any size.

    Raises ValueError where the last axes of x are not of normalized_shape.

    Source: Ba et al., "Layer normalization", 2016, equation 3.
    """

    learnt = property(lambda self: ("gamma", "beta")[: 1 + self.bias] if self.elementwise_affine else ())

    def __init__(self, eps=1e-5, elementwise_affine=True, bias=True, normalized_shape=None):
        super().__init__(elementwise_affine, normalized_shape)
        self.eps, self.bias = checked_eps(eps, "normalized_shape"), flag("bias", bias)


class RMSNorm(OverLastAxes):
    """y = gamma x / sqrt(mean(x^2) + eps), with the mean of each row by itself.

    Shapes: (N, ..., D), kept, with gamma (D,), which starts at 1. normalized_shape as in LayerNorm.

    backward: dx = (dxhat - xhat mean(dxhat xhat)) / sqrt(mean(x^2) + eps) with dxhat = g gamma.
    update: dgamma = the sum of g xhat over the rows.

    Args:
        eps: from 0 to below 1; keeps a row of zeros from a division by 0. Unless given it is the machine epsilon of x's
            dtype, as in PyTorch.
        elementwise_affine: whether there is gamma. normalized_shape: as in LayerNorm.

    Raises ValueError where the last axes of x are not of normalized_shape.

    Source: Zhang & Sennrich, "Root mean square layer normalization", 2019, equation 4.
    """

    learnt = property(lambda self: ("gamma",) if self.elementwise_affine else ())
    flops_per_entry = property(lambda self: 3 + len(self.learnt))  # a square, a sum, a product

    def __init__(self, eps=None, elementwise_affine=True, normalized_shape=None):
        super().__init__(elementwise_affine, normalized_shape)
        self.eps = eps if eps is None else checked_eps(eps, "normalized_shape")

    def hat(self, x):
        eps = np.finfo(x.dtype).eps if self.eps is None else self.eps
        rows = x.reshape(-1, self.cut.size)  # (N ..., D)
        self.inv_rms = 1 / np.sqrt(self.cut.mean(np.square(rows)) + eps)  # (N ..., 1)
        return (rows * self.inv_rms).reshape(x.shape)

    def hat_backward(self, dxhat):
        xhat, rows = (a.reshape(-1, self.cut.size) for a in (self.xhat, dxhat))  # (N ..., D)
        return ((rows - xhat * self.cut.mean(rows * xhat)) * self.inv_rms).reshape(dxhat.shape)
