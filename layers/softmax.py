"""Softmax and its logarithm: activations in which the entries of the last axis depend on each other."""

import numpy as np

from .layer import Layer


class ClassAxis(Layer):
    """What Softmax and LogSoftmax share: the last axis holds the K classes."""

    def output_shape(self, input_shape):
        if not input_shape:
            raise ValueError(f"{self.label} expected x of shape (N, K), got (N,)")
        return input_shape


class Softmax(ClassAxis):
    """p_k = exp(x_k) / sum_j exp(x_j) over the last axis, which turns logits into probabilities.

    Shapes: (..., K), kept. The largest x is subtracted first, which changes nothing and cannot overflow.

    backward: dx = p (g - sum_j g_j p_j), the Jacobian diag(p) - p p^T times g, never formed.

    CrossEntropy takes logits: a model that is trained with it ends without Softmax.
    """

    def forward(self, x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(axis=-1, keepdims=True))


class LogSoftmax(ClassAxis):
    """y_k = x_k - log sum_j exp(x_j) over the last axis: the logarithm of Softmax, exact where p underflows.

    Shapes: (..., K), kept. backward: dx = g - p sum_j g_j with p = exp(y).
    """

    def forward(self, x):
        z = x - x.max(axis=-1, keepdims=True)
        self.y = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return self.y

    def backward(self, g):
        return g - np.exp(self.y) * g.sum(axis=-1, keepdims=True)
