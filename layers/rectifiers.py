"""Rectifiers: y = x where x > 0, and something else below, entry by entry."""

import numpy as np

from .arguments import finite, not_zero, positive_int
from .guards import batch
from .layer import Layer
from .sums import sum_rows


class ReLU(Layer):
    """y = max(x, 0). Shapes: any, kept. backward: dx = g where x > 0, else 0; so the derivative at 0 is 0.

    Source: slide "Examples of derivatives".
    """

    def forward(self, x):
        self.y = np.maximum(x, 0)
        return self.y

    def backward(self, g):
        return g * (self.y > 0)


class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope x.

    Shapes: any, kept. backward: dx = g where x > 0, else negative_slope g, at 0 too.

    Source: Maas et al., "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """

    def __init__(self, negative_slope=0.01):
        self.negative_slope = finite("negative_slope", negative_slope)

    def forward(self, x):
        self.slope = np.where(x > 0, x.dtype.type(1), x.dtype.type(self.negative_slope))
        return x * self.slope

    def backward(self, g):
        return g * self.slope


class PReLU(Layer):
    """y = x where x > 0, else a x, with learnt slopes a: one for all entries, or one for each entry of the last axis.

    Shapes: any, kept; a (num_parameters,).

    backward: dx = g where x > 0, else g a, at 0 too.
    update: da = the sum of g x over the entries with x <= 0.

    Args:
        num_parameters: 1, or the length of the last axis. init: what every a starts at.

    Raises ValueError where num_parameters is neither 1 nor that length.

    Source: He et al., "Delving deep into rectifiers", 2015, equations 1 and 8. Its advice: no weight decay for a.
    """

    def __init__(self, num_parameters=1, init=0.25):
        self.num_parameters, self.init = positive_int("num_parameters", num_parameters), finite("init", init)

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["a"] = np.full(self.num_parameters, self.init)
        return self.output_shape(input_shape)

    def output_shape(self, input_shape):
        if self.num_parameters not in (1, *input_shape[-1:]):
            raise ValueError(
                f"{self.label} expected x of shape (N, ..., {self.num_parameters}), got {batch(input_shape)}"
            )
        return input_shape

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, x * self.params["a"])

    def backward(self, g):
        self.g = g
        return np.where(self.x > 0, g, g * self.params["a"])

    def update(self):
        terms = np.where(self.x > 0, 0, self.g * self.x)  # (..., D)
        sum_rows(terms.reshape(-1, self.num_parameters), out=self.grads["a"])


class ELU(Layer):
    """y = x where x > 0, else alpha (exp(x) - 1).

    Shapes: any, kept. backward: dx = g where x > 0, else g alpha exp(x); so the derivative at 0 is alpha.

    Source: Clevert et al., "Fast and accurate deep network learning by exponential linear units (ELUs)", 2016,
    equation 16.
    """

    scale = 1.0  # of all of y
    rate = 1.0  # of x in the exponent

    def __init__(self, alpha=1.0):
        self.alpha = finite("alpha", alpha)

    def forward(self, x):
        self.above, below = x > 0, np.minimum(x, 0) * self.rate
        self.slope = np.where(self.above, 1, self.alpha * self.rate * np.exp(below)) * self.scale
        return np.where(self.above, x, self.alpha * np.expm1(below)) * self.scale

    def backward(self, g):
        return g * self.slope


class SELU(ELU):
    """y = s x where x > 0, else s alpha (exp(x) - 1), with the constants that keep mean 0 and variance 1.

    Shapes: any, kept. backward: dx = g s where x > 0, else g s alpha exp(x), at 0 too. s = 1.0507..., alpha = 1.6732...

    Source: Klambauer et al., "Self-normalizing neural networks", 2017, equation 2 and its constants. Weights should
    start as "lecun_normal".
    """

    scale = 1.0507009873554805

    def __init__(self):
        super().__init__(alpha=1.6732632423543772)


class CELU(ELU):
    """y = x where x > 0, else alpha (exp(x / alpha) - 1), whose derivative has no jump for any alpha.

    Shapes: any, kept. backward: dx = g where x > 0, else g exp(x / alpha); the derivative at 0 is 1.

    Raises ValueError for alpha 0.

    Source: Barron, "Continuously differentiable exponential linear units", 2017, equation 2.
    """

    def __init__(self, alpha=1.0):
        super().__init__(not_zero("alpha", alpha))
        self.rate = 1 / self.alpha
