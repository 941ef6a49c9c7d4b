"""Global pools: one number for each channel of an image or a sequence."""

from math import prod

import numpy as np

from .guards import batch
from .layer import Layer


class GlobalPool(Layer):
    """What both share: an example's axes before the channels are pooled together."""

    flops_per_entry = property(lambda self: prod(self.input_shape[:-1]))

    def output_shape(self, input_shape):
        if len(input_shape) < 2:
            raise ValueError(
                f"{self.label} expected images (N, H, W, C) or sequences (N, T, C), got {batch(input_shape)}"
            )
        return input_shape[-1:]


class GlobalAvgPool(GlobalPool):
    """y_c = the mean of x over all axes between the batch and the channels.

    Shapes: (N, H, W, C) or (N, T, C) to (N, C). backward: dx = g / (H W) at every place.

    Raises ValueError for rows, (N, C), which have nothing to pool.

    Source: Lin, Chen & Yan, "Network in network", 2014.
    """

    def forward(self, x):
        self.shape = x.shape  # (N, H, W, C)
        return x.mean(axis=tuple(range(1, x.ndim - 1)), dtype=np.float64).astype(x.dtype)

    def backward(self, g):
        places = prod(self.shape[1:-1])
        g = g.reshape(len(g), *(1,) * (len(self.shape) - 2), g.shape[-1])  # (N, 1, 1, C)
        return np.broadcast_to(g / places, self.shape).copy()


class GlobalMaxPool(GlobalPool):
    """y_c = the maximum of x over all axes between the batch and the channels.

    Shapes: (N, H, W, C) or (N, T, C) to (N, C). backward: dx = g at the maximum, the first of equal ones, else 0.

    Raises ValueError for rows, (N, C), which have nothing to pool.
    """

    def forward(self, x):
        self.shape = x.shape  # (N, H, W, C)
        x = x.reshape(len(x), prod(x.shape[1:-1]), x.shape[-1])  # (N, H W, C)
        self.place = x.argmax(axis=1)[:, None]  # (N, 1, C)
        return np.take_along_axis(x, self.place, axis=1)[:, 0]

    def backward(self, g):
        dx = np.zeros((len(g), prod(self.shape[1:-1]), self.shape[-1]), g.dtype)  # (N, H W, C)
        np.put_along_axis(dx, self.place, g[:, None], axis=1)
        return dx.reshape(self.shape)
