"""Components: what a config names, made from class names and constructors' arguments.

A component is `Name`, `Name: value` (its first argument) or `Name: {key: value}`; names are class names, keys the
constructors' arguments. Every error names the key's path, as in model[2].Dense.out_features.
"""

import inspect
from difflib import get_close_matches

import layers
import losses
import optim
from threestep.data import DATASETS

from .errors import ConfigError


def subclasses(package, base):
    """{name: class} of the public subclasses of a class."""
    public = {name: getattr(package, name) for name in package.__all__}
    return {name: c for name, c in public.items() if isinstance(c, type) and issubclass(c, base) and c is not base}


LAYERS = subclasses(layers, layers.Layer) | {"Linear": layers.Linear}
LOSSES = subclasses(losses, losses.Loss)
OPTIMIZERS = subclasses(optim, optim.Optimizer)
SCHEDULES = subclasses(optim, optim.Schedule)
REGISTRIES = {"data": DATASETS, "model": LAYERS, "loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}
LAYER_KEYS = {  # go with any layer, beside its own arguments: what they may be
    "name": (str, "text"),
    "share": (str, "another layer's name"),
    "frozen": (bool, "true or false"),
    "lr_factor": ((int, float), "a number of 0 or more"),
}


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
    extra = LAYER_KEYS if registry[name] is LAYERS.get(name) else ()
    if options is None:
        options = {}
    if not isinstance(options, dict):
        if not known:
            raise ConfigError(f"{path}.{name}: takes no options, got {options!r}")
        options = {next(iter(known)): options}
    for key in options:
        if key not in known and key not in extra:
            takes = f"Options: {', '.join([*known, *extra])}." if known or extra else "It has none."
            guess = did_you_mean(key, [*known, *extra])
            raise ConfigError(f"{path}.{name}.{key}: {name} has no option {key!r}{guess} {takes}")
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
    made = make_layers(spec, path)
    return layers.Sequential(*(layer for layer, _ in made)), [values for _, values in made]


def make_layers(spec, path):
    if not isinstance(spec, list) or not spec:
        raise ConfigError(f"{path}: expected a list of layers, got {spec!r}")
    return [make_layer(layer, f"{path}[{place}]") for place, layer in enumerate(spec)]


def make_layer(spec, path):
    """(the layer, its spelled-out spec); layers within it are made first."""
    name, options = parse(spec, path, LAYERS)
    cls, path = LAYERS[name], f"{path}.{name}"
    common = {key: options.pop(key) for key in LAYER_KEYS if key in options}
    for key, value in common.items():
        kind, words = LAYER_KEYS[key]
        if not isinstance(value, kind) or (key == "lr_factor" and (isinstance(value, bool) or value < 0)):
            raise ConfigError(f"{path}.{key}: expected {words}, got {value!r}")
    values, inner = with_defaults(cls, options), ()
    if "layers" in arguments(cls):
        made = make_layers(options.pop("layers", None), path)
        inner, values = [layer for layer, _ in made], {"layers": [values for _, values in made], **values}
    if cls is layers.Graph:
        made = make_nodes(options["nodes"], f"{path}.nodes")
        options["nodes"] = {node: (taken, layer) for node, (taken, layer, _) in made.items()}
        values["nodes"] = {node: {"from": taken, **values} for node, (taken, _, values) in made.items()}
    layer = construct(cls, options, path, *inner)
    for key, value in common.items():
        setattr(layer, key, value)
    return layer, {cls.__name__: {**values, **common}}


def make_nodes(spec, path):
    """{node: (from, the layer, its spelled-out spec)} of a graph's nodes."""
    if not isinstance(spec, dict) or not spec:
        raise ConfigError(f"{path}: expected nodes, each name: {{from: ..., Layer: ...}}, got {spec!r}")
    made = {}
    for node, inner in spec.items():
        if not isinstance(inner, dict) or "from" not in inner:
            near = get_close_matches("from", map(str, inner), n=1) if isinstance(inner, dict) else []
            advice = f": write from for {near[0]}" if near else ""
            raise ConfigError(f"{path}.{node}: expected {{from: ..., Layer: ...}}, got {inner!r}, without from{advice}")
        if len(inner) == 1:
            raise ConfigError(f"{path}.{node}: expected {{from: ..., Layer: ...}}, got {inner!r}, without a layer")
        made[node] = inner["from"], *make_layer({k: v for k, v in inner.items() if k != "from"}, f"{path}.{node}")
    return made


def construct(cls, options, path, *inner):
    """The object; what its constructor refuses becomes a ConfigError with the path."""
    try:
        return cls(*inner, **options)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise ConfigError(f"{path}: {str(error).removeprefix(f'{cls.__name__}: ')}") from None


def arguments(cls):
    """The constructor's parameters by name."""
    parameters = inspect.signature(cls.__init__).parameters.items()
    return {} if cls.__init__ is object.__init__ else {name: p for name, p in parameters if name != "self"}


def with_defaults(cls, options):
    """All the constructor's options with their values, those that stay unknown (None) left out."""
    known = {name: p for name, p in arguments(cls).items() if p.kind is not p.VAR_POSITIONAL}
    values = {name: options.get(name, parameter.default) for name, parameter in known.items()}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v is not None}


def did_you_mean(name, known):
    by_lower = {str(key).lower(): key for key in known}
    close = get_close_matches(str(name).lower(), by_lower, n=1)
    return f". Did you mean {by_lower[close[0]]!r}?" if close else "."
