"""What can go wrong in a run through no fault of the program, and how messages name a parameter."""


class ConfigError(Exception):
    """A config, or a key=value on the command line, that does not say a run. The message names the key's path."""


class CheckpointError(Exception):
    """A file of weights that is missing, corrupt, or of another model."""


class Diverged(Exception):
    """A loss or gradient that is not finite; seen before the step is taken."""


def describe(model, name):
    """A dotted parameter name in words: "2.0.W" is "layer 2 Sequential: layer 0 Dense W"."""
    place, dot, rest = name.partition(".")
    if not dot:
        return f"{type(model).__name__} {name}"
    inner = model.children[model.places.index(place)]
    if inner.children:
        return f"{model.place_word} {place} {inner.label}: {describe(inner, rest)}"
    return f"{model.place_word} {place} {inner.label} {rest}"
