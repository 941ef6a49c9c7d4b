"""Metrics: what a run reports beside the loss, as numbers that a person understands."""

import numpy as np


def accuracy(criterion, prediction, target):
    """The share of examples whose class is right."""
    decided, truth = classes(criterion, prediction, target)
    return float(np.mean(decided == truth))


def error(criterion, prediction, target):
    """The share of examples whose class is wrong: 1 - accuracy."""
    return 1 - accuracy(criterion, prediction, target)


def mean_error(criterion, prediction, target):
    """The mean of |prediction - target|, in the target's unit: of the rate that a log-rate stands for.

    Raises ValueError for a loss that decides on one of several classes, whose numbers have no distance.
    """
    decided = criterion.decide(prediction)
    if criterion.labels or decided.ndim < prediction.ndim:
        raise ValueError(
            f"mean_error needs quantities, and {type(criterion).__name__} decides on a class: use accuracy"
        )
    return float(np.mean(np.abs((decided if decided.dtype.kind == "f" else prediction) - target)))


METRICS = {metric.__name__: metric for metric in (accuracy, error, mean_error)}
SHARES = ("accuracy", "error")  # printed in percent


def default_metrics(criterion):
    """["accuracy"] where the loss decides on a class, a whole number, else ["mean_error"]."""
    decided = np.asarray(criterion.decide(np.zeros((1, 2))))
    return ["mean_error"] if decided.dtype.kind == "f" else ["accuracy"]


def require_metrics(names):
    """The names, each of a metric; ValueError with the names there are."""
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in METRICS:
            raise ValueError(f"no metric {name!r}: expected {', '.join(METRICS)}")
    return names


def classes(criterion, prediction, target):
    """Classes of predictions and of targets, whichever form they have.

    With one value for each of K classes, beside a label, a one-hot row or a distribution, the class is the largest
    value's place; a label that the loss ignores is left out. With a yes or no in each entry, as the binary losses have
    it, it is what the loss decides; for a loss of quantities the nearer of 0 and 1.

    Raises ValueError for targets that are no classes.
    """
    decided = criterion.decide(prediction)
    if criterion.labels or decided.ndim < prediction.ndim:
        if target.ndim == prediction.ndim:
            return decided, target.argmax(axis=-1)
        counted = target != getattr(criterion, "ignore_index", None)
        return decided[counted], target[counted]
    yes_or_no = np.isin(target, (0, 1)).all()
    if yes_or_no and target.ndim > 1 and target.shape[-1] > 1 and (target.sum(axis=-1) == 1).all():
        return prediction.argmax(axis=-1), target.argmax(axis=-1)
    if decided.dtype.kind != "f":
        return decided, target >= 0.5
    if not yes_or_no:
        raise ValueError(f"accuracy needs classes, and {type(criterion).__name__} has quantities here: use mean_error")
    return decided >= 0.5, target
