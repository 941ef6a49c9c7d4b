"""BatchNorm: each channel normalized over the batch."""

from math import prod

import numpy as np

from .arguments import flag, positive_int, probability
from .moments import Cut, normalize
from .norm import Normalization, checked_eps


class BatchNorm(Normalization):
    """y = gamma (x - mean) / sqrt(var + eps) + beta, with one mean and variance for each channel.

    In training they are those of the batch, over all but the last axis, and the running statistics follow them:

        running_mean = (1 - momentum) running_mean + momentum mean
        running_var  = (1 - momentum) running_var  + momentum var R / (R - 1), for R values in a channel

    In evaluation, and when frozen in training too, the running statistics are used in their place, and kept; a batch
    whose variance is not finite leaves them alone as well. They are state, and start at 0 and 1.

    Shapes: (N, C), (N, T, C), (N, H, W, C), kept, with gamma (C,), which starts at 1, and beta (C,), which starts at 0.

    backward: dx = (dxhat - mean(dxhat) - xhat mean(dxhat xhat)) / sqrt(var + eps) with dxhat = g gamma, as mean and var
        depend on every x; dx = dxhat / sqrt(running_var + eps) after a forward with the running statistics.
    update: dgamma = the sum of g xhat over all but the last axis, dbeta = the sum of g.

    Args:
        eps: from 0 to below 1; keeps a constant channel from a division by 0.
        momentum: the share of the new in the running statistics, from 0 to 1.
        affine: whether there are gamma and beta. num_features: C, known from the input if not given.

    Raises ValueError in training for a single value in each channel, which has no variance.

    Source: Ioffe & Szegedy, "Batch normalization", 2015, algorithms 1 and 2, and the gradient of section 3.
    """

    def __init__(self, eps=1e-5, momentum=0.1, affine=True, num_features=None):
        self.eps, self.momentum = checked_eps(eps, "num_features"), probability("momentum", momentum)
        self.affine = flag("affine", affine)
        self.num_features = num_features if num_features is None else positive_int("num_features", num_features)

    @property
    def sizes(self):
        return self.state["running_mean"].shape if self.state else self.given

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = super().build(input_shape, rng, dtype)
        self.state["running_mean"] = np.zeros(input_shape[-1], dtype)
        self.state["running_var"] = np.ones(input_shape[-1], dtype)
        return output_shape

    def cut_of(self, shape):
        return Cut(1, prod(shape[:-1]), shape[-1], groups=shape[-1])

    def forward(self, x):
        self.by_batch = self.training and not self.frozen
        if self.by_batch and prod(x.shape[:-1]) < 2:
            raise ValueError(
                f"{self.label} expected more than one value in each channel in training, got x of shape {x.shape}: "
                "give two examples or more, or call eval()"
            )
        return super().forward(x)

    def hat(self, x):
        if not self.by_batch:
            mean, var = (self.state[name].astype(x.dtype) for name in ("running_mean", "running_var"))  # (C,)
            self.inv_std = 1 / np.sqrt(var + self.eps)
            return (x - mean) * self.inv_std
        xhat, self.inv_std, mean, var = normalize(x, self.cut, self.eps)
        if np.isfinite(var).all():  # else training has diverged, and what is saved ought to stay of use
            n, m = self.cut.size, self.momentum  # n values in a channel
            self.state["running_mean"] = (1 - m) * self.state["running_mean"] + m * mean[0]
            self.state["running_var"] = (1 - m) * self.state["running_var"] + m * var[0] * (n / (n - 1))
        return xhat

    def hat_backward(self, dxhat):
        return super().hat_backward(dxhat) if self.by_batch else dxhat * self.inv_std
