"""Losses for yes and no."""

import numpy as np

from .arguments import at_least_zero, numbers
from .entrywise import Entrywise


class BinaryCrossEntropy(Entrywise):
    """l = mean of -y ln p - (1 - y) ln(1 - p) over all entries, for probabilities p as Sigmoid gives them.

    Shapes: prediction and target (N, ...), the same; both in [0, 1]. In nats.

    backward: dp = (p - y) / (p (1 - p)) / n with n entries in all.

    Where p is 0 or 1, a logarithm below -100 counts as -100 and the divisor is at least 1e-12, as in PyTorch, so that a
    sure mistake costs 100 nats and not infinity. BinaryCrossEntropyWithLogits needs no such limits.

    Raises ValueError for a prediction or a target outside [0, 1].

    Source: slide "Example" (Binary Cross-Entropy).
    """

    def each(self, p, y):
        require_unit_interval(self, "prediction", p, ": use Sigmoid, or BinaryCrossEntropyWithLogits")
        require_unit_interval(self, "target", y)
        with np.errstate(divide="ignore"):
            yes, no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
        return -(y * yes + (1 - y) * no)

    def slope(self, p, y):
        return (p - y) / np.maximum(p * (1 - p), 1e-12)

    def decide(self, prediction):
        return (prediction >= 0.5).astype(int)


class BinaryCrossEntropyWithLogits(Entrywise):
    """l = mean of -q y ln s(z) - (1 - y) ln(1 - s(z)) over all entries, with s the sigmoid and z the logit.

    Shapes: prediction and target (N, ...), the same; target in [0, 1]. In nats.

    forward computes max(z, 0) - y z + r, with r = ln(1 + exp(-|z|)), which is exact at any z; a weight q adds
    (q - 1) y (max(-z, 0) + r).
    backward: dz = (s(z) - y) / n with n entries in all; a weight q adds -(q - 1) y (1 - s(z)) / n.

    Args:
        pos_weight: q, how much a yes counts beside a no: a number of 0 or more, or one for each entry of the last axis;
            1 unless given.

    Raises ValueError for a target outside [0, 1] and for another number of weights than the last axis has entries.
    """

    def __init__(self, pos_weight=None):
        if isinstance(pos_weight, (list, tuple, np.ndarray)):
            pos_weight = numbers("pos_weight", pos_weight)
        elif pos_weight is not None:
            pos_weight = at_least_zero("pos_weight", pos_weight)
        self.pos_weight = pos_weight

    def each(self, z, y):
        require_unit_interval(self, "target", y)
        rest = np.log1p(np.exp(-np.abs(z)))
        losses = np.maximum(z, 0) - y * z + rest
        if self.pos_weight is not None:
            losses += self.more(y) * (np.maximum(-z, 0) + rest)
        return losses

    def slope(self, z, y):
        e = np.exp(-np.abs(z))
        sigmoid = np.where(z >= 0, 1, e) / (1 + e)
        if self.pos_weight is None:
            return sigmoid - y
        return sigmoid - y - self.more(y) * (1 - sigmoid)

    def more(self, y):
        """(q - 1) y."""
        if not isinstance(self.pos_weight, np.ndarray):
            return (self.pos_weight - 1) * y
        if y.shape[-1:] != self.pos_weight.shape:
            raise ValueError(
                f"{type(self).__name__} expected a pos_weight for each of the last axis's entries, {y.shape[-1]}, "
                f"got {len(self.pos_weight)}"
            )
        return (self.pos_weight - 1).astype(y.dtype) * y

    def decide(self, prediction):
        return (prediction >= 0).astype(int)


def require_unit_interval(loss, what, values, advice=""):
    low, high = values.min(), values.max()
    if low < 0 or high > 1:
        got = float(low if low < 0 else high)
        raise ValueError(f"{type(loss).__name__} expected {what} in [0, 1], got {got:g}{advice}")
