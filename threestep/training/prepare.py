"""Do data, model and loss of a config go together? Told before anything is written."""

from copy import deepcopy

import numpy as np

from .errors import ConfigError
from .loop import evaluate


def prepare(config):
    """Builds the config's model for its data; returns the parts train, valid and test, as pairs that the loss takes.

    Raises ConfigError where model, data and loss do not go together, DataError where there is no data.
    """
    data = config.make_data()
    output_shape = build_model(config, data)
    parts = {"train": data.train, "valid": data.valid, "test": data.test}
    parts = {name: (x, match_target(config, data, y, output_shape)) for name, (x, y) in parts.items()}
    try_loss(config, *parts["train"])
    try_training(config, parts["train"][0])
    return parts


def build_model(config, data):
    """Builds the model for the data; returns one example's output shape. ConfigError where they do not fit."""
    if config.model.several_inputs:
        raise ConfigError("model: it takes several inputs, and a data set gives one: train it from a script, with fit")
    try:
        return config.model.build(data.train[0].shape[1:], np.random.default_rng(config.seed))
    except (ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise ConfigError(f"model: {error}") from None


def try_loss(config, x, y):
    """One evaluation of the loss, so that a model and a loss that do not go together are told before anything else."""
    try:
        evaluate(config.model, config.loss, x[:256], y[:256], metrics=config.metrics)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"loss: {error}") from None


def try_training(config, x):
    """One forward of a copy in training, so that layers that refuse so few examples are told before anything else."""
    try:
        deepcopy(config.model).train().forward(x[: config.batch_size])
    except ValueError as error:
        raise ConfigError(f"model: {error}") from None


def match_target(config, data, y, output_shape):
    """Targets in the form that the loss takes: labels as they are, or in the shape of the model's output.

    For a loss that compares entry by entry, labels of two classes become a column of 0 and 1 where the model has one
    output, and labels of K classes one-hot rows where it has K.
    """
    loss, classes = type(config.loss).__name__, data.classes
    if output_shape and isinstance(output_shape[0], tuple):
        raise ConfigError(f"model: it gives {len(output_shape)} outputs, and {loss} takes one")
    gives = f"the last layer gives {' x '.join(map(str, output_shape))} value{'s' * (output_shape != (1,))}"
    if config.loss.labels:
        if classes is None:
            raise ConfigError(
                f"loss: {loss} wants labels, and {data.name} has quantities: use MSE, or data with labels"
            )
        if output_shape[-1:] != (classes,) or len(output_shape) != y.ndim:
            raise ConfigError(f"model: {gives}; {data.name} has {classes} classes, and {loss} wants one value for each")
        return y
    if y.shape[1:] == output_shape:
        return y
    if y.ndim == 1 and output_shape == (1,) and (classes is None or classes == 2):
        return y[:, None]
    if y.ndim == 1 and output_shape == (classes,):
        return np.eye(classes, dtype=np.float32)[y]
    quantities = " x ".join(map(str, y.shape[1:])) or "1"
    wants = f"{classes} classes" if classes else f"{quantities} for each example"
    raise ConfigError(f"model: {gives}; {data.name} has {wants}, which {loss} cannot compare with that")
