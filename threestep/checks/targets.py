"""Predictions and targets for losses, made up by the loss's name."""

import numpy as np

from .scripts import EXAMPLES, FEATURES


def loss_inputs(name, rng):
    """(prediction, target, (prediction, target) at the ends of what the loss takes, or None)."""
    shape = EXAMPLES, FEATURES
    values, yes = rng.standard_normal(shape) * 1.5, rng.integers(0, 2, shape).astype(float)
    labels = rng.integers(0, FEATURES, EXAMPLES)
    if name == "BinaryCrossEntropy":
        ends = np.resize([0.0, 1.0, 0.0, 1.0, 0.5], shape)
        return rng.uniform(0.05, 0.95, shape), yes, (ends, np.resize([0.0, 1.0, 1.0, 0.0], shape))
    if name == "BinaryCrossEntropyWithLogits":
        return values, yes, (np.resize([1000.0, -1000.0, 0.0], shape), yes)
    if name in ("CrossEntropy", "Hinge"):
        return values, labels, (1000.0 + np.round(4 * values), labels)
    if name in ("NLL", "KLDivergence"):
        logs = values - np.log(np.exp(values).sum(axis=1, keepdims=True))
        target = rng.dirichlet(np.ones(FEATURES), EXAMPLES)
        return logs, labels if name == "NLL" else target, None
    if name == "PoissonNLL":
        return values, rng.poisson(2.0, shape).astype(float), None
    return values, rng.standard_normal(shape), None
