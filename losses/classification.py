"""Losses for one class out of K."""

import numpy as np

from .loss import Loss, admit_prediction


class CrossEntropy(Loss):
    """l = mean over the labels of -sum_k y_k ln softmax(z)_k, for logits z.

    Shapes: prediction (N, K), or (N, T, K); target either whole-number labels from 0 to K - 1, (N,) or (N, T), or
    soft targets of prediction's shape. In nats: ln K for a model that knows nothing.

    backward: dz = (softmax(z) sum_k y_k - y) / L with L labels in all; for labels y is the one-hot row.

    The softmax is inside: a model that is trained with it ends with the logits. Exact at any size of z.

    Raises ValueError for a label outside 0..K-1 or a negative soft target, TypeError for labels that are not integers.
    """

    labels = True

    def forward(self, prediction, target):
        z, self.target = admit_classes(self, prediction, target)
        z = z - np.maximum.reduce(z, axis=1, keepdims=True)
        self.e = np.exp(z)  # (L, K)
        self.total = np.add.reduce(self.e, axis=1, keepdims=True)  # (L, 1)
        self.shape = np.shape(prediction)
        if self.target.ndim == 1:
            losses = np.log(self.total[:, 0]) - z[np.arange(len(z)), self.target]  # (L,)
        else:
            losses = (self.target * (np.log(self.total) - z)).sum(axis=1)  # (L,)
        return float(np.add.reduce(losses)) / len(z)

    def backward(self):
        dz = self.e / self.total  # (L, K), the softmax
        if self.target.ndim == 1:
            dz[np.arange(len(dz)), self.target] -= 1
        else:
            dz = dz * self.target.sum(axis=1, keepdims=True) - self.target
        dz /= len(dz)
        return dz.reshape(self.shape)

    def decide(self, prediction):
        return np.argmax(prediction, axis=-1)


class NLL(Loss):
    """l = mean over the labels of -sum_k y_k x_k, for log-probabilities x as LogSoftmax gives them.

    Shapes and targets as in CrossEntropy. backward: dx = -y / L with L labels in all.
    """

    labels = True

    def forward(self, prediction, target):
        x, self.target = admit_classes(self, prediction, target)
        self.shape, self.dtype = np.shape(prediction), x.dtype
        if self.target.ndim == 1:
            return float(-np.mean(x[np.arange(len(x)), self.target]))
        return float(-np.mean((self.target * x).sum(axis=1)))

    def backward(self):
        if self.target.ndim == 2:
            return (self.target / -len(self.target)).reshape(self.shape)
        dx = np.zeros((len(self.target), self.shape[-1]), self.dtype)
        dx[np.arange(len(dx)), self.target] = -1 / len(dx)
        return dx.reshape(self.shape)

    def decide(self, prediction):
        return np.argmax(prediction, axis=-1)


def admit_classes(loss, prediction, target):
    """Prediction as rows (L, K); target as labels (L,) or as rows (L, K) of the prediction's dtype."""
    name, prediction, target = type(loss).__name__, admit_prediction(loss, prediction), np.asarray(target)
    if prediction.ndim < 2:
        raise ValueError(f"{name} expected prediction of shape (N, K), got {prediction.shape}")
    classes = prediction.shape[-1]
    rows = prediction.reshape(-1, classes)
    if target.shape == prediction.shape:
        if target.dtype.kind not in "fiub" or target.min() < 0:
            raise ValueError(f"{name} expected soft targets of 0 or more, got {target.dtype} from {target.min()}")
        return rows, target.reshape(rows.shape).astype(rows.dtype, copy=False)
    if target.shape != prediction.shape[:-1]:
        raise ValueError(
            f"{name} expected labels of shape {prediction.shape[:-1]} or soft targets of shape {prediction.shape}, "
            f"got {target.shape}" + (": use target[..., 0]" if target.shape == (*prediction.shape[:-1], 1) else "")
        )
    if target.dtype.kind not in "iu":
        raise TypeError(f"{name} expected whole numbers as labels, got {target.dtype}: use target.astype(int)")
    labels = target.reshape(-1)
    lowest, highest = np.minimum.reduce(labels), np.maximum.reduce(labels)
    if lowest < 0 or highest >= classes:
        raise ValueError(f"{name} expected labels from 0 to {classes - 1}, got {lowest if lowest < 0 else highest}")
    return rows, labels
