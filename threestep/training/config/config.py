"""A YAML file -> the objects of a run: data, model, loss, optimizer, schedule."""

import sys
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from threestep.data import DATASETS, load

from ..errors import ConfigError, typed
from .keys import KEYS, TRAIN_KEYS, filled, make_early_stop, metric_names
from .loader import MAX_BYTES, read_yaml, write_yaml
from .models import Models
from .overrides import apply_override
from .plugins import known_classes
from .registry import with_defaults


class Config:
    """A run as its config says it, with every default filled in.

    Attributes:
        values: the whole config as nested dicts and lists of plain values, which can be written as YAML again.
        model, loss, optimizer: the objects, the model not yet built. seed, metrics, epochs, batch_size.
        fit_options: what else `fit` is told: schedule (or None), l1, l2, clip_norm, clip_value.
        early_stop: an EarlyStop or None. checkpoint_steps, checkpoint_minutes: how often weights are kept, or None.
        data_name: the data set's class; `make_data()` loads it. plugins: {file, sha256, names} or None.
        name, source: what messages call the file, and its bytes. layer_paths: [(a layer, its path in values)].
        places: the Places of the parts of the file.

    Raises ConfigError with all that is wrong: keys unknown or missing, unknown classes, values that are refused.
    """

    def __init__(self, values, overrides=(), places=None, plugins=None, name="the config", source=b""):
        known, self.plugins = known_classes(plugins)
        self.name, self.source, self._made = name, source, Models(places, known)
        make = self._made
        self.places, self.layer_paths = make.places, make.layer_paths
        if not isinstance(values, dict):
            make.refuse((), "a config", f"keys with values ({', '.join(KEYS)})", values)
            make.raise_errors()
        for rank, override in enumerate(overrides, 1):
            try:
                apply_override(values, make.places, override, rank, make.known)
            except ConfigError as error:
                make.errors.append(error)
        values = filled(make, values, KEYS)
        train = filled(make, values["train"], TRAIN_KEYS, ("train",))
        self.seed, self.epochs, self.batch_size = values["seed"], train["epochs"], train["batch_size"]
        self.checkpoint_steps, self.checkpoint_minutes = train["checkpoint_steps"], train["checkpoint_minutes"]
        self.data_name, self.data_options, self._data = make.component(values["data"], ("data",), "data") or (None,) * 3
        self.model, model_values = make.model(values["model"])
        self.loss, loss_values = make.make(values["loss"], ("loss",), "loss")
        self.optimizer, optimizer_values = make.make(values["optimizer"], ("optimizer",), "optimizer")
        schedule, schedule_values = None, None
        if values["schedule"] is not None:
            schedule, schedule_values = make.make(values["schedule"], ("schedule",), "schedule")
        self.metrics = metric_names(make, values["metrics"])
        self.early_stop = make_early_stop(make, train["early_stop"], self.metrics, self.loss)
        if not make.errors and schedule:
            ((name, options),) = schedule_values.items()
            make.attempt(lambda **_: schedule.require_fit(self.optimizer.lr, self.epochs), options, ("schedule", name))
        make.raise_errors()
        self.model.decay = train["decay"]
        options = ("l1", "l2", "clip_norm", "clip_value", "accumulate")
        self.fit_options = {"schedule": schedule, **{key: train[key] for key in options}}
        if self.early_stop:
            train["early_stop"] = {"metric": self.early_stop.metric, "patience": self.early_stop.patience}
        self.values = {
            "seed": self.seed,
            "data": {self.data_name: with_defaults(DATASETS[self.data_name], self.data_options)},
            "model": model_values,
            "loss": loss_values,
            "optimizer": optimizer_values,
            **({"schedule": schedule_values} if schedule else {}),
            **({"metrics": self.metrics} if self.metrics else {}),
            "train": {key: value for key, value in train.items() if value is not None},
        }

    def make_data(self):
        made = self._made.attempt(partial(load, self.data_name), self.data_options, self._data)
        self._made.raise_errors()
        return made

    def error(self, path, what):
        """A ConfigError that points at the component at the path, such as a layer's in layer_paths, or ("loss",)."""
        return self._made.error(path, what)

    def to_yaml(self):
        return write_yaml(self.values)


def load_config(path, overrides=(), plugins=None):
    """The Config in a file, or in stdin for "-", after key=value overrides; plugins: a file of own classes."""
    try:
        with sys.stdin.buffer if str(path) == "-" else open(path, "rb") as file:
            source = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        there = [str(other) for other in Path(path).parent.glob("*.y*ml")]
        near = get_close_matches(str(path), there, n=1)
        such = f"Did you mean {near[0]}?" if near else "Expected a config file, such as configs/digits_mlp.yaml"
        raise ConfigError(f"{path} not found. {such}") from None
    except IsADirectoryError:
        raise ConfigError(
            f"{path} is a folder: expected a config file; a run goes on with: train.py resume {typed(path)}"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ConfigError(f"{path} cannot be read: {error}") from None
    name = "<stdin>" if str(path) == "-" else str(path)
    values, places = read_yaml(source, name)
    return Config(values, overrides, places, plugins, name, source)
