"""Flatten: from images or sequences to rows."""

from math import prod

from .layer import Layer


class Flatten(Layer):
    """y = x with all axes of an example laid out in one. Shapes: (N, H, W, C) to (N, H W C); any rank.

    backward: dx = g in the shape of x. Both are views where the memory order allows it.
    """

    flops_per_entry = 0

    def output_shape(self, input_shape):
        return (prod(input_shape),)

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), prod(x.shape[1:]))

    def backward(self, g):
        return g.reshape(self.shape)
