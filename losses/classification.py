"""Losses for one class out of K."""

import numpy as np

from .arguments import at_least_zero, probability
from .labels import ClassLoss, average, averaged, one_hot
from .loss import times


class CrossEntropy(ClassLoss):
    """l = mean over the labels of -sum_k y_k ln softmax(z)_k, for logits z.

    Shapes: prediction (N, K), or (N, T, K); target either whole-number labels from 0 to K - 1, (N,) or (N, T), or
    soft targets of prediction's shape. In nats: ln K for a model that knows nothing.

    backward: dz = (softmax(z) sum_k y_k - y) / L with L labels in all; for labels y is the one-hot row.

    The softmax is inside: a model that is trained with it ends with the logits. Exact at any size of z.

    Args:
        weight: c, K numbers of 0 or more; y_k counts c_k times. As in PyTorch, L is then the sum of the labels' own
            weights, but for soft targets their number, as without.
        ignore_index: a label that does not count, in L neither, and gets gradient 0.
        label_smoothing: s, from 0 to 1; y becomes (1 - s) y + s / K, before c.

    Raises ValueError for another label outside 0..K-1, a negative soft target, another number of weights than K, and
    where no label counts; TypeError for labels that are not integers.

    Source: label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016.
    """

    def __init__(self, weight=None, ignore_index=-100, label_smoothing=0.0):
        super().__init__(weight, ignore_index)
        self.label_smoothing = probability("label_smoothing", label_smoothing)

    def forward(self, prediction, target, weights=None):
        z, self.target, self.share = self.admit(prediction, target, weights, self.label_smoothing)
        z = z - np.maximum.reduce(z, axis=1, keepdims=True)
        self.e = np.exp(z)  # (L, K)
        self.total = np.add.reduce(self.e, axis=1, keepdims=True)  # (L, 1)
        if self.target.ndim == 1:
            losses = np.log(self.total[:, 0]) - z[np.arange(len(z)), self.target]  # (L,)
        else:
            losses = times(self.target, np.log(self.total) - z).sum(axis=1)  # (L,)
        return average(losses, self.share)

    def backward(self):
        dz = self.e / self.total  # (L, K), the softmax
        if self.target.ndim == 1:
            dz[np.arange(len(dz)), self.target] -= 1
        else:
            dz = dz * self.target.sum(axis=1, keepdims=True) - self.target
        return averaged(dz, self.share).reshape(self.shape)


class NLL(ClassLoss):
    """l = mean over the labels of -sum_k y_k x_k, for log-probabilities x as LogSoftmax gives them.

    Shapes, targets, arguments and errors as in CrossEntropy, soft targets too, which PyTorch's does not take.
    backward: dx = -y / L with L labels in all.
    """

    def forward(self, prediction, target, weights=None):
        self.x, self.target, self.share = self.admit(prediction, target, weights)
        if self.target.ndim == 1:
            losses = -self.x[np.arange(len(self.x)), self.target]  # (L,)
        else:
            losses = -times(self.target, self.x).sum(axis=1)  # (L,)
        return average(losses, self.share)

    def backward(self):
        y = one_hot(self.target, self.x) if self.target.ndim == 1 else self.target
        return averaged(-y, self.share).reshape(self.shape)


class Hinge(ClassLoss):
    """l = mean over the labels of sum_k max(0, margin - x_y + x_k)^p / K, with k the classes other than the label y.

    PyTorch's MultiMarginLoss. Shapes: prediction (N, K), or (N, T, K), scores of any size; target whole-number labels
    from 0 to K - 1, (N,) or (N, T).

    backward: dx_k = p max(0, margin - x_y + x_k)^(p - 1) / K / L with L labels in all, 0 where the margin is just
    kept, as in PyTorch; dx_y = -sum_k dx_k.

    Args:
        p: 1 or 2. margin: 0 or more, by how much the label's score should be the highest.
        weight: c, K numbers of 0 or more; a label's loss counts c_y times. As in PyTorch, L stays the number of labels.

    Raises ValueError for a label outside 0..K-1 and another number of weights than K, TypeError for labels that are not
    integers.

    Source: Weston and Watkins, "Support vector machines for multi-class pattern recognition", 1999.
    """

    normalized = False

    def __init__(self, p=1, margin=1.0, weight=None):
        super().__init__(weight)
        self.ignore_index = None  # every label counts
        if isinstance(p, bool) or p not in (1, 2):
            raise ValueError(f"p expected 1 or 2, got {p!r}")
        self.p = int(p)
        self.margin = at_least_zero("margin", margin)

    def forward(self, prediction, target, weights=None):
        x, self.target, self.share = self.admit(prediction, target, weights, soft=False)
        rows = np.arange(len(x))
        missing = np.maximum(self.margin - x[rows, self.target][:, None] + x, 0)  # (L, K)
        missing[rows, self.target] = 0
        self.missing = missing
        return average((missing**self.p).sum(axis=1) / x.shape[1], self.share)

    def backward(self):
        classes = self.missing.shape[1]
        dx = self.missing * (2 / classes) if self.p == 2 else np.sign(self.missing) / classes  # (L, K)
        dx[np.arange(len(dx)), self.target] = -dx.sum(axis=1)
        return averaged(dx, self.share).reshape(self.shape)
