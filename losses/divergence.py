"""Losses between distributions."""

import numpy as np

from .entrywise import Entrywise
from .loss import require_distribution, times


class KLDivergence(Entrywise):
    """l = mean over the rows of sum_k y_k (ln y_k - x_k), for log-probabilities x as LogSoftmax gives them.

    Shapes: prediction (N, K), or (N, ..., K), and target the same: a distribution over the last axis in each row. An
    entry whose target is 0 costs nothing, 0 ln 0 = 0, even where x_k is -inf. In nats: 0 where both are the same.

    backward: dx = -y / L with L rows in all.

    PyTorch's KLDivLoss(reduction="batchmean") for (N, K). Its default "mean" divides by the number of entries, K times
    as many, which is no divergence.

    Raises ValueError for a prediction without the axis of classes or a target outside [0, 1].

    Source: Kullback and Leibler, "On information and sufficiency", 1951.
    """

    def each(self, x, y):
        if x.ndim < 2:
            raise ValueError(f"{type(self).__name__} expected prediction of shape (N, K), got {x.shape}")
        require_distribution(self, y)
        log_y = np.log(y, out=np.zeros_like(y), where=y > 0)
        return times(y, log_y - x).sum(axis=-1)  # (N, ...)

    def slope(self, x, y):
        return -y

    def decide(self, prediction):
        return np.argmax(prediction, axis=-1)
