"""The loop: fit, predict, evaluate."""

import copy
import warnings
from contextlib import contextmanager, suppress
from math import isfinite

import numpy as np

from layers import Dense, Graph, Identity, Sequential, Sigmoid, Softmax, Standardize
from losses import NLL, BinaryCrossEntropyWithLogits, CrossEntropy, Hinge, KLDivergence
from losses.loss import NothingCounts
from threestep.data import batches
from threestep.data.dataset import require_positive, take

from .arguments import as_inputs, finite, require_labels, require_parts, validation_pair, weighted
from .callbacks import Clip, Penalty, Progress, Scheduled
from .errors import Diverged, describe
from .metrics import METRICS, default_metrics, require_metrics


def fit(
    model,
    criterion,
    optimizer,
    x,
    y,
    epochs=1,
    batch_size=32,
    valid=None,
    metrics=None,
    rng=0,
    callbacks=(),
    *,
    schedule=None,
    weights=None,
    l1=0.0,
    l2=0.0,
    clip_norm=None,
    clip_value=None,
) -> list:
    """Trains the model; returns a list with one dict for each epoch: epoch, train_loss, and valid_... with `valid`.

    train_loss is the mean over the epoch's batches, as they were met; each valid_ figure is evaluated at its end.
    A batch in which every label is ignored moves nothing.
    Builds the model if it is not built; fits each Standardize that is not fitted, on x.

    Args:
        x, y: examples and targets, stacked on axis 0, in the shapes that model and criterion take; a tuple of arrays x
            for a model with several inputs.
        valid: a pair (x, y). metrics: names from METRICS; unless given, those that suit the criterion.
        rng: an int or Generator, for the order of the examples and, if need be, the start of the parameters.
        callbacks: instances of Callback.
        schedule: one of optim's, which sets optimizer.lr at every step; each record has the epoch's last as lr. Plateau
            watches valid_loss, or train_loss without `valid`. In the end optimizer.lr is what it was at the start.
        weights: (N,), numbers of 0 or more: how much each example counts in the training loss; 0 leaves it out.
        l1, l2: the gradient is that of loss + penalty, with penalty = sum over theta of l1 |w| + l2 w^2 / 2; each
            record has the mean penalty as train_penalty, apart from the loss. In SGD, l2 does what weight_decay does.
        clip_norm, clip_value: limits of the norm and of the entries (these first) of the gradient with the penalty's.

    Raises Diverged where loss or gradient is not finite, before the step is taken, or a parameter after an epoch;
    ValueError for x or y with NaN or infinity, without examples, or of different lengths, or a schedule longer than the
    run.
    """
    require_parts(model, criterion, optimizer, schedule, callbacks)
    x, y, valid = finite("x", as_inputs(model, x)), finite("y", y), validation_pair(model, valid)
    if len(y) == 0:
        raise ValueError("x holds no examples")
    batches(x, y, batch_size)  # refuses what differs in length
    x, targets = (x, (y,)) if weights is None else weighted(x, y, finite("weights", weights))
    require_positive("epochs", epochs)
    metrics = require_metrics(default_metrics(criterion) if metrics is None else metrics)
    own = [Penalty(l1, l2)] if l1 or l2 else []
    own += [Clip(clip_norm, clip_value)] if clip_norm is not None or clip_value is not None else []
    own += [Scheduled(schedule, optimizer, epochs)] if schedule is not None else []
    callbacks = [*own, *callbacks]
    steps = sum(1 for _ in batches(x, targets[0], batch_size))
    for mistake in classic_mistakes(model, criterion):
        warnings.warn(mistake, stacklevel=2)
    rng = np.random.default_rng(rng)
    shape = tuple(part.shape[1:] for part in x) if isinstance(x, tuple) else x.shape[1:]
    if not model.built:
        model.build(shape, rng)
    if not model.trains:
        warnings.warn("nothing is trained: every layer is frozen, or there are no parameters", stacklevel=2)
    require_labels("y", criterion, y, model.output_shape(shape))
    if valid:
        require_labels("valid y", criterion, valid[1], model.output_shape(shape))
        with suppress(NothingCounts):  # a wrong valid or metric is told now, not after an epoch
            evaluate(model, criterion, take(valid[0], slice(256)), valid[1][:256], metrics=metrics)
    progress = Progress(model, criterion, optimizer, epochs, steps_per_epoch=steps)
    started = []
    with modes_kept(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # diverged tells it better
        try:
            fit_standardize(model, x)
            for callback in callbacks:
                callback.on_start(progress)
                started.append(callback)
            while progress.epoch < epochs and not progress.stop:
                train_epoch(progress, x, targets, batch_size, rng, callbacks)
                if not progress.stop:
                    if valid:
                        found = evaluate(model, criterion, *valid, metrics=metrics)
                        progress.record.update({f"valid_{name}": value for name, value in found.items()})
                    progress.history.append(progress.record)
                    notify(callbacks, "on_epoch", progress)
        finally:
            notify(started, "on_end", progress)
    return progress.history


def train_epoch(progress, x, targets, batch_size, rng, callbacks):
    """One pass over the examples: the slides' three steps and a displacement for each batch.

    targets: (y,), or (y, weights).
    """
    model, criterion, optimizer = progress.model, progress.criterion, progress.optimizer
    progress.epoch += 1
    model.train()
    total = counted = 0.0
    for x_batch, chosen in batches(x, np.arange(len(targets[0])), batch_size, rng):
        progress.step += 1
        batch = [part[chosen] for part in targets]
        try:
            progress.loss = criterion.forward(model.forward(x_batch), *batch)
        except NothingCounts:  # all labels of the batch are ignored: no loss, no gradient, no displacement
            notify(callbacks, "on_step", progress)
            continue
        if not isfinite(progress.loss):
            raise diverged(progress, f"loss is {progress.loss}")
        model.backward(criterion.backward(), input_gradient=False)
        model.update()
        # the product is quick, but may overflow in float32
        if not isfinite(model.gradient @ model.gradient) and not np.isfinite(model.gradient).all():
            raise diverged(progress, "gradient is not finite")
        notify(callbacks, "on_gradient", progress, x_batch, batch[0])
        optimizer.step(model.theta, model.gradient, model.segments)
        size = float(batch[1].sum()) if len(batch) > 1 else len(batch[0])
        total, counted = total + progress.loss * size, counted + size
        notify(callbacks, "on_step", progress)
        if progress.stop:
            return
    if not counted:
        raise NothingCounts(f"no label counts in epoch {progress.epoch}: each is ignored or has weight 0")
    if not np.isfinite(model.theta).all():
        raise diverged(progress, "a parameter is not finite")
    progress.record = {"epoch": progress.epoch, "train_loss": total / counted}


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
    """The model's outputs for all of x, (N, ...), in evaluation mode; each layer's mode is put back.

    Several inputs, or outputs, are a tuple of arrays.
    """
    require_positive("batch_size", batch_size)
    x = as_inputs(model, x)
    x = tuple(map(np.asarray, x)) if isinstance(x, tuple) else np.asarray(x)
    with modes_kept(model):
        model.eval()
        outputs = [model.forward(part) for part in pieces(x, batch_size)]
    if isinstance(outputs[0], tuple):
        return tuple(map(np.concatenate, zip(*outputs, strict=True)))
    return np.concatenate(outputs)


def pieces(x, batch_size):
    """All examples in order, batch_size at a time; one empty piece where there is none."""
    n = len(x[0] if isinstance(x, tuple) else x)
    return [take(x, slice(start, start + batch_size)) for start in range(0, max(n, 1), batch_size)]


def evaluate(model, criterion, x, y, metrics=None, batch_size=256):
    """{"loss": ..., and each metric} over all examples, in evaluation mode."""
    metrics = require_metrics(default_metrics(criterion) if metrics is None else metrics)
    y, prediction = np.asarray(y), predict(model, x, batch_size)
    found = {"loss": copy.copy(criterion).forward(prediction, y)}
    return found | {name: METRICS[name](criterion, prediction, y) for name in metrics}


def fit_standardize(model, x):
    """Fits every Standardize that has not been fitted to what reaches it of x, in evaluation mode."""
    model.eval()
    for layer in model.walk():
        if isinstance(layer, Standardize) and not layer.fitted:
            layer.fit(what_reaches(layer, model, x))


def what_reaches(layer, model, x, batch_size=256):
    """The input that a layer of the model gets for x, wherever it stands; the passes end there."""
    got = []

    def listen(x):
        got.append(x)
        raise Reached

    layer.forward = listen
    try:
        for part in pieces(x, batch_size):
            with suppress(Reached):
                model.forward(part)
    finally:
        del layer.forward
    return np.concatenate(got)


class Reached(BaseException):
    """Ends a forward pass at a layer; no Exception, so that no container takes it for an error to be placed."""


def classic_mistakes(model, criterion):
    """What is likely wrong between the last layer and the loss, each in a sentence."""
    last = last_layer(model)
    if isinstance(last, Softmax) and isinstance(criterion, CrossEntropy):
        yield "the model ends with Softmax and CrossEntropy takes logits, so softmax is applied twice: remove Softmax"
    if isinstance(last, Softmax) and isinstance(criterion, (NLL, KLDivergence)):
        loss = type(criterion).__name__
        yield f"the model ends with Softmax and {loss} takes log-probabilities: use LogSoftmax"
    if isinstance(last, Dense) and isinstance(criterion, (NLL, KLDivergence)):
        loss = type(criterion).__name__
        yield f"the model ends with Dense and {loss} takes log-probabilities, which are 0 or less: add LogSoftmax"
    if isinstance(last, Softmax) and isinstance(criterion, Hinge):
        yield "the model ends with Softmax and Hinge takes scores of any size, no probabilities: remove Softmax"
    if isinstance(last, Sigmoid) and isinstance(criterion, BinaryCrossEntropyWithLogits):
        yield "the model ends with Sigmoid and the loss takes logits, so sigmoid is applied twice: remove Sigmoid"


def last_layer(model):
    """The layer whose output is the model's, looked for through models within; None for an empty one."""
    if type(model) is Sequential:
        return next((last_layer(layer) for layer in reversed(model.layers) if not isinstance(layer, Identity)), None)
    if isinstance(model, Graph) and len(model.outputs) == 1 and model.outputs[0] in model.nodes:
        return last_layer(model.nodes[model.outputs[0]][1])
    return model


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
