"""Standardize: input with mean 0 and standard deviation 1."""

import numpy as np

from .guards import batch
from .layer import Layer


class Standardize(Layer):
    """y = (x - mean) / std with one mean and standard deviation for each entry of the last axis.

    Shapes: (..., D), kept: the columns of a table, the channels of an image. `fit(x)` measures both once, on the
    training data; before it, y = x. They are state: saved with the model, never trained. As a layer of the model
    they cannot be forgotten when the model is used, and gradients with respect to x stay in the units of the data.

    backward: dx = g / std.
    """

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = self.output_shape(input_shape)
        self.state["mean"] = np.zeros(input_shape[-1], dtype)
        self.state["std"] = np.ones(input_shape[-1], dtype)
        return output_shape

    def output_shape(self, input_shape):
        features = len(self.state["mean"]) if "mean" in self.state else "D"
        if not input_shape or features not in ("D", input_shape[-1]):
            raise ValueError(f"{self.label} expected x of shape (N, ..., {features}), got {batch(input_shape)}")
        return input_shape

    @property
    def fitted(self):
        """Whether mean and std are others than at the start."""
        return self.built and bool(np.any(self.state["mean"] != 0) or np.any(self.state["std"] != 1))

    def fit(self, x):
        """Sets mean and std to those of x, in float64; a constant entry keeps std 1. Returns the layer."""
        if not self.built:
            self.build(x.shape[1:])
        self.output_shape(x.shape[1:])
        axes = tuple(range(x.ndim - 1))
        mean = x.mean(axis=axes, dtype=np.float64)  # (D,)
        std = np.sqrt(np.mean(np.square(x - mean), axis=axes))  # (D,)
        self.state["mean"] = mean
        self.state["std"] = np.where(std > 0, std, 1)
        return self

    def forward(self, x):
        self.std = self.state["std"].astype(x.dtype, copy=False)
        return (x - self.state["mean"].astype(x.dtype, copy=False)) / self.std

    def backward(self, g):
        return g / self.std
