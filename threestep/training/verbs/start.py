"""What a model, its loss and its data look like before training, and what is odd about them."""

from copy import deepcopy
from math import log

import numpy as np

from layers import Dropout, HardSigmoid, Hardtanh, Sigmoid, Tanh
from layers.norm import Normalization
from losses import (
    MAE,
    MSE,
    NLL,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Hinge,
    Huber,
    KLDivergence,
    PoissonNLL,
)

from ..loop import what_reaches

BOUNDS = {Sigmoid: (0, 1), HardSigmoid: (0, 1), Tanh: (-1, 1), Hardtanh: None}  # None: its own


def as_labels(criterion, y):
    """Targets as whole numbers (N,), also where they are columns of 0 and 1 or one-hot rows; None for quantities."""
    if criterion.labels:
        return y[y != getattr(criterion, "ignore_index", None)] if y.ndim == 1 else None
    if y.ndim != 2 or not np.isin(y, (0, 1)).all():
        return None
    if y.shape[1] == 1:
        return y[:, 0].astype(int)
    return y.argmax(axis=1) if (y.sum(axis=1) == 1).all() else None


def odd_scale(model, x, columns=None):
    """In words, where what the first layer with parameters gets of x is far from the size of 1; else None.

    The size is the root mean square of each entry of the last axis. columns: what messages call those entries.
    """
    leaves = (layer for layer in model.walk() if not layer.children)
    first = next((layer for layer in leaves if layer.params or isinstance(layer, Normalization)), None)
    if first is None or isinstance(first, Normalization):
        return None
    model.eval()
    seen = what_reaches(first, model, x).astype(np.float64)
    size = np.sqrt(np.mean(seen * seen, axis=tuple(range(seen.ndim - 1))))  # (D,)
    low, high = int(size.argmin()), int(size.argmax())

    def name(place):
        return f"column {columns[place]!r}" if columns and len(columns) == len(size) else f"entry {place}"

    of = f" of {name(high)}" if len(size) > 1 else ""
    if size[high] > 10:
        return f"inputs are large: {first.label} gets values{of} around {size[high]:.3g}. Put Standardize first"
    if 0 < size[high] < 0.01:
        return f"inputs are tiny: {first.label} gets values{of} around {size[high]:.1g}. Put Standardize first"
    if 0 < 1000 * size[low] < size[high]:
        sizes = f"{name(high)} is around {size[high]:.3g} and {name(low)} around {size[low]:.3g}"
        return f"inputs differ in size: {sizes}. Put Standardize first"
    return None


def knowing_nothing(criterion, y, shape):
    """(the loss of the best answer that heeds neither x nor how often a class is met, the answer in words).

    For quantities the best answer that is always the same. None for a loss of the user's own.
    """
    k, answer, words = shape[-1], 0.0, "every class alike"
    if isinstance(criterion, (NLL, KLDivergence)):
        answer = -log(k)
    elif isinstance(criterion, BinaryCrossEntropy):
        answer = 0.5
    elif isinstance(criterion, MSE):
        answer, words = y.mean(axis=0), "the variance of the targets"
    elif isinstance(criterion, (MAE, Huber)):
        answer, words = np.median(y, axis=0), "for always saying the median"
    elif isinstance(criterion, PoissonNLL):
        answer, words = y.mean(axis=0), "for always saying the mean"
        answer = np.log(np.maximum(answer, 1e-3)) if criterion.log_input else answer
    elif not isinstance(criterion, (CrossEntropy, Hinge, BinaryCrossEntropyWithLogits)):
        return None
    value = deepcopy(criterion).forward(np.broadcast_to(np.asarray(answer, np.float64), shape), y)
    if words == "every class alike":
        words = next((f"ln {n}" for n in (k, 2) if n > 1 and abs(value - log(n)) < 1e-6), words)
    return value, words


def reason(criterion, y):
    """What is likely the reason for a first loss that is too high."""
    if isinstance(criterion, (MSE, MAE, Huber)) and abs(y.mean()) > y.std():
        return f"the targets lie around {y.mean():.3g}, and what a new model says near 0"
    return "the last layer's outputs are large at the start"


def idle_units(layer, x, y):
    """Yields (number, of how many, what they are) for units that are 0, or at a bound, for all examples."""
    if layer.children or layer.params or isinstance(layer, Dropout) or np.shape(x) != np.shape(y):
        return
    units, given = y.reshape(-1, y.shape[-1]), x.reshape(-1, y.shape[-1])  # a channel of an image is one unit
    if type(layer) in BOUNDS:
        low, high = BOUNDS[type(layer)] or (layer.min_val, layer.max_val)
        margin = 0.01 * (high - low)
        idle, what = ((units < low + margin) | (units > high - margin)).all(axis=0), "saturated, at a bound"
    else:
        idle, what = ~units.any(axis=0) & given.any(axis=0), "dead, 0"
    if idle.any():
        yield int(idle.sum()), units.shape[1], what
