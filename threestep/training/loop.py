"""The loop: fit, predict, evaluate."""

import copy
import warnings
from contextlib import contextmanager, suppress
from itertools import islice
from math import isfinite

import numpy as np

from layers import Dense, Graph, Identity, Sequential, Sigmoid, Softmax, Standardize
from losses import NLL, BinaryCrossEntropyWithLogits, CrossEntropy, Hinge, KLDivergence
from losses.loss import NothingCounts
from threestep.data import batches
from threestep.data.dataset import require_positive, take

from .arguments import as_inputs, finite, require_labels, require_parts, validation_pair, weighted
from .callbacks import Clip, Penalty, Progress, Scheduled
from .checkpoint import restore, restore_callbacks
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
    accumulate=1,
    start=None,
) -> list:
    """Trains the model; returns a list with one dict for each epoch: epoch, train_loss, and valid_... with `valid`.

    train_loss is the mean over the epoch's labels, as they were met; each valid_ figure is evaluated at its end.
    A step in which every label is ignored moves nothing.
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
        accumulate: batches that make one step, as one batch so many times as large would, but for rounding and for what
            a layer measures over a batch; in the memory of one.
        start: a run's snapshot, as read_checkpoint returns it: goes on from there as if nothing had happened, given the
            same of everything else. It replaces the model's parameters, optimizer.state and rng.

    Raises Diverged where loss, gradient or the optimizer's state is not finite, before the step is taken, or a
    parameter or the validation loss after an epoch; ValueError for x or y with NaN or infinity, without examples, or of
    different lengths, or a schedule longer than the run.
    """
    require_parts(model, criterion, optimizer, schedule, callbacks)
    x, y, valid = finite("x", as_inputs(model, x)), finite("y", y), validation_pair(model, valid)
    if len(y) == 0:
        raise ValueError("x holds no examples")
    batches(x, y, batch_size)  # refuses what differs in length
    x, targets = (x, (y,)) if weights is None else weighted(x, y, finite("weights", weights))
    require_positive("epochs", epochs)
    require_positive("batch_size", batch_size)
    require_positive("accumulate", accumulate)
    metrics = require_metrics(default_metrics(criterion) if metrics is None else metrics)
    own = [Penalty(l1, l2)] if l1 or l2 else []
    own += [Clip(clip_norm, clip_value)] if clip_norm is not None or clip_value is not None else []
    own += [Scheduled(schedule, optimizer, epochs)] if schedule is not None else []
    callbacks = [*own, *callbacks]
    steps = sum(1 for _ in batches(targets[0], targets[0], batch_size * accumulate))
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
    progress = Progress(model, criterion, optimizer, epochs, steps_per_epoch=steps, rng=rng, callbacks=callbacks)
    started = []
    with modes_kept(model), np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # diverged tells it better
        try:
            if start is None:
                fit_standardize(model, x)
            else:
                restore(progress, *start)
            for callback in callbacks:
                callback.on_start(progress)
                started.append(callback)
            if start is not None:
                restore_callbacks(callbacks, *start)
            while not progress.stop and (progress.order is not None or progress.epoch < epochs):
                train_epoch(progress, x, targets, batch_size, accumulate)
                if not progress.stop:
                    close_epoch(progress, valid, metrics)
        except Diverged:
            progress.stop = "diverged"
            raise
        finally:
            notify(started[::-1], "on_end", progress)
    return progress.history


def train_epoch(progress, x, targets, batch_size, accumulate):
    """One pass over the examples, or the rest of one: a displacement for each `accumulate` batches.

    targets: (y,), or (y, weights).
    """
    model, optimizer = progress.model, progress.optimizer
    if progress.order is None:
        progress.epoch, progress.order = progress.epoch + 1, progress.rng.permutation(len(targets[0]))
        progress.loss_sum = progress.counted = 0.0
    model.train()
    state = list(model.state.values())  # the layers' own arrays, which stay where they are
    done = progress.step - (progress.epoch - 1) * progress.steps_per_epoch
    parts = batches(progress.order, progress.order, batch_size * accumulate)
    for chosen, _ in islice(parts, done, None):
        progress.step += 1
        batch = [take(x, chosen), *(part[chosen] for part in targets)]
        whole = len(chosen) <= batch_size
        counted = gradient_step(progress, *batch) if whole else gathered_step(progress, batch, batch_size)
        if counted:
            require_finite(progress, "gradient", model.gradient)
            if progress.callbacks:
                notify(progress.callbacks, "on_gradient", progress, *batch[:2])
                require_finite(progress, "gradient", model.gradient)
            require_finite_state(progress, state)
            optimizer.step(model.theta, model.gradient, model.segments)
            progress.loss_sum += progress.loss * counted
            progress.counted += counted
        notify(progress.callbacks, "on_step", progress)
        if progress.stop:
            return


def gradient_step(progress, x, *targets):
    """The slides' three steps on x, y and perhaps weights: sets progress.loss and model.gradient, and nothing else.

    Returns how much of the batch counts: 0, and nothing is set, where each label is ignored.
    """
    model, criterion = progress.model, progress.criterion
    try:
        loss = float(criterion.forward(model.forward(x), *targets))
    except NothingCounts:
        return 0.0
    if not isfinite(loss):
        raise diverged(progress, f"loss is {loss}")
    progress.loss = loss
    model.backward(criterion.backward(), input_gradient=False)
    model.update()
    return getattr(criterion, "counted", len(targets[0]))


def gathered_step(progress, batch, batch_size):
    """gradient_step of a batch in parts: loss and gradient are the means over the parts, each as much as it counts."""
    total, loss_sum, gradient = 0.0, 0.0, 0.0
    for x, chosen in batches(batch[0], np.arange(len(batch[1])), batch_size):
        counted = gradient_step(progress, x, *(part[chosen] for part in batch[1:]))
        if counted:
            total, loss_sum = total + counted, loss_sum + counted * progress.loss
            gradient = gradient + counted * progress.model.gradient
    if total:
        progress.loss = loss_sum / total
        progress.model.gradient[...] = gradient / total
    return total


def close_epoch(progress, valid, metrics):
    """The epoch's record: the mean loss and, with `valid`, the figures there."""
    if not progress.counted:
        raise NothingCounts(f"no label counts in epoch {progress.epoch}: each is ignored or has weight 0")
    broken = first_broken(progress.model)
    if broken:
        what = "a parameter" if broken in progress.model.params else "a layer's state"
        raise diverged(progress, f"{what} is not finite")
    progress.record = {"epoch": progress.epoch, "train_loss": progress.loss_sum / progress.counted}
    if valid:
        found = evaluate(progress.model, progress.criterion, *valid, metrics=metrics)
        if not isfinite(found["loss"]):
            raise diverged(progress, f"valid_loss is {found['loss']}")
        progress.record.update({f"valid_{name}": value for name, value in found.items()})
    progress.order = None
    progress.history.append(progress.record)
    notify(progress.callbacks, "on_epoch", progress)


def require_finite_state(progress, state):
    """Diverged unless all that a step starts from is finite: parameters, the optimizer's vectors, layers' state, lr."""
    require_finite(progress, "the value", progress.model.theta)
    for name, vector in getattr(progress.optimizer, "state", {}).items():
        if isinstance(vector, np.ndarray):
            require_finite(progress, f"the optimizer's {name}", vector)
    if not all(np.isfinite(array).all() for array in state):
        raise diverged(progress, "a layer's state is not finite")
    if not isfinite(progress.optimizer.lr):
        raise diverged(progress, f"lr is {progress.optimizer.lr}")


def require_finite(progress, name, vector):
    """Diverged, with the first parameter concerned, unless a vector like theta is finite.

    The product is quick, but may overflow.
    """
    if not isfinite(vector @ vector) and not np.isfinite(vector).all():
        model, place = progress.model, np.isfinite(vector).argmin()
        ends = np.cumsum([array.size for array in model.params.values()])
        parameter = list(model.params)[np.searchsorted(ends, place, side="right")]
        raise diverged(progress, f"{name} of {describe(model, parameter)} is not finite")


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
    found = {"loss": float(copy.copy(criterion).forward(prediction, y))}
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
    model, broken = progress.model, first_broken(progress.model)
    largest = f"not finite: {describe(model, broken)}" if broken else largest_gradient(model)
    lr = f"lr {progress.optimizer.lr:g}"
    return Diverged(f"{what} at epoch {progress.epoch}, step {progress.step} ({lr}{largest and '; '}{largest})")


def first_broken(model):
    """The dotted name of the first parameter or state that is not finite, or None."""
    arrays = [*model.params.items(), *model.state.items()]
    return next((name for name, array in arrays if not np.isfinite(array).all()), None)


def largest_gradient(model):
    """Which parameter has the largest gradient entry, or the first that is not finite; "" before there is any."""
    sizes = {name: float(np.abs(array).max(initial=0)) for name, array in model.grads.items()}
    name = next((name for name, size in sizes.items() if not isfinite(size)), max(sizes, key=sizes.get, default=None))
    return f"largest gradient: {describe(model, name)}, {sizes[name]:.0e}" if name is not None and sizes[name] else ""


def notify(callbacks, moment, *arguments):
    for callback in callbacks:
        getattr(callback, moment)(*arguments)
