"""A YAML file -> the objects of a run: data, model, loss, optimizer.

A component is `Name`, `Name: value` (its first argument) or `Name: {key: value}`; names are class names, keys the
constructors' arguments. Every error names the key's path, as in model[2].Dense.out_features.
"""

import inspect
import re
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

import yaml

import layers
import losses
import optim
from threestep.data import DATASETS

from .errors import ConfigError
from .metrics import METRICS


def subclasses(module, base):
    """The subclasses of `base` that a package offers, by name."""
    offered = {name: getattr(module, name) for name in module.__all__}
    return {name: part for name, part in offered.items() if part is not base and base in getattr(part, "__mro__", ())}


LAYERS = {name: getattr(layers, name) for name in layers.__all__ if name != "Layer"} | {"Linear": layers.Linear}
LOSSES = {name: getattr(losses, name) for name in losses.__all__ if name != "Loss"}
OPTIMIZERS = subclasses(optim, optim.Optimizer)
SCHEDULES = subclasses(optim, optim.Schedule)
LAYER_KEYS = ("name", "frozen", "lr_factor")  # go with any layer, beside its own arguments
KEYS = {"seed": 0, "data": ..., "model": ..., "loss": ..., "optimizer": ..., "metrics": None, "train": ...}
TRAIN_KEYS = {"epochs": ..., "batch_size": 32}
MAX_DEPTH = 40


class Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number and no key may be given twice; without anchors, tags, .nan and deep nesting."""

    depth = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.MarkedYAMLError(None, None, "anchors (&) and aliases (*) are not used here", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(None, None, "tags (!) are not used here", event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(None, None, f"more than {MAX_DEPTH} levels deep", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_yaml_float(self, node):
        value = super().construct_yaml_float(node)
        if not isfinite(value):
            raise yaml.MarkedYAMLError(None, None, f"{node.value} is not a finite number", node.start_mark)
        return value

    def construct_mapping(self, node, deep=False):
        seen = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            try:
                first = seen.setdefault(key, key_node)
            except TypeError:
                raise yaml.MarkedYAMLError(None, None, "a key must be text or a number", key_node.start_mark) from None
            if first is not key_node:
                problem = f"{key!r} given twice (first at line {first.start_mark.line + 1})"
                raise yaml.MarkedYAMLError(None, None, problem, key_node.start_mark)
        return super().construct_mapping(node, deep)


Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+0123456789.")
)


def read_yaml(text, source):
    """The value of a YAML text; ConfigError with file, line and column where it is none."""
    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{source}:{mark.line + 1}:{mark.column + 1}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not YAML: {error}") from None


class Config:
    """A run as its config says it, with every default filled in.

    Attributes:
        values: the whole config as nested dicts and lists of plain values, which can be written as YAML again.
        model, loss, optimizer: the objects, the model not yet built. seed, metrics, epochs, batch_size.
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
        self.optimizer, optimizer_values = make(values["optimizer"], "optimizer", OPTIMIZERS)
        self.metrics = metric_names(values["metrics"])
        defaults = with_defaults(DATASETS[self.data_name], self.data_options)
        self.values = {
            "seed": self.seed,
            "data": {self.data_name: defaults},
            "model": model_values,
            "loss": loss_values,
            "optimizer": optimizer_values,
            **({"metrics": self.metrics} if self.metrics else {}),
            "train": {"epochs": self.epochs, "batch_size": self.batch_size},
        }

    def make_data(self):
        return construct(DATASETS[self.data_name], self.data_options, f"data.{self.data_name}")

    def to_yaml(self):
        return yaml.safe_dump(self.values, sort_keys=False, width=120)


def load_config(path, overrides=()):
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
    config.source = source
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
            here, name = step_into(here, key, path)
    last = keys[-1]
    if isinstance(here, list):
        here[list_index(here, last, path)] = value
    else:
        here[last] = value


def step_into(here, key, path):
    """(what is under `key`: a mapping, a list or a component's options, the component's name or None)."""
    if isinstance(here, list):
        key = list_index(here, key, path)
    elif key not in here:
        raise ConfigError(f"{path}: no key {key!r} in the config{did_you_mean(key, here)}")
    value = here[key]
    if isinstance(value, str) or (isinstance(value, dict) and len(value) == 1 and str(next(iter(value)))[:1].isupper()):
        name, options = parse(value, path, {**LAYERS, **LOSSES, **OPTIMIZERS, **DATASETS})
        here[key] = {name: options}
        return options, name
    if not isinstance(value, (dict, list)):
        raise ConfigError(f"{path}: {key!r} holds {value!r}, which has nothing inside")
    return value, None


def list_index(here, key, path):
    if not key.isdecimal() or int(key) >= len(here):
        raise ConfigError(f"{path}: expected a place from 0 to {len(here) - 1}, got {key!r}")
    return int(key)


def parse(spec, path, registry):
    """(name, options) of a component; the options' keys are checked against the constructor's arguments."""
    if isinstance(spec, str):
        name, options = spec, {}
    elif isinstance(spec, dict) and len(spec) == 1:
        name, options = next(iter(spec.items()))
    elif isinstance(spec, dict) and spec:
        raise ConfigError(
            f"{path}: expected one component, got {len(spec)} keys ({', '.join(map(str, spec))}): indent?"
        )
    else:
        raise ConfigError(f"{path}: expected Name, Name: value or Name: {{key: value}}, got {spec!r}")
    if name not in registry:
        raise ConfigError(f"{path}: no {name!r}{did_you_mean(name, registry)} There are: {', '.join(registry)}.")
    known = arguments(registry[name])
    extra = LAYER_KEYS if name in LAYERS else ()
    if options is None:
        options = {}
    if not isinstance(options, dict):
        if not known:
            raise ConfigError(f"{path}.{name}: takes no options, got {options!r}")
        options = {next(iter(known)): options}
    for key in options:
        if key not in known and key not in extra:
            takes = f"Options: {', '.join(known)}." if known else "It has none."
            raise ConfigError(f"{path}.{name}.{key}: {name} has no option {key!r}{did_you_mean(key, known)} {takes}")
    for key, parameter in known.items():
        if (
            parameter.default is parameter.empty
            and parameter.kind is not parameter.VAR_POSITIONAL
            and key not in options
        ):
            raise ConfigError(f"{path}.{name}: expected {key}, as in {name}: {{{key}: ...}}")
    return name, dict(options)


def make(spec, path, registry):
    """(the object, its spelled-out spec) of a component."""
    name, options = parse(spec, path, registry)
    built = construct(registry[name], options, f"{path}.{name}")
    return built, {name: with_defaults(registry[name], options)}


def make_model(spec, path="model"):
    """(Sequential, the spelled-out list) of a list of layers."""
    if not isinstance(spec, list) or not spec:
        raise ConfigError(f"{path}: expected a list of layers, got {spec!r}")
    made = [make_layer(layer, f"{path}[{place}]") for place, layer in enumerate(spec)]
    return layers.Sequential(*(layer for layer, _ in made)), [values for _, values in made]


def make_layer(spec, path):
    name, options = parse(spec, path, LAYERS)
    common = {key: options.pop(key) for key in LAYER_KEYS if key in options}
    if name == "Sequential":
        layer, inner = make_model(options.get("layers"), f"{path}.Sequential")
        values = {"layers": inner}
    else:
        layer = construct(LAYERS[name], options, f"{path}.{name}")
        values = with_defaults(LAYERS[name], options)
    kinds = {"name": (str, "text"), "frozen": (bool, "true or false"), "lr_factor": ((int, float), "a number")}
    for key, value in common.items():
        kind, words = kinds[key]
        if not isinstance(value, kind) or (key == "lr_factor" and (isinstance(value, bool) or value < 0)):
            raise ConfigError(f"{path}.{name}.{key}: expected {words}, got {value!r}")
        setattr(layer, key, value)
    return layer, {LAYERS[name].__name__: {**values, **common}}


def construct(cls, options, path):
    """The object; what its constructor refuses becomes a ConfigError with the path."""
    try:
        return cls(**options)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise ConfigError(f"{path}: {error}") from None


def arguments(cls):
    """The constructor's parameters by name."""
    parameters = inspect.signature(cls.__init__).parameters.items()
    return {} if cls.__init__ is object.__init__ else {name: p for name, p in parameters if name != "self"}


def with_defaults(cls, options):
    """All the constructor's options with their values, those that stay unknown (None) left out."""
    values = {name: options.get(name, parameter.default) for name, parameter in arguments(cls).items()}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v is not None}


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


def whole_number(value, path, least):
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        got = f"text {value!r}" if isinstance(value, str) else repr(value)
        raise ConfigError(f"{path}: expected a whole number of {least} or more, got {got}")
    return value


def did_you_mean(name, known):
    by_lower = {str(key).lower(): key for key in known}
    close = get_close_matches(str(name).lower(), by_lower, n=1)
    return f". Did you mean {by_lower[close[0]]!r}?" if close else "."
