"""Residual and Parallel: a value that takes two ways or more, which meet again."""

import numpy as np

from .graph import Graph
from .guards import batch
from .merge import Add, Concat
from .sequential import Sequential

MERGES = {"concat": Concat, "sum": Add}


class Residual(Sequential):
    """y = x + f(x), with f the layers one after the other.

    Shapes: any that f keeps. backward: dx = g + f's dx, so a gradient always has a way past the layers.
    update: every layer's own.

    A branch that changes the shape needs another way for x: Parallel(f, Dense(...), merge="sum").

    Raises ValueError where f changes the shape.

    Source: He et al., "Deep residual learning for image recognition", 2016, equation 1.
    """

    flops_per_entry = 1  # x is added

    def build(self, input_shape, rng=0, dtype=np.float32):
        return self._kept(input_shape, super().build(input_shape, rng, dtype))

    def output_shape(self, input_shape):
        return self._kept(input_shape, super().output_shape(input_shape))

    def forward(self, x):
        return x + super().forward(x)

    def backward(self, g, input_gradient=True):
        dx = super().backward(g, input_gradient)
        return g + dx if input_gradient else None

    def _kept(self, input_shape, output_shape):
        if output_shape != input_shape:
            shapes = f"{batch(input_shape)}, got {batch(output_shape)}"
            raise ValueError(f"{self.label} adds x to the output, and expected its shape {shapes}")
        return output_shape


class Parallel(Graph):
    """y = the layers' outputs f_1(x), ..., f_n(x), all for the same x, concatenated along the last axis or summed.

    Shapes: x as every layer takes it; outputs alike but for the last axis ("concat"), or of one shape ("sum").

    backward: dx = the sum of the layers' dx. update: every layer's own.

    Args:
        layers: two or more. merge: "concat" or "sum".

    Raises ValueError for outputs that cannot be merged.
    """

    place_word = "layer"

    def __init__(self, *layers, merge="concat"):
        if not isinstance(merge, str) or merge not in MERGES:
            raise ValueError(f"merge expected 'concat' or 'sum', got {merge!r}")
        if len(layers) < 2:
            raise ValueError(f"Parallel expected two layers or more, got {len(layers)}")
        self.merge = merge
        branches = {str(place): ("x", layer) for place, layer in enumerate(layers)}
        super().__init__("x", {**branches, merge: (list(branches), MERGES[merge]())}, merge)

    layers = property(lambda self: self.children[:-1])  # without the one that merges
