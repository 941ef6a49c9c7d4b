"""Loss: how wrong a prediction is, as one number, in two steps."""

from functools import wraps

import numpy as np


class Loss:
    """A function of predictions and targets, averaged over the N examples of a batch.

        l  = loss.forward(prediction, target)    a float, the mean over the examples of each example's loss
        dp = loss.backward()                     dl/dprediction, with 1/N included, in prediction's shape and dtype

    Neither writes into what it is given.

    Attributes:
        labels: whether targets are class labels, whole numbers without a class axis, or arrays like the prediction.

    A loss of your own defines both steps, and `decide` where the prediction is not yet the answer.

    Raises RuntimeError for backward before forward, ValueError for shapes and values that do not fit, TypeError for a
    dtype that does not.

    Source: slides "Loss function" and "Cost function definition".
    """

    labels = False
    _done = False

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "forward" in vars(cls):
            cls.forward = note_forward(cls.forward)
        if "backward" in vars(cls):
            cls.backward = require_forward(cls.backward)

    def forward(self, prediction, target):
        """The mean loss, a float."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self):
        """dl/dprediction at the last forward."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def decide(self, prediction):
        """The answer that a prediction stands for: here itself; for a classifier's loss, class labels."""
        return prediction

    def __repr__(self):
        return f"{type(self).__name__}()"


def note_forward(step):
    @wraps(step)
    def forward(self, prediction, target):
        self._done = False
        value = step(self, prediction, target)
        self._done = True
        return value

    return forward


def require_forward(step):
    @wraps(step)
    def backward(self):
        if not self._done:
            raise RuntimeError(f"{type(self).__name__}.backward before forward: there is no loss to differentiate")
        return step(self)

    return backward


def admit_prediction(loss, prediction):
    """The prediction as a float array of at least one example."""
    prediction = np.asarray(prediction)
    if prediction.dtype.kind != "f":
        raise TypeError(f"{type(loss).__name__} needs a floating-point prediction, got {prediction.dtype}")
    if prediction.size == 0:
        raise ValueError(f"{type(loss).__name__} needs at least one example, got shape {prediction.shape}")
    return prediction


def admit_pair(loss, prediction, target):
    """Prediction and target as arrays of one shape and of the prediction's dtype; no silent broadcast."""
    prediction, target = admit_prediction(loss, prediction), np.asarray(target)
    if target.shape != prediction.shape:
        advice = ": use target[:, None]" if (*target.shape, 1) == prediction.shape else ""
        raise ValueError(
            f"{type(loss).__name__} expected target in the shape of prediction, {prediction.shape}, "
            f"got {target.shape}{advice}"
        )
    if target.dtype.kind not in "fiub":
        raise TypeError(f"{type(loss).__name__} needs numbers as target, got {target.dtype}")
    return prediction, target.astype(prediction.dtype, copy=False)
