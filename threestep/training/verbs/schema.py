"""schema: the JSON Schema of a config, from the constructors' signatures, with which editors complete and check it."""

import json
import re

from ..callbacks import EarlyStop
from ..config.keys import KEYS, TRAIN_KEYS
from ..config.plugins import known_classes
from ..config.registry import LAYER_KEYS, arguments
from ..metrics import METRICS

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
TYPES = {
    bool: {"type": "boolean"},
    int: NUMBER,
    float: NUMBER,
    str: TEXT,
    tuple: {"type": "array"},
    list: {"type": "array"},
}
NO_MAPPING = ["array", "boolean", "number", "string"]  # what `Name: value` may be
COUNT = {"type": "integer", "minimum": 1}
SPATIAL = {"type": ["integer", "array", "string"]}  # one number for all axes, one for each, or same
LAYERS = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/model"}}
NODES = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/node"}}
SHAPES = {  # of the arguments whose default does not tell what they take
    "layers": LAYERS,
    "nodes": NODES,
    **dict.fromkeys(("stride", "padding", "dilation", "output_padding"), SPATIAL),
}
WORDS = {
    "seed": "Where chance starts: parameters, the order of the examples, Dropout. One seed, one result.",
    "data": "What the network learns from.",
    "model": "The layers, from the data to the output; sizes of inputs are inferred.",
    "loss": "How wrong an output is: what training makes small.",
    "optimizer": "How the parameters move, given the gradient.",
    "schedule": "How the learning rate changes with the steps.",
    "metrics": "What is reported beside the loss.",
    "train": "How long, in which steps, within which limits.",
    "epochs": "How often each training example is met.",
    "batch_size": "Examples in a step.",
    "l1": "Factor of the penalty, the sum of |w|.",
    "l2": "Factor of the penalty, the sum of w^2 / 2.",
    "decay": "Where weight decay and penalties count: all parameters, or weights only, with more than one axis.",
    "clip_norm": "Largest norm that the gradient may have; where it is larger it is scaled down.",
    "clip_value": "Largest magnitude that an entry of the gradient may have.",
    "accumulate": "Batches whose gradients are averaged before a step is taken.",
    "early_stop": "When to end before the last epoch.",
    "checkpoint_steps": "Save what a resumed run needs after so many steps, besides each epoch's end.",
    "checkpoint_minutes": "Save what a resumed run needs after so many minutes, besides each epoch's end.",
}


def schema(plugins=None):
    """The JSON Schema (draft 7) of a config, as text; plugins: a file of own classes.

    A component is a name where nothing is required, or a mapping from a name to its first argument or its options. An
    argument's default tells its type; one without a default, or with None, may be anything: train.py check knows more.
    """
    known, _ = known_classes(plugins)
    definitions = {kind: one_of(kind, registry) for kind, registry in known.items()}
    definitions["node"] = node(definitions["model"]["anyOf"][1]["properties"])
    for kind, registry in known.items():
        extra = LAYER_KEYS if kind == "model" else {}
        definitions |= {f"{kind}.{name}": component(cls, extra) for name, cls in registry.items()}
    forms = {kind: {"allOf": [{"$ref": f"#/definitions/{kind}"}]} for kind in known}
    forms |= {
        "seed": {"type": "integer", "minimum": 0},
        "model": LAYERS,
        "metrics": {"anyOf": [{"enum": list(METRICS)}, {"type": "array", "items": {"enum": list(METRICS)}}]},
        "train": train(),
    }
    keys = {key: forms.get(key) or shape(key, default) for key, default in KEYS.items()}
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A config of threestep",
        **mapping(in_words(keys), [key for key, default in KEYS.items() if default is ...]),
        "definitions": definitions,
    }
    return json.dumps(whole, indent=1)


def train():
    """The keys of `train`."""
    known = {"epochs": COUNT, "batch_size": COUNT, "early_stop": options(EarlyStop)}
    keys = {key: known.get(key) or shape(key, default) for key, default in TRAIN_KEYS.items()}
    return mapping(in_words(keys), [key for key, default in TRAIN_KEYS.items() if default is ...])


def one_of(kind, registry):
    """A component: a name that stands for itself, or a mapping with one name."""
    alone = {name: first_sentence(cls.__doc__) for name, cls in registry.items() if not required(cls)}
    named = {name: {"$ref": f"#/definitions/{kind}.{name}"} for name in registry}
    names = {"enum": list(alone), "enumDescriptions": list(alone.values())}
    return {"anyOf": [names, {**mapping(named), "minProperties": 1, "maxProperties": 1}]}


def node(layers):
    """A graph's node: where it takes from, and a layer."""
    taken = {"type": ["string", "array"], "description": "The input or node that it takes, or a list of them."}
    return {**mapping({"from": taken, **layers}, ["from"]), "minProperties": 2, "maxProperties": 2}


def component(cls, extra):
    """What stands beside a component's name: its first argument, its options, or nothing where none is required."""
    forms = [options(cls, extra)]
    if known := arguments(cls):
        first, parameter = next(iter(known.items()))
        form = shape(first, parameter.default)
        forms.insert(0, form if "type" in form else {"type": NO_MAPPING})
    if not required(cls):
        forms.append({"type": "null"})
    return {"description": first_sentence(cls.__doc__), "anyOf": forms}


def options(cls, extra=()):
    """A mapping with the constructor's arguments, and the keys that go with any layer."""
    keys = {name: shape(name, parameter.default) for name, parameter in arguments(cls).items()}
    for name in extra:
        kind, words = extra[name]
        keys[name] = {**TYPES[kind if isinstance(kind, type) else kind[0]], "description": words}
    return mapping(keys, required(cls))


def required(cls):
    """The names of the arguments without a default."""
    return [name for name, parameter in arguments(cls).items() if parameter.default is parameter.empty]


def shape(name, default):
    """What an argument may be, and its default."""
    form = SHAPES.get(name) or TYPES.get(type(default), {})
    return {**form, "default": default} if isinstance(default, tuple(TYPES)) else form


def mapping(keys, needed=()):
    form = {"type": "object", "additionalProperties": False, "properties": keys}
    return {**form, "required": list(needed)} if needed else form


def in_words(keys):
    return {key: {**form, "description": WORDS[key]} if key in WORDS else form for key, form in keys.items()}


def first_sentence(text):
    """The first sentence of a docstring, in one line, with the formulas that stand in it."""
    return re.split(r"(?<=[^.]\.)\s", " ".join((text or "").split()), maxsplit=1)[0]
