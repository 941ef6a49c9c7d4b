"""Losses for predictions that are quantities."""

import numpy as np

from .loss import Loss, admit_pair


class MSE(Loss):
    """l = mean (p - y)^2 over all entries: the mean squared error.

    Shapes: prediction and target (N, ...), the same. backward: dp = 2 (p - y) / n with n entries in all.
    """

    def forward(self, prediction, target):
        prediction, target = admit_pair(self, prediction, target)
        self.difference = prediction - target
        return float(np.mean(self.difference * self.difference))

    def backward(self):
        return self.difference * (2 / self.difference.size)


class MAE(Loss):
    """l = mean |p - y| over all entries: the mean absolute error.

    Shapes: prediction and target (N, ...), the same. backward: dp = sign(p - y) / n with n entries in all, and 0 where
    p = y, as in PyTorch.
    """

    def forward(self, prediction, target):
        prediction, target = admit_pair(self, prediction, target)
        self.difference = prediction - target
        return float(np.mean(np.abs(self.difference)))

    def backward(self):
        return np.sign(self.difference) / self.difference.size
