"""listing: what a config may name, and what each name takes."""

import inspect
import shutil
from itertools import takewhile
from math import inf
from textwrap import fill, shorten

import yaml

from ..config.plugins import known_classes
from ..config.registry import LAYER_KEYS, arguments
from .schema import first_sentence, required
from .templates import templates, unknown

KINDS = {"layers": "model", "losses": "loss", "optimizers": "optimizer", "schedules": "schedule", "data": "data"}
PLACEHOLDERS = {"layers": "[...]", "nodes": "{NAME: {from: ..., LAYER: ...}}"}  # of what has no default; else ...


def list_names(kind=None, name=None, plugins=None):
    """Prints every kind with its names; one kind's names, a line each; or what a name takes.

    Args:
        kind: layers, losses, optimizers, schedules, data or configs; or a name, of whichever kind. plugins: a file of
        own classes.

    Raises ConfigError for a kind or a name that is unknown.
    """
    classes, _ = known_classes(plugins)
    known = {kind: classes[key] for kind, key in KINDS.items()} | {"configs": templates()}
    width = shutil.get_terminal_size((120, 0)).columns
    if kind is None:
        for kind, names in known.items():
            print(fill(", ".join(names), width, initial_indent=f"{kind:12}", subsequent_indent=" " * 12))
        print("\ntrain.py list KIND: a line about each. train.py list NAME: what it takes.")
    elif kind in known and name is None:
        column = max(map(len, known[kind]))
        room = max(20, width - column - 2)
        for name, entry in known[kind].items():
            print(f"{name:{column}}  {shorten(sentence(name, entry), room, placeholder=' ...')}")
    elif kind in known:
        if name not in known[kind]:
            raise unknown(f"{name!r} in {kind}", name, known[kind], f"train.py list {kind}")
        print(description(kind, name, known[kind][name], width))
    else:
        found = [of for of, names in known.items() if kind in names and name is None]
        if not found:
            every = known if name else [*known, *(name for names in known.values() for name in names)]
            raise unknown(f"{'kind' if name else 'kind or name'} {kind!r}", kind, every, "train.py list")
        print("\n\n".join(description(of, kind, known[of][kind], width) for of in found))


def sentence(name, entry):
    """What one line says of a class, or of a shipped config."""
    if not isinstance(entry, type):
        return first_sentence(comment(entry.read_text(encoding="utf-8")))
    return first_sentence(entry.__doc__) if name == entry.__name__ else f"{entry.__name__} by another name."


def comment(text):
    """The lines of comment that a config begins with."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(line.lstrip("# ") for line in lines)


def description(kind, name, entry, width):
    """How a class stands in a config, what is required, its docstring; of a shipped config, the file as it is."""
    if not isinstance(entry, type):
        return entry.read_text(encoding="utf-8").rstrip()
    words = f"Required: {', '.join(required(entry)) or 'nothing'}."
    if kind == "layers":
        words += f" Any layer also takes {', '.join(LAYER_KEYS)}."
    lines = [folded(form, width) for form in forms(kind, name, entry)]
    return "\n".join([f"{name} ({kind})", "", *lines, "", words, "", inspect.cleandoc(entry.__doc__ or "")]).rstrip()


def forms(kind, name, cls):
    """A component as YAML: the short form where it has one, and all its options with their defaults."""
    needed = required(cls)
    values = {key: PLACEHOLDERS.get(key, "...") if key in needed else p.default for key, p in arguments(cls).items()}
    if len(needed) < 2:
        yield in_place(kind, f"{name}: {values[needed[0]]}" if needed else name)
    if values:
        text = yaml.safe_dump(values, default_flow_style=True, sort_keys=False, width=inf).strip()
        for placeholder in ("...", *PLACEHOLDERS.values()):
            text = text.replace(f"'{placeholder}'", placeholder)
        yield in_place(kind, f"{name}: {text}")


def in_place(kind, form):
    if kind == "layers":
        return f"- {form}"
    return f"{KINDS[kind]}: {{{form}}}" if ":" in form else f"{KINDS[kind]}: {form}"


def folded(form, width):
    """YAML in lines that end between two options, never between an option and its value."""
    whole = form.replace(": ", ":\xa0")  # a space that no line ends at
    lines = fill(whole, width, initial_indent="  ", subsequent_indent=" " * 6, break_on_hyphens=False)
    return lines.replace("\xa0", " ")
