"""Losses for yes and no."""

import numpy as np

from .loss import Loss, admit_pair


class BinaryCrossEntropy(Loss):
    """l = mean of -y ln p - (1 - y) ln(1 - p) over all entries, for probabilities p as Sigmoid gives them.

    Shapes: prediction and target (N, ...), the same; both in [0, 1]. In nats.

    backward: dp = (p - y) / (p (1 - p)) / n with n entries in all.

    Where p is 0 or 1, a logarithm below -100 counts as -100 and the divisor is at least 1e-12, as in PyTorch, so that a
    sure mistake costs 100 nats and not infinity. BinaryCrossEntropyWithLogits needs no such limits.

    Raises ValueError for a prediction or a target outside [0, 1].

    Source: slide "Example" (Binary Cross-Entropy).
    """

    def forward(self, prediction, target):
        p, y = admit_pair(self, prediction, target)
        require_unit_interval(self, "prediction", p, ": use Sigmoid, or BinaryCrossEntropyWithLogits")
        require_unit_interval(self, "target", y)
        self.p, self.y = p, y
        with np.errstate(divide="ignore"):
            yes, no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
        return float(-np.mean(y * yes + (1 - y) * no))

    def backward(self):
        return (self.p - self.y) / np.maximum(self.p * (1 - self.p), 1e-12) / self.p.size

    def decide(self, prediction):
        return (prediction >= 0.5).astype(int)


class BinaryCrossEntropyWithLogits(Loss):
    """l = mean of -y ln s(z) - (1 - y) ln(1 - s(z)) over all entries, with s the sigmoid and z the prediction, a logit.

    Shapes: prediction and target (N, ...), the same; target in [0, 1]. In nats.

    forward computes max(z, 0) - y z + ln(1 + exp(-|z|)), which is exact at any z.
    backward: dz = (s(z) - y) / n with n entries in all.

    Raises ValueError for a target outside [0, 1].
    """

    def forward(self, prediction, target):
        z, y = admit_pair(self, prediction, target)
        require_unit_interval(self, "target", y)
        self.z, self.y = z, y
        return float(np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))))

    def backward(self):
        e = np.exp(-np.abs(self.z))
        sigmoid = np.where(self.z >= 0, 1, e) / (1 + e)
        return (sigmoid - self.y) / self.z.size

    def decide(self, prediction):
        return (prediction >= 0).astype(int)


def require_unit_interval(loss, what, values, advice=""):
    low, high = values.min(), values.max()
    if low < 0 or high > 1:
        got = float(low if low < 0 else high)
        raise ValueError(f"{type(loss).__name__} expected {what} in [0, 1], got {got:g}{advice}")
