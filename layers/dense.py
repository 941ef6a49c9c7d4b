"""Dense: the linear layer of the slides."""

import numpy as np

from .arguments import flag, positive_int
from .guards import batch
from .initializers import initializer
from .layer import Layer
from .sums import sum_rows


class Dense(Layer):
    """y = W x + b for each example, which for a batch of rows is x @ W.T + b.

    Shapes: x (N, D) to y (N, M), or (N, T, D) to (N, T, M), with W (M, D) and b (M,).

    backward: dx = g @ W, the Jacobian W transposed, times g, row by row.
    update: dW = g.T @ x and db = the sum of g over the rows.

    Args:
        out_features: M. bias: whether there is a b. init: how W starts, a name from layers.initializers; b starts at 0.
        in_features: D, known from the input if not given.

    Raises ValueError where the last axis of x is not D, or x is an image.

    Source: slides "Module definition: dense module" and "Example" (Linear).
    """

    flops_per_entry = property(lambda self: 2 * self.params["W"].shape[1])

    def __init__(self, out_features, bias=True, init="glorot_uniform", in_features=None):
        self.out_features = positive_int("out_features", out_features)
        self.bias = flag("bias", bias)
        self.init = init
        self.in_features = in_features if in_features is None else positive_int("in_features", in_features)
        initializer(init)

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = self.output_shape(input_shape)
        self.params["W"] = initializer(self.init)(rng, (self.out_features, input_shape[-1]))
        if self.bias:
            self.params["b"] = np.zeros(self.out_features)
        return output_shape

    def output_shape(self, input_shape):
        if len(input_shape) > 2:
            raise ValueError(
                f"{self.label} expected rows, (N, D) or (N, T, D), got {batch(input_shape)}: add Flatten()"
            )
        features = self.params["W"].shape[1] if "W" in self.params else self.in_features
        if not input_shape or features not in (None, input_shape[-1]):
            raise ValueError(f"{self.label} expected x of shape (N, {features or 'D'}), got {batch(input_shape)}")
        return (*input_shape[:-1], self.out_features)

    def forward(self, x):
        self.x = x  # (N, D)
        y = x @ self.params["W"].T  # (N, M)
        if self.bias:
            y += self.params["b"]
        return y

    def backward(self, g, input_gradient=True):
        self.g = g  # (N, M)
        return g @ self.params["W"] if input_gradient else None  # (N, D)

    def update(self):
        x = self.x.reshape(-1, self.x.shape[-1])  # (R, D): the rows of all examples, R = N or N T
        g = self.g.reshape(-1, self.out_features)  # (R, M)
        np.dot(g.T, x, out=self.grads["W"])
        if self.bias:
            sum_rows(g, out=self.grads["b"])
