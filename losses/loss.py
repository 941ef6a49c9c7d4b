"""Loss: how wrong a prediction is, as one number, in two steps."""

from functools import wraps
from inspect import Parameter, signature

import numpy as np


class Loss:
    """A function of predictions and targets, averaged over the N examples of a batch.

        l  = loss.forward(prediction, target)    a float, the mean over the examples of each example's loss
        dp = loss.backward()                     dl/dprediction, with 1/N included, in prediction's shape and dtype

    Neither writes into what it is given. With weights w (N,), one number of 0 or more for each example and not all 0,
    forward(prediction, target, weights) is sum_n w_n l_n / sum_n w_n, and backward its derivative: a weight of 2 is
    the example given twice, a weight of 0 the example left out.

    Attributes:
        labels: whether targets are class labels, whole numbers without a class axis, or arrays like the prediction.
        counted: what the last forward divided by: how many examples or labels there were, each times its weight. So
            the loss of a batch is the mean over the losses of its parts, each times its `counted`.

    A loss of your own defines both steps, and `decide` where the prediction is not yet the answer. If its forward has
    an argument `weights`, it gets None or a float64 vector whose sum is 1.

    Raises RuntimeError for backward before forward, ValueError for shapes and values that do not fit, TypeError for a
    dtype that does not and for weights that a loss does not take.

    Source: slides "Loss function" and "Cost function definition".
    """

    labels = False
    counted = None
    _done = False

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "forward" in vars(cls):
            cls.forward = note_forward(cls.forward)
        if "backward" in vars(cls):
            cls.backward = require_forward(cls.backward)

    def forward(self, prediction, target, weights=None):
        """The mean loss, a float."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def backward(self):
        """dl/dprediction at the last forward."""
        raise NotImplementedError(f"{type(self).__name__}.backward")

    def decide(self, prediction):
        """The answer that a prediction stands for: here itself; for a classifier's loss, class labels."""
        return prediction

    def __repr__(self):
        arguments = []
        for name, parameter in signature(type(self).__init__).parameters.items():
            value = getattr(self, name, parameter.default)
            value = value.tolist() if isinstance(value, np.ndarray) else value
            if name != "self" and repr(value) != repr(parameter.default):
                arguments.append(repr(value) if parameter.default is Parameter.empty else f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(arguments)})"


def note_forward(step):
    takes_weights = "weights" in signature(step).parameters

    @wraps(step)
    def forward(self, prediction, target, weights=None):
        self._done, self.counted = False, None
        if weights is None:
            value = step(self, prediction, target)
            self.counted = self.counted or float(len(prediction))
        elif takes_weights:
            value = step(self, prediction, target, weights=admit_weights(self, prediction, weights))
            self.counted = (self.counted or 1.0) * sum(
                np.asarray(weights, float).tolist()
            )  # the step's own weights have the sum 1
        else:
            raise TypeError(f"{type(self).__name__} takes no weights: its forward has no argument of that name")
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


def admit_weights(loss, prediction, weights):
    """The examples' weights as float64, divided by their sum."""
    name, weights, expected = type(loss).__name__, np.asarray(weights), np.shape(prediction)[:1]
    if weights.dtype.kind not in "fiub":
        raise TypeError(f"{name} needs numbers as weights, got {weights.dtype}")
    if weights.shape != expected:
        raise ValueError(f"{name} expected weights of shape {expected}, one for each example, got {weights.shape}")
    wrong = ~((weights >= 0) & (weights < np.inf))  # NaN too
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(f"{name} expected weights of 0 or more, got {weights[at]:g} at weights[{at}]")
    if not weights.any():
        raise NothingCounts(f"{name} expected a weight above 0, got none")
    weights = weights / weights.max()  # so that no sum overflows
    return weights / weights.sum()


class NothingCounts(ValueError):
    """A batch in which every label is ignored, or has weight 0: it has neither a loss nor a gradient."""


def admit_prediction(loss, prediction):
    """The prediction as a float array of at least one example."""
    if isinstance(prediction, tuple):
        raise TypeError(f"{type(loss).__name__} takes one prediction, got {len(prediction)}: give it one output")
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


def require_distribution(loss, target):
    """ValueError for what is no probability, but for rounding; rows need not sum to 1."""
    low, high = target.min(), target.max()
    if low < 0 or high > 1 + 1e-6:
        got = float(low if low < 0 else high)
        raise ValueError(f"{type(loss).__name__} expected target in [0, 1], a probability for each class, got {got:g}")


def require_at_least_zero(loss, what, values, advice=""):
    if (low := values.min()) < 0:
        raise ValueError(f"{type(loss).__name__} expected {what} of 0 or more, got {float(low):g}{advice}")


def times(share, values):
    """share * values, and 0 where the share is 0 even if the value is infinite: what does not count costs nothing."""
    zeros = np.zeros(np.broadcast_shapes(share.shape, values.shape), values.dtype)
    return np.multiply(share, values, out=zeros, where=share != 0)
