"""From several inputs to one: where the branches of a graph meet."""

from functools import reduce
from operator import mul

import numpy as np

from .guards import batch
from .layer import Layer


class Add(Layer):
    """y = x_1 + ... + x_n for a tuple of inputs.

    Shapes: all the same, kept; nothing is broadcast. backward: dx_i = g for every i.

    Raises ValueError for inputs of different shapes.

    Source: slides "Computational graph: Ex. 2" and "Ex. 3".
    """

    several_inputs = True
    flops_per_entry = property(lambda self: len(self.input_shape) - 1)

    def output_shape(self, input_shape):
        return require_same(self, input_shape)

    def forward(self, x):
        self.n = len(x)
        return sum(x[1:], start=x[0]) if self.n > 1 else x[0].copy()

    def backward(self, g):
        return (g,) * self.n


class Multiply(Layer):
    """y = x_1 * ... * x_n, entry by entry, for a tuple of inputs: gates and masks.

    Shapes: all the same, kept; nothing is broadcast. backward: dx_i = g times the product of the other inputs, which is
    right also where an input is 0.

    Raises ValueError for inputs of different shapes.
    """

    several_inputs = True
    flops_per_entry = property(lambda self: len(self.input_shape) - 1)

    def output_shape(self, input_shape):
        return require_same(self, input_shape)

    def forward(self, x):
        self.x = x
        return reduce(mul, x[1:], x[0]) if len(x) > 1 else x[0].copy()

    def backward(self, g):
        return tuple(reduce(mul, self.x[:i] + self.x[i + 1 :], g) for i in range(len(self.x)))


class Concat(Layer):
    """y = the inputs one after the other along the last axis: features, or channels.

    Shapes: (N, ..., D_1), ..., (N, ..., D_n) to (N, ..., D_1 + ... + D_n). backward: each dx_i is its part of g.

    Raises ValueError for inputs whose other axes differ.
    """

    several_inputs = True
    flops_per_entry = 0

    def output_shape(self, input_shape):
        first = input_shape[0]
        if not first or any(shape[:-1] != first[:-1] or len(shape) != len(first) for shape in input_shape):
            raise ValueError(
                f"{self.label} expected shapes that differ in the last axis only, got {batch(input_shape)}"
            )
        return (*first[:-1], sum(shape[-1] for shape in input_shape))

    def forward(self, x):
        self.stops = np.cumsum([part.shape[-1] for part in x])  # where each input ends in y
        return np.concatenate(x, axis=-1)

    def backward(self, g):
        return tuple(part.copy() for part in np.split(g, self.stops[:-1], axis=-1))


def require_same(layer, input_shape):
    """The one shape of all inputs."""
    if len(set(input_shape)) > 1:
        raise ValueError(f"{layer.label} expected inputs of one shape, got {batch(input_shape)}")
    return input_shape[0]
