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

    flops_per_entry = 2

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
        """Sets mean and std to those of x, summed in float64; a constant entry keeps std 1. Returns the layer."""
        x = np.asarray(x)
        if x.size == 0 or x.dtype.kind not in "fiub" or not np.isfinite(x).all():
            raise ValueError(f"{self.label}.fit expected finite numbers, got {x.dtype} of shape {x.shape}")
        if not self.built:
            self.build(x.shape[1:], dtype=np.float64 if x.dtype == np.float64 else np.float32)
        self.output_shape(x.shape[1:])
        x, axes = x.astype(np.result_type(x, np.float32), copy=False), tuple(range(x.ndim - 1))
        near = x.mean(axis=axes, dtype=np.float64).astype(x.dtype)  # (D,), the mean but for rounding
        d = x - near
        off = d.mean(axis=axes, dtype=np.float64)
        variance = np.square(d).mean(axis=axes, dtype=np.float64) - off * off  # nothing cancels: off is tiny
        self.state["mean"] = near + off
        self.state["std"] = np.where(x.max(axis=axes) == x.min(axis=axes), 1, np.sqrt(variance))
        return self

    def forward(self, x):
        self.std = self.state["std"].astype(x.dtype)  # a copy: fit may come between forward and backward
        return (x - self.state["mean"].astype(x.dtype, copy=False)) / self.std

    def backward(self, g):
        return g / self.std
