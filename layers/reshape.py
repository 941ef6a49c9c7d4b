"""Reshape and Permute: the same entries with other axes."""

from math import prod

import numpy as np

from .arguments import whole_numbers
from .guards import batch
from .layer import Layer


class Reshape(Layer):
    """y = x with an example's entries, in their order, laid out in another shape.

    Shapes: (N, ...) to (N, *shape). backward: dx = g in the shape of x. Both are views where memory allows it.

    Args:
        shape: one example's, without the batch axis; one size may be -1, for as many as are left.

    Raises ValueError where the number of entries does not fit.
    """

    flops_per_entry = 0

    def __init__(self, shape):
        sizes = whole_numbers("shape", shape, least=-1)
        if not all(size > 0 or size == -1 for size in sizes) or sizes.count(-1) > 1:
            raise ValueError(f"shape expected sizes above 0, one of which may be -1, got {shape!r}")
        self.shape, self._sizes = shape, sizes

    def output_shape(self, input_shape):
        entries, known = prod(input_shape), prod(size for size in self._sizes if size > 0)
        if entries % known or (entries != known and -1 not in self._sizes):
            several = "a multiple of " if -1 in self._sizes else ""
            advice = ": shape is one example's, without the batch" if known > entries and known % entries == 0 else ""
            raise ValueError(
                f"{self.label} expected examples of {several}{known} entries, got {batch(input_shape)} with "
                f"{entries}{advice}"
            )
        return tuple(entries // known if size == -1 else size for size in self._sizes)

    def forward(self, x):
        self.x_shape = x.shape
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, g):
        return g.reshape(self.x_shape)


class Permute(Layer):
    """y = x with its axes in another order: axis i of y is axis dims[i] of x.

    Shapes: with dims [3, 1, 2], (N, H, W, C) to (N, C, H, W). backward: dx = g with the axes in their old order.

    Args:
        dims: the axes of x in their new order. The batch is axis 0, and stays first whether dims begins with it or
            leaves it out.

    Raises ValueError where dims does not have each axis of x once.
    """

    flops_per_entry = 0

    def __init__(self, dims):
        axes = whole_numbers("dims", dims, least=0)
        axes = axes if axes[0] == 0 else (0, *axes)
        if sorted(axes) != list(range(len(axes))):
            raise ValueError(
                f"dims expected the axes from 1 on, each once, as in [3, 1, 2] (0 is the batch), got {dims!r}"
            )
        self.dims, self._axes = dims, axes

    def output_shape(self, input_shape):
        if len(input_shape) != len(self._axes) - 1:
            raise ValueError(f"{self.label} expected x of {len(self._axes)} axes, got {batch(input_shape)}")
        return tuple(input_shape[axis - 1] for axis in self._axes[1:])

    def forward(self, x):
        return np.ascontiguousarray(x.transpose(self._axes))

    def backward(self, g):
        return np.ascontiguousarray(g.transpose(np.argsort(self._axes)))
