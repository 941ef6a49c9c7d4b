"""Losses for predictions that are quantities."""

import numpy as np

from .arguments import above_zero, flag
from .entrywise import Entrywise
from .loss import require_at_least_zero


class MSE(Entrywise):
    """l = mean (p - y)^2 over all entries: the mean squared error.

    Shapes: prediction and target (N, ...), the same. backward: dp = 2 (p - y) / n with n entries in all.
    """

    def each(self, p, y):
        difference = p - y
        return difference * difference

    def slope(self, p, y):
        return 2 * (p - y)


class MAE(Entrywise):
    """l = mean |p - y| over all entries: the mean absolute error.

    Shapes: prediction and target (N, ...), the same. backward: dp = sign(p - y) / n with n entries in all, and 0 where
    p = y, as in PyTorch.
    """

    def each(self, p, y):
        return np.abs(p - y)

    def slope(self, p, y):
        return np.sign(p - y)


class Huber(Entrywise):
    """l = mean of d^2 / 2 where |d| <= delta and delta (|d| - delta / 2) elsewhere, with d = p - y, over all entries.

    Shapes: prediction and target (N, ...), the same.

    backward: dp = d / n where |d| <= delta and sign(d) delta / n elsewhere, with n entries in all.

    Args:
        delta: above 0, where the square becomes a straight line.

    Source: Huber, "Robust estimation of a location parameter", 1964.
    """

    def __init__(self, delta=1.0):
        self.delta = above_zero("delta", delta)

    def each(self, p, y):
        size = np.abs(p - y)
        inner = np.minimum(size, self.delta)
        return inner * (size - inner / 2)  # both formulas in one; no square of a large error

    def slope(self, p, y):
        return np.clip(p - y, -self.delta, self.delta)


class PoissonNLL(Entrywise):
    """l = mean of exp(x) - y x over all entries: the negative log-likelihood of counts y with the rate exp(x).

    With log_input false the prediction is the rate itself, and l = mean of x - y ln(x + eps). What depends on the
    target only, ln y!, is left out; with full it is added where y > 1, as y ln y - y + ln(2 pi y) / 2 (Stirling).

    Shapes: prediction and target (N, ...), the same; target 0 or more. In nats.

    backward: dx = (exp(x) - y) / n, or (1 - y / (x + eps)) / n, with n entries in all.

    A log-rate has no limit: above 88.7 in float32, 709.7 in float64, exp(x) and the loss are infinite.

    Args:
        log_input: whether the prediction is the rate's logarithm. full: whether to add ln y!.
        eps: above 0, keeps ln from a rate of 0; without effect with log_input.

    Raises ValueError for a target below 0 or, with log_input false, a rate below 0.
    """

    def __init__(self, log_input=True, full=False, eps=1e-8):
        self.log_input = flag("log_input", log_input)
        self.full = flag("full", full)
        self.eps = above_zero("eps", eps)

    def each(self, x, y):
        require_at_least_zero(self, "target", y)
        if self.log_input:
            losses = np.exp(x) - y * x
        else:
            require_at_least_zero(self, "prediction", x, ": use log_input=True, or a last layer that gives none")
            losses = x - y * np.log(x + self.eps)
        if self.full:
            many = np.maximum(y, 1)
            losses += np.where(y > 1, many * np.log(many) - many + np.log(2 * np.pi * many) / 2, 0)
        return losses

    def slope(self, x, y):
        return np.exp(x) - y if self.log_input else 1 - y / (x + self.eps)

    def decide(self, prediction):
        return np.exp(prediction) if self.log_input else prediction
