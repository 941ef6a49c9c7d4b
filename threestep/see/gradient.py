"""input_gradient: what a trained network's output, or its loss, says about the data."""

from operator import index

import numpy as np

from layers import Layer, Sequential
from layers.guards import admit_input
from losses import Loss


def input_gradient(model, x, seed, upto=None):
    """y and dx = ds/dx, for a score s of the output y: forward, then backward from g = ds/dy.

    Runs in evaluation mode, and never calls update. Parameters, gradients, state and mode are left as they are; what
    the layers kept of an earlier forward is gone, so a training step begun before has to be begun again.

    Args:
        x: examples stacked on axis 0, or a tuple of such arrays.
        seed: a function from y to g, such as `class_score(labels)` or `loss_score(criterion, target)`.
        upto: the last layer to run, by its place or its name in a Sequential; the whole model unless given. A score of
            logits needs it where a model ends in Softmax: `upto=-2`.

    Returns y of the last layer run, and dx with the shape of x.

    Raises TypeError for a model that is no layer or a seed that is no function, RuntimeError for a model that is not
    built, ValueError for an unknown layer, an x that does not fit, or a g that has not y's shape.

    Source: slides "Adversarial example" and "Saliency map".
    """
    require_layer("input_gradient", model)
    if not callable(seed) or isinstance(seed, type):
        raise TypeError(f"seed expected a function such as class_score(3) or loss_score(criterion, y), got {seed!r}")
    if not model.built:
        raise RuntimeError(f"{model.label} is not built yet: train it, or load it, before asking what it has learned")
    stop = None if upto is None else place_of(model, upto) + 1
    modes = [(layer, layer.training) for layer in model.walk()]
    model.eval()
    try:
        if stop is None:
            y = model.forward(x)
            dx = model.backward(seed(y))
        else:
            y = admit_input(model, x)
            for place in range(stop):
                y = model.call(place, "forward", y)
            dx = seed(y)
            for place in reversed(range(stop)):
                dx = model.call(place, "backward", dx)
    finally:
        for layer, training in modes:
            layer.training = training
        model._forget()
    return y, dx


def place_of(model, upto):
    """The place of a layer of a Sequential, given by its name or its place."""
    if type(model).forward is not Sequential.forward:
        raise ValueError(f"upto expected a layer of a Sequential, got {upto!r} for a {type(model).__name__}")
    known = {layer.name: place for place, layer in enumerate(model.layers) if layer.name}
    n = len(model)
    place = known.get(upto) if isinstance(upto, str) else None if isinstance(upto, (bool, float)) else index(upto)
    if place is None or not -n <= place < n:
        names = f", {', '.join(known)}" if known else ""
        raise ValueError(f"upto expected one of {-n} to {n - 1}{names}, got {upto!r}")
    return place % n


def require_layer(function, model):
    """TypeError for a model that is no layer, with what to write instead."""
    if isinstance(model, type):
        raise TypeError(f"{function} expected a model, got the class {model.__name__}: write {model.__name__}(...)")
    if not isinstance(model, Layer):
        advice = ": write Sequential(*layers)" if isinstance(model, (list, tuple)) else ""
        raise TypeError(f"{function} expected a model (a Layer) first, got a {type(model).__name__}{advice}")


def class_score(c):
    """The seed of y[:, c], the score of a class: g is 1 there, else 0.

    c: a label for all examples, or one for each, (N,). Shapes: y (N, K) to g (N, K). The score ought to be a logit:
    after Softmax, a class that is near 1 has almost no gradient.

    Raises TypeError for labels that are not whole numbers, ValueError for a label out of range, or too many of them.
    """
    labels = np.asarray(c)
    if labels.dtype.kind not in "iu" and labels.size:
        advice = ": use .astype(int)" if labels.dtype.kind == "f" else ""
        raise TypeError(f"class_score expected whole numbers as labels, got {labels.dtype}{advice}")

    def seed(y):
        if y.ndim != 2:
            raise ValueError(f"class_score expected y of shape (N, K), got {y.shape}")
        if labels.shape not in ((), (len(y),)):
            raise ValueError(f"class_score expected a label, or labels of shape ({len(y)},), got shape {labels.shape}")
        wrong = np.flatnonzero((labels < 0) | (labels >= y.shape[1]))
        if wrong.size:
            place = f" at {wrong[0]}" if labels.ndim else ""
            raise ValueError(
                f"class_score expected labels from 0 to {y.shape[1] - 1}, got {labels.ravel()[wrong[0]]}{place}"
            )
        g = np.zeros_like(y)
        g[np.arange(len(y)), labels.astype(int)] = 1
        return g

    return seed


def loss_score(criterion, target):
    """The seed of the loss: g is what the loss's backward gives, the mean's 1/N included.

    Raises TypeError for a criterion that is no loss, and what the loss raises.
    """
    if not isinstance(criterion, Loss):
        advice = f": write {criterion.__name__}()" if isinstance(criterion, type) else ""
        got = f"the class {criterion.__name__}" if advice else f"a {type(criterion).__name__}"
        raise TypeError(f"loss_score expected a loss first, got {got}{advice}")

    def seed(y):
        criterion.forward(y, target)
        return criterion.backward()

    return seed
