"""Layers that normalize the channels of each example over its space: one by one, or a group together."""

from math import prod

from .arguments import flag, positive_int
from .guards import batch
from .moments import Cut
from .norm import Normalization, checked_eps


class GroupNorm(Normalization):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, with the mean and variance of each group of neighbouring channels.

    Shapes: (N, ..., C), kept, with gamma (C,), which starts at 1, and beta (C,), which starts at 0. Each example has
    num_groups groups, of C / num_groups channels at all places.

    backward: dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps) with dxhat = g gamma.
    update: dgamma = the sum of g xhat over examples and places, dbeta = the sum of g.

    Args:
        num_groups: how many groups; 1 takes all channels together.
        eps: from 0 to below 1; keeps a group of equal numbers from a division by 0.
        affine: whether there are gamma and beta. num_channels: C, known from the input if not given.

    A group of one entry, as in rows with C groups, gives y = beta.

    Raises ValueError where the channels cannot be divided into num_groups groups of one size.

    Source: Wu & He, "Group normalization", 2018, equations 1, 2, 6 and 7.
    """

    given = property(lambda self: () if self.num_channels is None else (self.num_channels,))

    def __init__(self, num_groups, eps=1e-5, affine=True, num_channels=None):
        self.num_groups, self.eps = positive_int("num_groups", num_groups), checked_eps(eps, "num_channels")
        self.affine = flag("affine", affine)
        self.num_channels = num_channels if num_channels is None else positive_int("num_channels", num_channels)
        if self.num_channels is not None and self.num_channels % self.num_groups:
            raise ValueError(f"num_channels expected a multiple of num_groups {num_groups}, got {num_channels}")

    def output_shape(self, input_shape):
        super().output_shape(input_shape)
        if input_shape[-1] % self.num_groups:
            raise ValueError(
                f"{self.label} expected channels that make {self.num_groups} groups, got {batch(input_shape)}"
            )
        return input_shape

    def cut_of(self, shape):
        return Cut(shape[0], prod(shape[1:-1]), shape[-1], self.num_groups)


class InstanceNorm(Normalization):
    """y = (x - mean) / sqrt(var + eps), with the mean and variance of each channel of each example over its places.

    Shapes: (N, H, W, C) or (N, T, C), kept. With affine, y is multiplied by gamma (C,), which starts at 1, and beta
    (C,), which starts at 0, is added.

    backward: dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps) with dxhat = g, or g gamma.
    update: dgamma = the sum of g xhat over examples and places, dbeta = the sum of g.

    Args:
        eps: from 0 to below 1; keeps a channel of equal numbers from a division by 0.
        affine: whether there are gamma and beta. num_features: C, known from the input if not given.

    Raises ValueError where a channel has a single place, at which y would be 0 for any x.

    Source: Ulyanov et al., "Instance normalization: the missing ingredient for fast stylization", 2016, equation 3.
    """

    def __init__(self, eps=1e-5, affine=False, num_features=None):
        self.eps, self.affine = checked_eps(eps, "num_features"), flag("affine", affine)
        self.num_features = num_features if num_features is None else positive_int("num_features", num_features)

    def output_shape(self, input_shape):
        super().output_shape(input_shape)
        if prod(input_shape[:-1]) < 2:
            raise ValueError(f"{self.label} expected two places or more in a channel, got {batch(input_shape)}")
        return input_shape

    def cut_of(self, shape):
        return Cut(shape[0], prod(shape[1:-1]), shape[-1], groups=shape[-1])
