"""Metrics: what a run reports beside the loss, as numbers that a person understands."""

import numpy as np

from losses import Loss


def accuracy(criterion, prediction, target):
    """The share of examples whose class is right."""
    decided, truth = classes(criterion, prediction, target)
    return float(np.mean(decided == truth))


def error(criterion, prediction, target):
    """The share of examples whose class is wrong: 1 - accuracy."""
    return 1 - accuracy(criterion, prediction, target)


def mean_error(criterion, prediction, target):
    """The mean of |prediction - target|, in the target's unit."""
    return float(np.mean(np.abs(criterion.decide(prediction) - target)))


METRICS = {metric.__name__: metric for metric in (accuracy, error, mean_error)}
SHARES = ("accuracy", "error")  # printed in percent


def default_metrics(criterion):
    """["accuracy"] where the loss decides on a class, else ["mean_error"]."""
    return ["mean_error"] if type(criterion).decide is Loss.decide else ["accuracy"]


def require_metrics(names):
    """The names, each of a metric; ValueError with the names there are."""
    for name in names:
        if name not in METRICS:
            raise ValueError(f"no metric {name!r}: expected {', '.join(METRICS)}")
    return names


def classes(criterion, prediction, target):
    """Class labels of predictions and of targets, whichever form they have."""
    decided = criterion.decide(prediction)
    if decided.dtype.kind == "f":  # quantities, one for each class, beside one-hot targets
        return prediction.argmax(axis=-1), target.argmax(axis=-1)
    if not criterion.labels:
        return decided, target >= 0.5
    return decided, target.argmax(axis=-1) if target.ndim == prediction.ndim else target
