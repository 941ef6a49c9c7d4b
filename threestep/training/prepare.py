"""Do data, model and loss of a config go together? Told before anything is written."""

import traceback
from copy import deepcopy
from math import prod

import numpy as np

from layers import Dense
from layers.initializers import require_memory

from .loop import evaluate

REFUSALS = (ValueError, TypeError, RuntimeError, OverflowError, MemoryError)


def prepare(config):
    """Builds the config's model for its data; returns the parts train, valid and test, as pairs that the loss takes.

    Raises ConfigError, at the layer or loss in question, where model, data and loss do not go together, or the model
    into no memory; DataError where there is no data.
    """
    data = config.make_data()
    output_shape = build_model(config, data)
    parts = {"train": data.train, "valid": data.valid, "test": data.test}
    parts = {name: (x, match_target(config, data, y, output_shape)) for name, (x, y) in parts.items()}
    stop = config.early_stop
    if stop and stop.metric != "train_loss" and not len(data.valid[0]):
        what = f"early_stop watches {stop.metric}, and {data.name} has no examples put aside for it. Use train_loss."
        raise config.error(("train", "early_stop"), what)
    try_loss(config, *parts["train"])
    try_training(config, parts["train"][0])
    return parts


def build_model(config, data):
    """Builds the model for the data; returns one example's output shape. ConfigError where they do not fit."""
    if config.model.several_inputs:
        raise config.error(
            ("model",), "the model takes several inputs, and a data set gives one: train it from a script"
        )
    try:
        output_shape = config.model.build(data.train[0].shape[1:], np.random.default_rng(config.seed))
        require_outputs_fit(config, min(max(config.batch_size, 256), len(data.train[0])))
    except REFUSALS as error:
        raise refusal(config, error, config.model, data.name) from None
    return output_shape


def require_outputs_fit(config, examples):
    """MemoryError where what the layers give for a batch, which training keeps, is more than the machine's memory."""
    shapes = [layer.output_shape(layer.input_shape) for layer, _ in config.layer_paths]
    each = [sum(map(prod, shape)) if shape and isinstance(shape[0], tuple) else prod(shape) for shape in shapes]
    if each:
        require_memory(f"the layers' outputs for a batch of {examples}", examples * sum(each))


def refusal(config, error, model, data_name):
    """The ConfigError for what a layer of the model, or of a copy, raised: at the innermost in whose code that was."""
    paths = dict(config.layer_paths)
    own = {id(layer): mine for layer, mine in zip(model.walk(), config.model.walk(), strict=True) if mine in paths}
    found, shape = None, ()
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if id(frame.f_locals.get("self")) in own:
            found, shape = own[id(frame.f_locals["self"])], frame.f_locals.get("input_shape", shape)
    if found is None:  # the model itself refuses a layer that shares, or the size of all outputs
        found = next((mine for mine in paths if str(error).startswith(f"{config.model.path_to(mine)} ")), None)
    if found is None:
        return config.error(("model",), f"{error}")
    label, path = config.model.path_to(found), paths[found]
    if not isinstance(found, Dense) or len(shape) < 3:
        return config.error(path, str(error) if str(error).startswith(label) else f"{label}: {error}")
    *within, index, _ = path  # of the list that the layer stands in, unless it is a graph's node
    before = [layer for layer, other in paths.items() if isinstance(index, int) and other[:-1] == (*within, index - 1)]
    gives = f"{config.model.path_to(before[0])} gives" if before else "it gets"
    gives = f"{data_name} gives" if path[:-1] == ("model", 0) else gives
    place = config.places.key(path)
    own_line = place and place.source.lines[place.line][: place.column].strip() == "-"
    add = f"'- Flatten' before line {place.line + 1}" if own_line else "Flatten before it"
    return config.error(path, f"{label} needs flat input, but {gives} {shape}. Add {add}.")


def try_loss(config, x, y):
    """One evaluation of the loss, so that a model and a loss that do not go together are told before anything else."""
    try:
        evaluate(config.model, config.loss, x[:256], y[:256], metrics=config.metrics)
    except (ValueError, TypeError, MemoryError) as error:
        raise config.error(("loss", *config.values["loss"]), str(error)) from None


def try_training(config, x):
    """One forward of a copy in training, so that layers that refuse so few examples are told before anything else."""
    try:
        model = deepcopy(config.model).train()
        model.forward(x[: config.batch_size])
    except (ValueError, MemoryError) as error:
        raise refusal(config, error, model, "the data") from None


def match_target(config, data, y, output_shape):
    """Targets in the form that the loss takes: labels as they are, or in the shape of the model's output.

    For a loss that compares entry by entry, labels of two classes become a column of 0 and 1 where the model has one
    output, and labels of K classes one-hot rows where it has K.
    """
    loss, classes = type(config.loss).__name__, data.classes
    if output_shape and isinstance(output_shape[0], tuple):
        raise config.error(("model",), f"the model gives {len(output_shape)} outputs, and {loss} takes one.")
    last = dict(config.layer_paths)[config.model.layers[-1]]
    gives = f"the last layer gives {' x '.join(map(str, output_shape))} value{'s' * (output_shape != (1,))}"
    if config.loss.labels:
        if classes is None:
            what = f"{loss} wants labels, and {data.name} has quantities: use MSE, or data with labels."
            raise config.error(("loss", *config.values["loss"]), what)
        if output_shape[-1:] != (classes,) or len(output_shape) != y.ndim:
            raise config.error(last, f"{gives}; {data.name} has {classes} classes.")
        return y
    if y.shape[1:] == output_shape:
        return y
    if y.ndim == 1 and output_shape == (1,) and (classes is None or classes == 2):
        return y[:, None]
    if y.ndim == 1 and output_shape == (classes,):
        return np.eye(classes, dtype=np.float32)[y]
    quantities = " x ".join(map(str, y.shape[1:])) or "1"
    wants = f"{classes} classes" if classes else f"{quantities} for each example"
    raise config.error(last, f"{gives}; {data.name} has {wants}, which {loss} cannot compare with that.")
