"""Normalization: what the layers that normalize have in common."""

import numpy as np

from .arguments import zero_or_more
from .guards import batch
from .layer import Layer
from .moments import normalize, normalize_backward, scale_and_shift
from .sums import sum_rows
from .windows import channels_first_advice


class Normalization(Layer):
    """y = gamma xhat + beta, where xhat is x shifted and scaled to mean 0 and variance 1 in each set of its entries.

    A subclass says by `cut_of` which entries are a set (see moments.py), by `learnt` whether there are gamma and beta,
    and by `given` the sizes of the last axes, where it was told; one with another xhat has its own `hat` and
    `hat_backward`.

    backward: dx = hat_backward(dxhat) with dxhat = g gamma.
    update: dgamma = the sum of g xhat, dbeta = the sum of g, over the rows that have gamma and beta in common.
    """

    letter = "C"  # what messages call the size of the last axis
    given = property(lambda self: () if self.num_features is None else (self.num_features,))
    learnt = property(lambda self: ("gamma", "beta") if self.affine else ())
    flops_per_entry = property(lambda self: 5 + len(self.learnt))  # two sums, a difference, a square, a product

    @property
    def sizes(self):
        """The sizes of the last axes as a tuple, empty as long as they are not known."""
        return self.params["gamma"].shape if "gamma" in self.params else self.given

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = self.output_shape(input_shape)
        for name in self.learnt:
            self.params[name] = np.full(self.sizes or input_shape[-1:], float(name == "gamma"))
        return output_shape

    def output_shape(self, input_shape):
        sizes = self.sizes
        if not input_shape or input_shape[max(len(input_shape) - len(sizes), 0) :] != sizes:
            last = ", ".join(map(str, sizes or self.letter))
            hint = channels_first_advice(input_shape, *sizes[-1:])
            raise ValueError(f"{self.label} expected x of shape (N, ..., {last}), got {batch(input_shape)}{hint}")
        return input_shape

    def forward(self, x):
        self.cut = self.cut_of(x.shape)  # which entries are normalized together
        self.xhat = self.hat(x)  # (N, ..., C)
        return scale_and_shift(self.xhat, self.cut, **self.params)

    def backward(self, g, input_gradient=True):
        self.g = g  # (N, ..., C)
        if not input_gradient:
            return None
        dxhat = scale_and_shift(g, self.cut, self.params.get("gamma"))  # (N, ..., C)
        return self.hat_backward(dxhat)

    def update(self):
        for name in self.params:
            g = self.g.reshape(-1, self.params[name].size)  # (R, C)
            terms = g * self.xhat.reshape(g.shape) if name == "gamma" else g
            sum_rows(terms, out=self.grads[name].reshape(-1))

    def hat(self, x):
        xhat, self.inv_std, *_ = normalize(x, self.cut, self.eps)
        return xhat

    def hat_backward(self, dxhat):
        return normalize_backward(dxhat, self.xhat, self.inv_std, self.cut)


def checked_eps(eps, size):
    """eps as a float; ValueError unless it is a number of 0 or more and below 1.

    A larger one is a size that was meant for the argument `size`, which in PyTorch comes first.
    """
    if isinstance(eps, (tuple, list)) or zero_or_more("eps", eps) >= 1:
        raise ValueError(f"eps expected a number below 1, got {eps!r}: a size is given by name, as in {size}={eps!r}")
    return float(eps)
