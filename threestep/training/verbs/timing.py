"""How long each layer takes, inside the model as it runs."""

import os
from copy import deepcopy
from statistics import median
from time import perf_counter

import numpy as np

from ..errors import counted
from ..loop import fit_standardize
from ..prepare import prepare
from .table import megabytes, table
from .watch import STEPS, inner, layer_rows, new_bytes, watched

SECONDS, LEAST, MOST = 3, 5, 50  # repetitions: for about so many seconds, and how many of them
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def time_layers(config):
    """Prints each layer's forward, backward and update in milliseconds, the loss's and the optimizer's; writes nothing.

    The steps are those of training, on one batch of the config's size. Repetitions in which the layers are watched take
    turns with some in which nobody watches, which give the parts of the whole step; every figure is a median.

    Raises ConfigError where model, data and loss do not go together, DataError where there is no data.
    """
    x, y = prepare(config)["train"]
    model, criterion, optimizer = deepcopy((config.model, config.loss, config.optimizer))
    fit_standardize(model, x)
    model.train()
    chosen = np.random.default_rng(config.seed).permutation(len(y))[: config.batch_size]
    x, y = x[chosen], y[chosen]
    layers, whole, sizes = {}, {}, {}  # seconds of each repetition by (layer, step), by part; bytes by layer

    def listen(layer, step, seconds, arguments, result):
        layers.setdefault((id(layer), step), []).append(seconds)
        if step == "forward":
            sizes[id(layer)] = new_bytes(arguments[0], result)

    theta = model.theta.copy()
    take_step(model, criterion, optimizer, x, y)  # the first one also finds memory
    started, repetitions = perf_counter(), 0
    while repetitions < LEAST or (perf_counter() - started < SECONDS and repetitions < MOST):
        model.theta = theta
        with watched(model, listen):
            take_step(model, criterion, optimizer, x, y)
        model.theta = theta  # so that no lr is so large that the model fails
        for part, seconds in take_step(model, criterion, optimizer, x, y).items():
            whole.setdefault(part, []).append(seconds)
        repetitions += 1
    layers = {key: median(seconds) for key, seconds in layers.items()}
    whole = {part: median(seconds) for part, seconds in whole.items()}
    together = sum(whole.values())

    print(f"{config.name}: one step on a batch of {counted(len(y), 'example')}, {model.theta.dtype}, {threads()}")
    print(f"milliseconds, medians of {counted(repetitions, 'repetition')} in training mode\n")
    rows = [["layer", *STEPS, "all", "share", "parameters", "activations"]]
    for (name, parameters, _), layer in zip(layer_rows(model), inner(model), strict=True):
        times = [layers.get((id(layer), step), 0) for step in STEPS]
        memory = megabytes(sizes[id(layer)]) if not layer.children and sizes[id(layer)] else ""
        rows.append([name, *figures(times, together), parameters, memory])
    total = sum(sizes[id(layer)] for layer in inner(model) if not layer.children)
    rows.append(["the model", *figures([whole[step] for step in STEPS], together), f"{model.theta.size:,}"])
    rows[-1].append(megabytes(total))
    rows.append(["the loss", *figures([whole["loss"], whole["slope"], 0], together), "", ""])
    rows.append([type(optimizer).__name__, "", "", "", *figures([whole["displacement"]], together)[1:], "", ""])
    rows.append(["the whole step", "", "", "", *figures([together], together)[1:], "", ""])
    print(*table(rows, "<>>>>>>>"), sep="\n")
    print(f"\n{len(y) / together:,.0f} examples a second")


def take_step(model, criterion, optimizer, x, y):
    """One step of training, which moves the model; the seconds of its parts."""
    clock = [perf_counter()]
    prediction = model.forward(x)
    clock.append(perf_counter())
    criterion.forward(prediction, y)
    clock.append(perf_counter())
    g = criterion.backward()
    clock.append(perf_counter())
    model.backward(g, input_gradient=False)
    clock.append(perf_counter())
    model.update()
    clock.append(perf_counter())
    optimizer.step(model.theta, model.gradient, model.segments)
    clock.append(perf_counter())
    names = ("forward", "loss", "slope", "backward", "update", "displacement")
    return dict(zip(names, np.diff(clock).tolist(), strict=True))


def figures(seconds, whole):
    """Milliseconds, their sum, and its share of the whole step; nothing where a step was not taken."""
    each = [f"{1e3 * part:.3f}" if part else "" for part in seconds]
    return [*each, f"{1e3 * sum(seconds):.3f}", f"{100 * sum(seconds) / whole:.1f} %"]


def threads():
    """How many threads NumPy's matrix products may take, as the environment says it."""
    for name in THREADS:
        if os.environ.get(name):
            return f"{name}={os.environ[name]}"
    return f"threads for {counted(os.cpu_count() or 1, 'processor')}"
