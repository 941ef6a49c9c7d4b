"""Predictions and targets for losses, made up by the loss's name."""

import numpy as np

from .scripts import EXAMPLES, FEATURES


def loss_inputs(name, rng):
    """(prediction, target, {take: (prediction, target) at an end of what the loss takes}).

    "huge": where exp overflows unless the maximum is subtracted; "ends": where a probability is 0.
    """
    shape = EXAMPLES, FEATURES
    values, yes = rng.standard_normal(shape) * 1.5, rng.integers(0, 2, shape).astype(float)
    labels = rng.integers(0, FEATURES, EXAMPLES)
    if name == "BinaryCrossEntropy":
        ends = np.resize([0.0, 1.0, 0.0, 1.0, 0.5], shape), np.resize([0.0, 1.0, 1.0, 0.0], shape)
        return rng.uniform(0.05, 0.95, shape), yes, {"ends": ends}
    if name == "BinaryCrossEntropyWithLogits":
        return values, yes, {"huge": (np.resize([1000.0, -1000.0, 0.0], shape), yes)}
    if name in ("CrossEntropy", "Hinge"):
        huge, apart = 1000.0 + np.round(4 * values), -800.0 * (np.arange(FEATURES) != labels[:, None] - 1)
        return values, labels, {"huge": (huge, labels), "ends": (apart, labels)}
    if name in ("NLL", "KLDivergence"):
        logs = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
        if name == "NLL":
            return logs, labels, {}
        return logs, rng.dirichlet(np.ones(FEATURES), EXAMPLES), {"ends": (logs, np.eye(FEATURES)[labels])}
    if name == "PoissonNLL":
        return values, rng.poisson(2.0, shape).astype(float), {}
    return values, rng.standard_normal(shape), {}
