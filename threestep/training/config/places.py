"""Where the parts of a config stand in its text, and how a message points there."""

from dataclasses import dataclass, field
from typing import NamedTuple
from unicodedata import combining, east_asian_width

SHOWN = 100  # characters of a source line


class Source(NamedTuple):
    """A text that places point into: a file, or a key=value."""

    name: str
    lines: list


@dataclass(frozen=True, order=True)
class Place:
    """A line and a column, counted from 0, of a source; rank: 0 for the file, then the key=value in their order."""

    rank: int
    line: int
    column: int
    source: Source = field(compare=False)

    def point(self, what):
        """`name:line:column: error: what`, the line, and a caret under the column."""
        text = self.source.lines[self.line] if self.line < len(self.source.lines) else ""
        start = max(0, self.column - SHOWN // 2) if len(text) > SHOWN else 0
        before, after = text[start : self.column], text[self.column : start + SHOWN]
        before = "..." * (start > 0) + shown(before)
        line = before + shown(after) + "..." * (len(text) > start + SHOWN)
        head = f"{self.source.name}:{self.line + 1}:{self.column + 1}: error: {what}"
        return f"{head}\n{line}\n{' ' * sum(map(width, before))}^"


def shown(text):
    """The text in characters that a terminal shows in their own place: a tab is a space."""
    return "".join(c if c.isprintable() or combining(c) else " " if c == "\t" else "?" for c in text)


def width(character):
    """The columns that a terminal gives to it."""
    return 0 if combining(character) else 1 + (east_asian_width(character) in "WF")


class Spot(NamedTuple):
    """Where a value stands, and its key where it has one; written: how, where it is no list and no mapping."""

    key: object
    value: Place
    written: object


class Places(dict):
    """{path: Spot} of the parts of a config, with paths as ("optimizer", "Adam", "lr"); empty without a text."""

    def value(self, path):
        """The Place of a value, or of the nearest that it is in; None where there is no text."""
        while path and path not in self:
            path = path[:-1]
        return self[path].value if path in self else None

    def key(self, path):
        """The Place of a key, or of the nearest value that it is in."""
        return (path in self and self[path].key) or self.value(path)

    def last_line(self, path):
        """The last line, counted from 0, on which a part of the value starts."""
        return max(spot.value.line for where, spot in self.items() if where[: len(path)] == path)

    def put(self, path, inner):
        """Takes over the Places of a value that replaces what stood at the path."""
        for where in [where for where in self if where[: len(path)] == path]:
            del self[where]
        self.update({(*path, *where): spot for where, spot in inner.items()})


def dotted(path):
    """A path as messages name it: model[2].Dense.out_features."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")
