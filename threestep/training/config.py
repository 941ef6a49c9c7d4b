"""A YAML file -> the objects of a run: data, model, loss, optimizer, schedule."""

from pathlib import Path

import yaml

from threestep.data import DATASETS

from .components import (
    LOSSES,
    OPTIMIZERS,
    REGISTRIES,
    SCHEDULES,
    construct,
    did_you_mean,
    make,
    make_model,
    parse,
    with_defaults,
)
from .errors import ConfigError
from .loader import read_yaml
from .metrics import METRICS

KEYS = {  # the keys of a config and their defaults; ...: required
    "seed": 0,
    "data": ...,
    "model": ...,
    "loss": ...,
    "optimizer": ...,
    "schedule": None,
    "metrics": None,
    "train": ...,
}
TRAIN_KEYS = {
    "epochs": ...,
    "batch_size": 32,
    "l1": 0.0,
    "l2": 0.0,
    "decay": "all",
    "clip_norm": None,
    "clip_value": None,
}
DECAYS = ("all", "weights")


class Config:
    """A run as its config says it, with every default filled in.

    Attributes:
        values: the whole config as nested dicts and lists of plain values, which can be written as YAML again.
        model, loss, optimizer: the objects, the model not yet built. seed, metrics, epochs, batch_size.
        fit_options: what else `fit` is told: schedule (or None), l1, l2, clip_norm, clip_value.
        data_name: the data set's class; `make_data()` loads it. source: the bytes of the file it came from.

    Raises ConfigError for an unknown or missing key, an unknown class, or a value that a constructor refuses.
    """

    source = b""

    def __init__(self, values, overrides=()):
        require_mapping(values, "the config")
        for override in overrides:
            apply_override(values, override)
        values = filled(values, KEYS, "")
        train = filled(require_mapping(values["train"], "train"), TRAIN_KEYS, "train.")
        self.seed = whole_number(values["seed"], "seed", 0)
        self.epochs = whole_number(train["epochs"], "train.epochs", 1)
        self.batch_size = whole_number(train["batch_size"], "train.batch_size", 1)
        self.data_name, self.data_options = parse(values["data"], "data", DATASETS)
        self.model, model_values = make_model(values["model"])
        self.loss, loss_values = make(values["loss"], "loss", LOSSES)
        self.model.decay = one_of(train["decay"], "train.decay", DECAYS)
        self.optimizer, optimizer_values = make(values["optimizer"], "optimizer", OPTIMIZERS)
        schedule, schedule_values = make_schedule(values["schedule"], self.optimizer, self.epochs)
        penalties = {key: number(train[key], f"train.{key}") for key in ("l1", "l2")}
        limits = {key: number(train[key], f"train.{key}", above_0=True) for key in ("clip_norm", "clip_value")}
        self.fit_options = {"schedule": schedule, **penalties, **limits}
        self.early_stop = self.checkpoint_steps = self.checkpoint_minutes = self.plugins = None
        self.name = "config"
        self.metrics = metric_names(values["metrics"])
        defaults = with_defaults(DATASETS[self.data_name], self.data_options)
        self.values = {
            "seed": self.seed,
            "data": {self.data_name: defaults},
            "model": model_values,
            "loss": loss_values,
            "optimizer": optimizer_values,
            **({"schedule": schedule_values} if schedule else {}),
            **({"metrics": self.metrics} if self.metrics else {}),
            "train": {key: value for key, value in train.items() if value is not None},
        }

    def make_data(self):
        return construct(DATASETS[self.data_name], self.data_options, f"data.{self.data_name}")

    def to_yaml(self):
        return yaml.safe_dump(self.values, sort_keys=False, width=120)


def load_config(path, overrides=(), plugins=None):
    """The Config in a file, after key=value overrides."""
    try:
        source = Path(path).read_bytes()
        values = read_yaml(source.decode(), path)
    except FileNotFoundError:
        raise ConfigError(f"{path} not found: expected a config file, such as configs/digits_mlp.yaml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    try:
        config = Config(values, overrides)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    config.source, config.name = source, str(path)
    return config


def apply_override(values, override):
    """Sets one key=value in the config; the path steps over component names, as in model.0.out_features=8."""
    path, equals, text = override.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise ConfigError(f"{override!r}: expected key=value, such as optimizer.lr=0.01")
    value, here, name = read_yaml(text, override), values, None
    for depth, key in enumerate(keys[:-1]):
        if depth == 0 and key in KEYS and key not in here:
            here[key] = {}
        if key != name:  # the component's name may be spelled out, as messages do, or stepped over
            here, name = step_into(here, key, path, keys[depth + 1], name)
    last = keys[-1]
    if isinstance(here, dict) and last.isdecimal() and "layers" in here:
        here = here["layers"]
    if isinstance(here, list):
        here[list_index(here, last, path)] = value
    else:
        here[last] = value


def step_into(here, key, path, then, inside):
    """(what is under `key`: a mapping, a list or a component's options, the component's name or None).

    Where a graph's node holds both its layer and where it takes from, `then`, the key after this one, decides. inside:
    the component whose options `here` are, or None.
    """
    if isinstance(here, dict) and key.isdecimal() and "layers" in here:
        here = here["layers"]
    if isinstance(here, list):
        key = list_index(here, key, path)
    elif key not in here:
        where = f"{inside}, which stands there" if inside else "the config"
        raise ConfigError(f"{path}: no key {key!r} in {where}{did_you_mean(key, here)}")
    value = here[key]
    if isinstance(value, dict) and "from" in value and then == "from":
        return value, None
    node = {"from": value["from"]} if isinstance(value, dict) and "from" in value else {}
    rest = {name: inner for name, inner in value.items() if name not in node} if node else value
    if isinstance(rest, str) or (isinstance(rest, dict) and len(rest) == 1 and str(next(iter(rest)))[:1].isupper()):
        name, options = parse(rest, path, REGISTRIES.get(path.split(".")[0], {}))
        here[key] = {**node, name: options}
        return options, name
    if not isinstance(value, (dict, list)):
        raise ConfigError(f"{path}: {key!r} holds {value!r}, which has nothing inside")
    return value, None


def list_index(here, key, path):
    if not key.isdecimal() or int(key) >= len(here):
        raise ConfigError(f"{path}: expected a place from 0 to {len(here) - 1}, got {key!r}")
    return int(key)


def filled(values, known, path):
    """A mapping with every known key, defaults filled in."""
    for key in values:
        if key not in known:
            raise ConfigError(f"{path}{key}: unknown key{did_you_mean(key, known)} Keys: {', '.join(known)}.")
    missing = [key for key, default in known.items() if default is ... and key not in values]
    if missing:
        raise ConfigError(f"{path}{missing[0]}: missing")
    return {key: values.get(key, default) for key, default in known.items()}


def metric_names(value):
    names = [value] if isinstance(value, str) else value
    if names is not None and (
        not isinstance(names, list) or not all(isinstance(name, str) and name in METRICS for name in names)
    ):
        raise ConfigError(f"metrics: expected a list of {', '.join(METRICS)}, got {value!r}")
    return names


def require_mapping(value, path):
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: expected keys with values, got {'nothing' if value is None else repr(value)}")
    return value


def make_schedule(spec, optimizer, epochs):
    """(the schedule or None, its spelled-out spec); ConfigError where it does not fit into the run."""
    if spec is None:
        return None, None
    schedule, values = make(spec, "schedule", SCHEDULES)
    try:
        schedule.require_fit(optimizer.lr, epochs)
    except ValueError as error:
        raise ConfigError(f"schedule: {error}") from None
    return schedule, values


def number(value, path, above_0=False):
    """A number of 0 or more; with above_0, None too, but not 0."""
    if value is None and above_0:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or (above_0 and value == 0):
        raise ConfigError(f"{path}: expected a number {'above 0' if above_0 else 'of 0 or more'}, got {value!r}")
    return value


def one_of(value, path, known):
    if value not in known:
        raise ConfigError(f"{path}: expected {' or '.join(known)}, got {value!r}")
    return value


def whole_number(value, path, least):
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        got = f"text {value!r}" if isinstance(value, str) else repr(value)
        raise ConfigError(f"{path}: expected a whole number of {least} or more, got {got}")
    return value
