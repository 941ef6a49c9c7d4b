"""What the losses for class labels share: which rows count, and how much."""

import numpy as np

from .arguments import numbers, whole_number
from .loss import Loss, NothingCounts, admit_prediction, require_distribution, times


class ClassLoss(Loss):
    """l = sum_i a_i l_i / A over the rows i, a row being an example or, in a sequence, a moment of it.

    a_i is the example's weight times the class weight of the row's label, 0 for an ignored label, and A the sum of all
    a_i. A soft target has no one label: there the class weights are part of l_i instead.
    """

    labels = True
    normalized = True  # whether A counts the class weights
    weight = ignore_index = None

    def __init__(self, weight=None, ignore_index=-100):
        self.weight = None if weight is None else numbers("weight", weight)
        self.ignore_index = whole_number("ignore_index", ignore_index)

    def admit(self, prediction, target, weights, smoothing=0.0, soft=True):
        """Rows (L, K); labels (L,) or soft targets (L, K); each row's share a_i / A (L,), or None where it is 1 / L."""
        rows, target, counted = admit_classes(self, prediction, target, soft)
        self.shape, classes = np.shape(prediction), rows.shape[1]
        if self.weight is not None and len(self.weight) != classes:
            raise ValueError(
                f"{type(self).__name__} expected a weight for each of {classes} classes, got {len(self.weight)}"
            )
        if weights is None and counted is None and self.weight is None and not smoothing:
            self.counted = float(len(rows))
            return rows, target, None
        of_class = np.ones(classes) if self.weight is None else self.weight
        of_row = np.ones(len(rows)) if counted is None else counted.astype(np.float64)
        if weights is not None:
            of_row *= np.repeat(weights, len(rows) // len(weights))
        hard = target.ndim == 1
        a = of_row * of_class[target] if hard else of_row  # (L,)
        if not a.any():
            raise NothingCounts(
                f"{type(self).__name__} expected a label that counts, got none: each is ignored "
                f"(ignore_index is {self.ignore_index}) or has weight 0"
            )
        divisor = (of_row if hard and not smoothing and not self.normalized else a).sum()
        self.counted = float(divisor)
        if hard and not smoothing:
            return rows, target, (a / divisor).astype(rows.dtype)
        y = one_hot(target, rows) if hard else target
        y = ((1 - smoothing) * y + smoothing / classes) * of_class.astype(rows.dtype)  # (L, K)
        return rows, y, (of_row / divisor).astype(rows.dtype)

    def decide(self, prediction):
        return np.argmax(prediction, axis=-1)


def admit_classes(loss, prediction, target, soft):
    """Prediction as rows (L, K); target as labels (L,) or as rows (L, K) of the prediction's dtype; which labels count.

    The last is None where none can be ignored. An ignored label becomes 0, so that it may be used as an index.
    """
    name, prediction, target = type(loss).__name__, admit_prediction(loss, prediction), np.asarray(target)
    if prediction.ndim < 2:
        raise ValueError(f"{name} expected prediction of shape (N, K), got {prediction.shape}")
    classes = prediction.shape[-1]
    rows = prediction.reshape(-1, classes)
    if soft and target.shape == prediction.shape:
        if target.dtype.kind not in "fiub":
            raise TypeError(f"{name} needs numbers as target, got {target.dtype}")
        require_distribution(loss, target)
        return rows, target.reshape(rows.shape).astype(rows.dtype, copy=False), None
    if target.shape != prediction.shape[:-1]:
        raise ValueError(
            f"{name} expected labels of shape {prediction.shape[:-1]}"
            + (f" or soft targets of shape {prediction.shape}" if soft else "")
            + f", got {target.shape}"
            + (": use target[..., 0]" if target.shape == (*prediction.shape[:-1], 1) else "")
        )
    if target.dtype.kind not in "iu":
        advice = "np.unique(target, return_inverse=True)[1]" if target.dtype.kind in "US" else "target.astype(int)"
        raise TypeError(f"{name} expected whole numbers as labels, got {target.dtype}: use {advice}")
    labels = target.reshape(-1)
    lowest, highest = np.minimum.reduce(labels), np.maximum.reduce(labels)
    if lowest >= 0 and highest < classes and loss.ignore_index not in range(classes):
        return rows, labels, None
    counted = labels != loss.ignore_index
    wrong = counted & ((labels < 0) | (labels >= classes))
    if wrong.any():
        at = int(wrong.argmax())
        place = ", ".join(str(i) for i in np.unravel_index(at, target.shape))
        raise ValueError(f"{name} expected labels from 0 to {classes - 1}, got {labels[at]} at target[{place}]")
    return rows, np.where(counted, labels, 0), counted


def one_hot(labels, rows):
    """1 at each row's label, 0 elsewhere, in the shape and dtype of the rows."""
    y = np.zeros_like(rows)
    y[np.arange(len(y)), labels] = 1
    return y


def average(losses, share):
    """sum_i share_i losses_i, or the mean where share is None."""
    if share is None:
        return float(np.add.reduce(losses)) / len(losses)
    return float(np.add.reduce(times(share, losses)))


def averaged(slopes, share):
    """The rows (L, K) of derivatives, in place, each times its share, or 1 / L where share is None."""
    if share is None:
        slopes /= len(slopes)
    else:
        slopes *= share[:, None]
    return slopes
