"""The loop: fit, predict, evaluate, and the callbacks that watch it."""

import copy
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from layers import Identity, Sequential, Sigmoid, Softmax, Standardize
from losses import NLL, BinaryCrossEntropyWithLogits, CrossEntropy, Hinge, KLDivergence
from threestep.data import batches
from threestep.data.dataset import not_finite, require_positive

from .errors import Diverged, describe
from .metrics import METRICS, default_metrics, require_metrics


@dataclass
class Progress:
    """Where a run is: what every callback receives, and may act on.

    Attributes:
        model, criterion, optimizer; epochs: how many there will be; steps_per_epoch; epoch, step: counted from 1, step
        over the whole run; loss: of the last batch; record: the finished epoch's figures; history: all of them.
        stop: set it to end the run after this step.
    """

    model: object
    criterion: object
    optimizer: object
    epochs: int
    steps_per_epoch: int = 0
    epoch: int = 0
    step: int = 0
    loss: float = float("nan")
    record: dict = field(default_factory=dict)
    history: list = field(default_factory=list)
    stop: object = False


class Callback:
    """Watches a run, or takes part in it. Define the moments that matter; each gets the Progress."""

    def on_start(self, progress):
        """Before the first step."""

    def on_gradient(self, progress, x, y):
        """After update and before the displacement: model.gradient may still be changed. x, y: the batch."""

    def on_step(self, progress):
        """After each displacement."""

    def on_epoch(self, progress):
        """After each epoch, when progress.record holds its figures."""

    def on_end(self, progress):
        """After the last step, also when the run was stopped or failed; for each callback that was started."""


def fit(
    model, criterion, optimizer, x, y, epochs=1, batch_size=32, valid=None, metrics=None, rng=0, callbacks=()
) -> list:
    """Trains the model; returns a list with one dict for each epoch: epoch, train_loss, and valid_... with `valid`.

    train_loss is the mean over the epoch's batches, as they were met; each valid_ figure is evaluated at its end.
    Builds the model if it is not built; fits each Standardize that is not fitted, on x.

    Args:
        x, y: examples and targets, stacked on axis 0, in the shapes that model and criterion take.
        valid: a pair (x, y). metrics: names from METRICS; unless given, those that suit the criterion.
        rng: an int or Generator, for the order of the examples and, if need be, the start of the parameters.
        callbacks: instances of Callback.

    Raises Diverged where loss or gradient is not finite, before the step is taken, or a parameter after an epoch;
    ValueError for x or y with NaN or infinity, without examples, or of different lengths.
    """
    x, y = np.asarray(x), np.asarray(y)
    valid = None if valid is None or len(valid[0]) == 0 else tuple(map(np.asarray, valid))
    if len(x) == 0:
        raise ValueError("x holds no examples")
    for name, part in zip(("x", "y", "valid x", "valid y"), (x, y, *(valid or ())), strict=False):
        if wrong := not_finite(name, part):
            raise ValueError(wrong)
    require_positive("epochs", epochs)
    metrics = require_metrics(default_metrics(criterion) if metrics is None else metrics)
    steps = sum(1 for _ in batches(x, y, batch_size))
    for mistake in classic_mistakes(model, criterion):
        warnings.warn(mistake, stacklevel=2)
    rng = np.random.default_rng(rng)
    if not model.built:
        model.build(x.shape[1:], rng)
    progress = Progress(model, criterion, optimizer, epochs, steps_per_epoch=steps)
    started = []
    with modes_kept(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # diverged tells it better
        try:
            fit_standardize(model, x)
            for callback in callbacks:
                callback.on_start(progress)
                started.append(callback)
            while progress.epoch < epochs and not progress.stop:
                train_epoch(progress, x, y, batch_size, rng, callbacks)
                if not progress.stop:
                    if valid:
                        found = evaluate(model, criterion, *valid, metrics=metrics)
                        progress.record.update({f"valid_{name}": value for name, value in found.items()})
                    progress.history.append(progress.record)
                    notify(callbacks, "on_epoch", progress)
        finally:
            notify(started, "on_end", progress)
    return progress.history


def train_epoch(progress, x, y, batch_size, rng, callbacks):
    """One pass over the examples: the slides' three steps and a displacement for each batch."""
    model, criterion, optimizer = progress.model, progress.criterion, progress.optimizer
    progress.epoch += 1
    model.train()
    total = 0.0
    for x_batch, y_batch in batches(x, y, batch_size, rng):
        progress.step += 1
        progress.loss = criterion.forward(model.forward(x_batch), y_batch)
        if not isfinite(progress.loss):
            raise diverged(progress, f"loss is {progress.loss}")
        model.backward(criterion.backward(), input_gradient=False)
        model.update()
        # the product is quick, but may overflow in float32
        if not isfinite(model.gradient @ model.gradient) and not np.isfinite(model.gradient).all():
            raise diverged(progress, "gradient is not finite")
        notify(callbacks, "on_gradient", progress, x_batch, y_batch)
        optimizer.step(model.theta, model.gradient, model.segments)
        total += progress.loss * len(x_batch)
        notify(callbacks, "on_step", progress)
        if progress.stop:
            return
    if not np.isfinite(model.theta).all():
        raise diverged(progress, "a parameter is not finite")
    progress.record = {"epoch": progress.epoch, "train_loss": total / len(x)}


@contextmanager
def modes_kept(model):
    """Puts every layer back into the mode, training or evaluation, that it was in."""
    modes = [(layer, layer.training) for layer in model.walk()]
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training


def predict(model, x, batch_size=256):
    """The model's outputs for all of x, (N, ...), in evaluation mode; each layer's mode is put back."""
    require_positive("batch_size", batch_size)
    x = np.asarray(x)
    with modes_kept(model):
        model.eval()
        return np.concatenate([model.forward(x[i : i + batch_size]) for i in range(0, max(len(x), 1), batch_size)])


def evaluate(model, criterion, x, y, metrics=None, batch_size=256):
    """{"loss": ..., and each metric} over all examples, in evaluation mode."""
    metrics = require_metrics(default_metrics(criterion) if metrics is None else metrics)
    y, prediction = np.asarray(y), predict(model, x, batch_size)
    found = {"loss": copy.copy(criterion).forward(prediction, y)}
    return found | {name: METRICS[name](criterion, prediction, y) for name in metrics}


def fit_standardize(model, x):
    """Fits every Standardize that has not been fitted to what reaches it of x."""
    places = model.layers if isinstance(model, Sequential) else [model]
    waiting = [any(isinstance(part, Standardize) and not part.fitted for part in layer.walk()) for layer in places]
    while any(waiting):
        layer, waits = places[0], waiting[0]
        places, waiting = places[1:], waiting[1:]
        if isinstance(layer, Standardize) and waits:
            layer.fit(x)
        elif waits:
            fit_standardize(layer, x)
        if any(waiting):
            x = predict(layer, x)


def classic_mistakes(model, criterion):
    """What is likely wrong between the last layer and the loss, each in a sentence."""
    leaves = [layer for layer in model.walk() if not layer.children and not isinstance(layer, Identity)]
    last = leaves[-1] if leaves else None
    if isinstance(last, Softmax) and isinstance(criterion, CrossEntropy):
        yield "the model ends with Softmax and CrossEntropy takes logits, so softmax is applied twice: remove Softmax"
    if isinstance(last, Softmax) and isinstance(criterion, (NLL, KLDivergence)):
        loss = type(criterion).__name__
        yield f"the model ends with Softmax and {loss} takes log-probabilities: use LogSoftmax"
    if isinstance(last, Softmax) and isinstance(criterion, Hinge):
        yield "the model ends with Softmax and Hinge takes scores of any size, no probabilities: remove Softmax"
    if isinstance(last, Sigmoid) and isinstance(criterion, BinaryCrossEntropyWithLogits):
        yield "the model ends with Sigmoid and the loss takes logits, so sigmoid is applied twice: remove Sigmoid"


def diverged(progress, what):
    """The error that says what is not finite, where the run is, and the largest gradient that was computed last."""
    largest = largest_gradient(progress.model)
    return Diverged(
        f"{what} at epoch {progress.epoch}, step {progress.step} "
        f"(lr {progress.optimizer.lr:g}{largest and '; largest gradient: ' + largest})"
    )


def largest_gradient(model):
    """The parameter with the largest gradient entry, or the first not finite: "layer 4 Dense W, 3e+08"."""
    sizes = {name: float(np.abs(array).max(initial=0)) for name, array in model.grads.items()}
    if not sizes:
        return ""
    name = next((name for name, size in sizes.items() if not isfinite(size)), max(sizes, key=sizes.get))
    return f"{describe(model, name)}, {sizes[name]:.0e}"


def notify(callbacks, moment, *arguments):
    for callback in callbacks:
        getattr(callback, moment)(*arguments)
