"""The names that a config may use, and what goes with each: its constructor's arguments."""

import inspect
from functools import cache

import layers
import losses
import optim
from threestep.data import DATASETS


def subclasses(package, base):
    """{name: class} of the public subclasses of a class."""
    public = {name: getattr(package, name) for name in package.__all__}
    return {name: c for name, c in public.items() if isinstance(c, type) and issubclass(c, base) and c is not base}


LAYERS = subclasses(layers, layers.Layer) | {"Linear": layers.Linear}
LOSSES = subclasses(losses, losses.Loss)
OPTIMIZERS = subclasses(optim, optim.Optimizer)
SCHEDULES = subclasses(optim, optim.Schedule)
REGISTRIES = {"data": DATASETS, "model": LAYERS, "loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}
KINDS = {  # a component in words, and what `train.py list` calls its kind
    "data": ("data set", "data"),
    "model": ("layer", "layers"),
    "loss": ("loss", "losses"),
    "optimizer": ("optimizer", "optimizers"),
    "schedule": ("schedule", "schedules"),
}
LAYER_KEYS = {  # go with any layer, beside its own arguments: what they may be
    "name": (str, "text"),
    "share": (str, "another layer's name"),
    "frozen": (bool, "true or false"),
    "lr_factor": ((int, float), "a number of 0 or more"),
}


@cache
def arguments(cls):
    """The constructor's parameters by name; not to be written into."""
    parameters = inspect.signature(cls.__init__).parameters.items()
    return {} if cls.__init__ is object.__init__ else {name: p for name, p in parameters if name != "self"}


def with_defaults(cls, options):
    """All the constructor's options with their values, those that stay unknown (None) left out."""
    known = {name: p for name, p in arguments(cls).items() if p.kind is not p.VAR_POSITIONAL}
    values = {name: options.get(name, parameter.default) for name, parameter in known.items()}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v is not None}


def spelled_out(spec, registry):
    """(name, options) of a component; (None, None) where it is none. A mere value gets the first argument's name."""
    if isinstance(spec, dict) and len(spec) == 1:
        ((name, options),) = spec.items()
    else:
        name, options = (spec, None) if isinstance(spec, str) else (None, None)
    if options is None:
        return name, {} if name is not None else None
    first = next(iter(arguments(registry[name])), None) if name in registry else None
    return name, options if isinstance(options, dict) or first is None else {first: options}
