"""What can go wrong in a run through no fault of the program, and how messages word numbers, paths, parameters."""

import re


class ConfigError(Exception):
    """A config, or a key=value on the command line, that does not say a run.

    With a place it reads `file:line:column: error: what`, above the line of the source and a caret under the column;
    without one it is the message alone. placed: which of the two.
    """

    def __init__(self, what, place=None):
        super().__init__(what if place is None else place.point(what))
        self.place, self.placed = place, place is not None


class ConfigErrors(ConfigError):
    """Several, each in a paragraph: in the order of the file, then of the command line."""

    def __init__(self, errors):
        first = sorted((error for error in errors if error.placed), key=lambda error: error.place)
        rest = [f"error: {error}" for error in errors if not error.placed]
        super().__init__("\n".join([*map(str, first), *rest]).removeprefix("error: "))
        self.placed = bool(first)


class CheckpointError(Exception):
    """A file of weights that is missing, corrupt, or of another model."""


class Diverged(Exception):
    """A loss or gradient that is not finite; seen before the step is taken."""


def typed(path):
    """A path as it is typed into a shell."""
    return f'"{path}"' if re.search(r"[^\w./\\:-]", str(path)) else str(path)


def counted(number, what):
    """ "1 step", "2,000 steps"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def describe(model, name):
    """A dotted parameter name in words: "2.0.W" is "layer 2 Sequential: layer 0 Dense W"."""
    place, dot, rest = name.partition(".")
    if not dot:
        return f"{type(model).__name__} {name}"
    inner = model.children[model.places.index(place)]
    if inner.children:
        return f"{model.place_word} {place} {inner.label}: {describe(inner, rest)}"
    return f"{model.place_word} {place} {inner.label} {rest}"
