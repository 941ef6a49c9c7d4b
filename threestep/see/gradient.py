"""input_gradient: what a trained network's output, or its loss, says about the data."""

import numpy as np

from layers import Sequential


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

    Raises RuntimeError for a model that is not built, ValueError for an unknown layer or a g that has not y's shape.

    Source: slides "Adversarial example" and "Saliency map".
    """
    if not model.built:
        raise RuntimeError(f"{model.label} is not built yet: train it, or load it, before asking what it has learned")
    layers = [model] if upto is None else leading(model, upto)
    modes = [(layer, layer.training) for layer in model.walk()]
    model.eval()
    try:
        y = x
        for layer in layers:
            y = layer.forward(y)
        dx = seed(y)
        for layer in reversed(layers):
            dx = layer.backward(dx)
    finally:
        for layer, training in modes:
            layer.training = training
        model._forget()
    return y, dx


def leading(model, upto):
    """The layers of a Sequential, up to and with the one that is given by its place or its name."""
    if type(model).forward is not Sequential.forward:
        raise ValueError(f"upto expected a layer of a Sequential, got {upto!r} for a {type(model).__name__}")
    known = {layer.name: place for place, layer in enumerate(model.layers) if layer.name}
    place = known.get(upto, upto)
    if isinstance(place, bool) or not isinstance(place, int) or not -len(model) <= place < len(model):
        names = f", {', '.join(known)}" if known else ""
        raise ValueError(f"upto expected one of 0 to {len(model) - 1}{names}, got {upto!r}")
    return model.layers[: place % len(model) + 1]


def class_score(c):
    """The seed of y[c], the score of a class: g is 1 there, else 0.

    c: a label for all examples, or one for each, (N,). Shapes: y (N, K) to g (N, K). The score ought to be a logit:
    behind Softmax a class that is sure already has hardly a gradient.
    """

    def seed(y):
        if y.ndim != 2:
            raise ValueError(f"class_score expected y of shape (N, K), got {y.shape}")
        labels = np.asarray(c)
        if labels.dtype.kind not in "iu" or labels.shape not in ((), (len(y),)):
            raise ValueError(f"class_score expected a label, or {len(y)} of them, got {c!r}")
        if labels.size and not 0 <= labels.min() <= labels.max() < y.shape[1]:
            raise ValueError(f"class_score expected labels from 0 to {y.shape[1] - 1}, got {c!r}")
        g = np.zeros_like(y)
        g[np.arange(len(y)), labels] = 1
        return g

    return seed


def loss_score(criterion, target):
    """The seed of the loss: g is what the loss's backward gives, the mean's 1/N included."""

    def seed(y):
        criterion.forward(y, target)
        return criterion.backward()

    return seed
