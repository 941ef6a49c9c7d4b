"""The dry run before training: does everything fit, are the gradients right, does a step go downhill?"""

import warnings
from copy import deepcopy
from time import perf_counter

import numpy as np

from layers.guards import batch
from threestep.checks.gradients import restorer
from threestep.data import batches

from ..errors import Diverged, counted, describe
from ..loop import classic_mistakes, evaluate, fit, fit_standardize
from ..prepare import prepare
from .directions import check_directions
from .start import as_labels, idle_units, knowing_nothing, odd_scale, reason
from .table import megabytes, table
from .watch import inner, layer_rows, new_bytes, watched

FAR = 2  # times the loss of a model that knows nothing, or that before a step


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # what is not finite is told in words
def check(config):
    """Tries a config without training it: prints what it finds and returns 0, or 2 where it cannot be trained.

    Shapes and memory; every gradient against finite differences; the first loss beside that of a model that knows
    nothing; units that are dead or saturated at the start; one step of the optimizer; how long a run will take.
    Doubts are warnings. Nothing is written, and what the config holds is not trained.

    Raises ConfigError where model, data and loss do not go together, DataError where there is no data.
    """
    parts = prepare(config)
    x, y = parts["train"]
    model, criterion, optimizer = deepcopy((config.model, config.loss, config.optimizer))
    print(f"Checking {config.name}: nothing is trained, nothing is written\n")
    show_data(config, parts)
    print()
    fit_standardize(model, x)
    columns = config.make_data().columns if config.data_name == "CSV" else None
    scale = odd_scale(model, x[:1000], columns)
    frozen = None if model.trains else "nothing is trained: every layer is frozen, or there are no parameters"
    for text in filter(None, [scale, frozen, *classic_mistakes(model, criterion)]):
        doubt(text)
    order = shuffled(config, y)
    first = order[: config.batch_size]
    activations = show_layers(model, x[first])
    problems = show_gradients(model, criterion, x[order[:8]], y[order[:8]])
    show_start(model, criterion, x[order[:256]], y[order[:256]])
    problems += show_step(config, model, criterion, optimizer, x[first], y[first])
    show_memory(model, optimizer, activations)
    problems = problems or show_time(config, model, criterion, optimizer, parts)
    ending = f"{counted(len(problems), 'problem')}: {'; '.join(problems)}." if problems else "It can be trained."
    print(f"\n{ending}")
    return 2 if problems else 0


def doubt(text):
    warnings.warn(text, stacklevel=3)


def shuffled(config, y):
    """The places of the training examples whose label counts, in random order."""
    order = np.random.default_rng(config.seed).permutation(len(y))
    return order[y[order] != getattr(config.loss, "ignore_index", None)] if config.loss.labels else order


def show_data(config, parts):
    x, y = parts["train"]
    uses = (("train", "to train on"), ("valid", "to watch progress with"), ("test", "kept for the test"))
    sizes = ", ".join(f"{len(parts[part][1]):,} {use}" for part, use in uses if len(parts[part][1]))
    print(f"  data        {config.data_name}: {sizes}")
    shape = " x ".join(map(str, x.shape[1:]))
    print(f"              examples of {shape}, from {x.min():.4g} to {x.max():.4g}, with mean {x.mean():.3g}")
    labels = as_labels(config.loss, y)
    if labels is None:
        for place, column in enumerate(y.reshape(len(y), -1).T[:8]):
            which = f"target {place}" if y[0].size > 1 else "targets"
            spread = f"from {column.min():.4g} to {column.max():.4g}, with mean {column.mean():.4g}"
            print(f"              {which} {spread} and standard deviation {column.std():.3g}")
            if column.min() == column.max():
                doubt(f"{which}: always {column[0]:g}, so there is nothing to learn")
        if y[0].size > 8:
            print(f"              and {y[0].size - 8:,} more targets")
        return
    k = config.model.output_shape(x.shape[1:])[-1]
    counts = np.bincount(labels, minlength=max(k, 2))
    few, many = int(counts.argmin()), int(counts.argmax())
    if counts[many] == len(labels):
        doubt(f"every label is {many}, so there is nothing to learn")
    elif counts[few] == 0:
        missing = ", ".join(map(str, np.flatnonzero(counts == 0)[:10]))
        doubt(f"no training example has the label {missing}")
    if counts[few] == counts[many]:
        balance = f"{counts[few]:,} examples each"
    else:
        balance = f"from {counts[few]:,} examples (label {few}) to {counts[many]:,} (label {many})"
    print(f"              {len(counts)} classes, {balance}")


def show_layers(model, x):
    """Prints the table of layers; returns the bytes of all their outputs."""
    sizes = {}

    def listen(layer, step, seconds, arguments, y):
        sizes[id(layer)] = new_bytes(arguments[0], y)

    trial = deepcopy(model).train()
    with watched(trial, listen, ("forward",)):
        trial.forward(x)
    rows = [["layer", "output", "parameters", "activations"]]
    for (name, size, layer), tried in zip(layer_rows(model), inner(trial), strict=True):
        memory = megabytes(sizes[id(tried)]) if not layer.children and sizes[id(tried)] else ""
        rows.append([name, batch(layer._built_shape).replace("N", str(len(x)), 1), size, memory])
    total = sum(sizes[id(layer)] for layer in inner(trial) if not layer.children)
    rows.append(["total", "", f"{model.theta.size:,}", megabytes(total)])
    show("layers", f"for a batch of {counted(len(x), 'example')}", table(rows, "<<>>"))
    return total


def show(head, what, lines=()):
    """A line, and below it a table."""
    print(f"  {head:<10}  {what}")
    if lines:
        print(*(f"    {line}" for line in lines), "", sep="\n")


def show_memory(model, optimizer, activations):
    size = model.theta.nbytes
    moving = sum(array.nbytes for array in optimizer.state.values() if isinstance(array, np.ndarray))
    parts = [("parameters", size), ("gradient", size), (type(optimizer).__name__, moving), ("activations", activations)]
    text = ", ".join(f"{name} {megabytes(bytes)}" for name, bytes in parts if bytes)
    show("memory", f"{megabytes(sum(bytes for _, bytes in parts))}: {text}")


def show_gradients(model, criterion, x, y):
    """Prints a line for each array; returns the problems."""
    try:
        found = list(check_directions(model, criterion, x, y))
    except ValueError as error:  # such as a probability outside [0, 1]
        return [f"beside the start the loss fails: {error}"]
    meaning = {"ok": "ok", "FAIL": "FAIL", "kink": "kink: nothing can be said"}
    rows = [["gradient of", "relative error", ""]]
    rows += [[called(model, name), f"{error:.0e}", meaning[verdict]] for name, error, verdict in found]
    show("gradients", f"against finite differences, {counted(len(x), 'example')} in float64", table(rows, "<><"))
    return [f"the gradient of {called(model, name)} is wrong" for name, _, verdict in found if verdict == "FAIL"]


def called(model, name):
    return "the input" if name is None else describe(model, name)


def show_start(model, criterion, x, y):
    """The first loss, and the units that are dead or saturated."""
    idle = []

    def listen(layer, step, seconds, arguments, result):
        idle.extend((layer, *found) for found in idle_units(layer, arguments[0], result))

    trial = deepcopy(model).train()
    with watched(trial, listen, ("forward",)):
        prediction = trial.forward(x)
    loss = criterion.forward(prediction, y)
    text, blind = f"{loss:.4g}", knowing_nothing(criterion, y, prediction.shape)
    if blind:
        text += f"; a model that knows nothing has {blind[0]:.4g}, {blind[1]}"
    show("first loss", text)
    if blind and 0 < FAR * blind[0] < loss:
        times = f"{loss / blind[0]:.1f} times that of a model that knows nothing"
        doubt(f"the first loss is {loss:.4g}, {times}: {reason(criterion, y)}")
    if not idle:
        show("units", f"none dead or saturated over {counted(len(x), 'example')}")
    for place, (layer, number, units, what) in enumerate(idle):
        text = f"{trial.path_to(layer)}: {number} of {counted(units, 'unit')} {what} for all of {len(x)} examples"
        show("" if place else "units", text)
        if number > units / 2:
            doubt(f"at the start {text}")


def show_step(config, model, criterion, optimizer, x, y):
    """One step on a batch, which moves model and optimizer; returns the problems."""
    restore = restorer(model)

    def loss():
        restore()
        return criterion.forward(model.train().forward(x), y)

    before = loss()
    if not np.isfinite(before):
        return [f"the first loss is {before}"]
    restore()
    try:
        quiet_fit(config, model, criterion, optimizer, x, y, len(y))
        after = loss()
    except (Diverged, ValueError) as error:
        return [f"the first step fails: {error}"]
    resting = {id(array) for layer in model.walk() if layer.frozen for array in layer.grads.values()}
    silent = [name for name, array in model.grads.items() if id(array) not in resting and not array.any()]
    if silent:
        names = ", ".join(describe(model, name) for name in silent)
        doubt(f"the gradient is zero at the start, dead or disconnected: {names}")
    lr = f"{type(optimizer).__name__} (lr {optimizer.lr:g})"
    went = "lower" if after < before else "higher" if after > before else "the same"
    fell = [f"{loss:#.4g}".rstrip(".") for loss in (before, after)]  # 4.000, not 4, beside 2.837
    show("first step", f"of {lr}: the loss on that batch goes from {fell[0]} to {fell[1]}, {went}")
    if not after <= FAR * before:
        doubt(f"one step of {lr} took the loss from {fell[0]} up to {fell[1]}: lr may be too large")
    return []


def quiet_fit(config, model, criterion, optimizer, x, y, batch_size):
    """One epoch with the config's penalties and limits; fit's own warnings have been given."""
    options = {key: config.fit_options[key] for key in ("l1", "l2", "clip_norm", "clip_value")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit(model, criterion, optimizer, x, y, batch_size=batch_size, rng=config.seed, **options)


def show_time(config, model, criterion, optimizer, parts):
    """How long a run will take, from a few steps at the optimizer's own lr; returns the problems."""
    x, y = parts["train"]
    steps = sum(1 for _ in batches(np.arange(len(y)), y, config.batch_size))
    size = min(config.batch_size, len(y))

    def seconds(number):
        started = perf_counter()
        quiet_fit(config, model, criterion, optimizer, x[: number * size], y[: number * size], size)
        return perf_counter() - started

    try:
        number = min(steps, 10, max(1, int(1 / seconds(1))))
        epoch = steps * seconds(number) / number
    except (Diverged, ValueError) as error:
        if config.fit_options["schedule"] is None:
            return [f"the first steps fail: {error}"]
        doubt(f"without the schedule the first steps fail: {error}")
        return []
    if len(valid := parts["valid"][1]):
        started = perf_counter()
        evaluate(model, criterion, parts["valid"][0][:256], valid[:256], metrics=[])
        epoch += (perf_counter() - started) * len(valid) / min(len(valid), 256)
    total = f"{counted(steps, 'step')} an epoch, {steps * config.epochs:,} in {counted(config.epochs, 'epoch')}"
    show("time", f"{total}: about {duration(epoch * config.epochs)} on this machine")
    return []


def duration(seconds):
    """A time in words, of one or two digits."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} seconds" if seconds >= 1.5 else "a second"
