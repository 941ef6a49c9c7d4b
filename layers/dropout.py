"""Dropout: noise that no unit can rely on."""

import numpy as np

from .arguments import probability
from .guards import batch
from .layer import Layer


class Dropout(Layer):
    """y = x m / (1 - p) in training, where each entry of m is 0 with probability p and else 1; y = x in evaluation.

    Shapes: any, kept. The mean of y is x, so evaluation needs no factor. m is drawn from the layer's own generator.

    backward: dx = g m / (1 - p) with the m of the last forward; dx = g after a forward in evaluation.

    Args:
        p: the probability with which an entry is dropped, from 0 to 1.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014 (there p is the
    probability of keeping).
    """

    def __init__(self, p=0.5):
        self.p = probability("p", p)

    def forward(self, x):
        if not self.training or self.p == 0:
            self.m = None
            return x
        dtype = np.float64 if x.dtype == np.float64 else np.float32
        kept = self.rng.random(self.mask_shape(x.shape), dtype) >= self.p
        self.m = kept * x.dtype.type(0 if self.p == 1 else 1 / (1 - self.p))  # scaled mask, in x's dtype
        return x * self.m

    def backward(self, g):
        return g if self.m is None else g * self.m

    def mask_shape(self, shape):
        """The shape of m: a draw for each entry."""
        return shape


class SpatialDropout(Dropout):
    """y = x m / (1 - p) in training, with one entry of m for each channel of an example; y = x in evaluation.

    Shapes: (N, H, W, C) or (N, T, C), kept, with m (N, 1, 1, C) or (N, 1, C). Neighbours in an image or a sequence say
    much the same, so that an entry dropped alone is made up for by those beside it: whole channels are dropped.

    backward: dx = g m / (1 - p) with the m of the last forward; dx = g after a forward in evaluation.

    Args:
        p: the probability with which a channel is dropped, from 0 to 1.

    Raises ValueError for rows, (N, C), which have no space.

    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015, section 3.2.
    """

    def output_shape(self, input_shape):
        if len(input_shape) < 2:
            raise ValueError(
                f"{self.label} expected images (N, H, W, C) or sequences (N, T, C), got {batch(input_shape)}"
            )
        return input_shape

    def mask_shape(self, shape):
        return (shape[0], *(1,) * (len(shape) - 2), shape[-1])
