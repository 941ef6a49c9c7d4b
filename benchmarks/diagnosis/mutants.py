"""Mutants of the library: a line of its source changed, or a class wrapped, each with an expert's name for its bug.

A row of a table is (call, slugs, old text, new text, ...): what is constructed, the bug's name (several where what is
seen fits several), and one or more changes of the file's text. A key names the files in which the text is changed, the
first, and which import it, the others; the last has the class.
"""

import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from unittest import mock

import layers
import losses
import optim

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = {name: value for room in (layers, losses, optim) for name, value in vars(room).items() if name[0] != "_"}


class Mutant(NamedTuple):
    """A subject with one bug, and the library's to compare with."""

    call: str  # how it is constructed
    slugs: tuple  # the names that are right, as a rule one
    change: str  # what was changed, in words or in code
    classes: dict  # what the call finds in the place of the library's classes
    shape: tuple | None = None  # one example's, where it does not follow from the class

    def make(self):
        return eval(self.call, LIBRARY | self.classes)

    def like(self):
        return eval(self.call, dict(LIBRARY))

    @property
    def container(self):
        """Whether the library's one cannot be made from the subject's settings."""
        return bool(self.like().children) if hasattr(self.like(), "children") else False

    def __str__(self):
        return f"{self.call}: {self.change}"


@cache
def mutated(room, files, changes):
    """The public classes of the last file, once the first has been changed and the others have imported it."""
    with mock.patch.dict(sys.modules):
        for place, stem in enumerate(files):
            text = (ROOT / room / f"{stem}.py").read_text(encoding="utf-8")
            for old, new in changes if place == 0 else ():
                if text.count(old) != 1:
                    raise ValueError(f"{room}/{stem}.py expected {old!r} once, got it {text.count(old)} times")
                text = text.replace(old, new)
            module = ModuleType(f"{room}.{stem}")
            module.__package__ = room
            exec(compile(text, f"{room}/{stem}.py, changed", "exec"), vars(module))
            sys.modules[module.__name__] = module
    own = {name: value for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    return {name: value for name, value in own.items() if isinstance(LIBRARY.get(name), type)}


def from_table(room, table):
    """The mutants of {(file, ...): [(call, slugs, old, new, ...)]}."""
    for files, rows in table.items():
        for call, slugs, *texts in rows:
            shape = texts.pop() if isinstance(texts[-1], tuple) else None
            changes = tuple(zip(texts[::2], texts[1::2], strict=True))
            new = " ... ".join(" ".join(change[1].split()) or "left out" for change in changes)
            yield Mutant(call, (slugs,) if isinstance(slugs, str) else slugs, new, mutated(room, files, changes), shape)
