"""An assignment: a folder with assignment.toml, a reference, and the text that students read."""

import sys
import traceback
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import ModuleType

import layers
import losses
import optim
from threestep.checks.diagnosis.finding import LEVELS

from .errors import CourseworkError

SHIPPED = Path(__file__).parent / "assignments"
SHARES = {
    "layer": {"forward": 30, "backward": 25, "update": 25, "contract": 20},
    "loss": {"forward": 40, "backward": 40, "contract": 20},
    "optimizer": {"step": 80, "contract": 20},
    "function": {"answers": 100},
}
KINDS = ("layer", "loss", "optimizer")
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
PACKAGES = ("layers", "losses", "optim", "threestep", "numpy")


@dataclass
class Item:
    """What is graded as one thing: a class or a function of the file.

    Attributes: name; kind, a key of SHARES; points; checks, {check: share of the points}; arguments, the constructor's;
    make, a function of the file that returns the instance instead; shape, one example's; calls, a function's arguments;
    visibility, in Gradescope's words; timeout in seconds; hint, how much students are told.
    """

    name: str
    kind: str
    points: float
    checks: dict
    arguments: dict = field(default_factory=dict)
    make: str | None = None
    shape: list | None = None
    calls: list = field(default_factory=list)
    visibility: str = "visible"
    timeout: float = 20.0
    hint: str = "cause"


@dataclass
class Assignment:
    """An assignment as its folder tells it. `reference` is the path of the solution, where the folder has one."""

    folder: Path
    title: str
    file: str
    items: list
    conventions: dict = field(default_factory=dict)

    @property
    def name(self):
        return self.folder.name

    @property
    def reference(self):
        return self.folder / "reference" / self.file

    @property
    def points(self):
        return sum(item.points for item in self.items)


def is_number(value, low=0.0):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value < inf


def is_name(value):
    return isinstance(value, str) and value.isidentifier()


def is_shape(value):
    """Sizes, or, for a layer with several inputs, such a list for each."""
    whole = isinstance(value, list) and value and all(type(size) is int and size > 0 for size in value)
    return whole or (
        isinstance(value, list) and value and all(isinstance(part, list) and is_shape(part) for part in value)
    )


def is_plain(value):
    """Whether JSON can carry it to the process that runs a submission; TOML has dates, too."""
    if isinstance(value, (list, dict)):
        return all(map(is_plain, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (str, int, float))


def one_of(names):
    return f"one of {', '.join(names)}", lambda value: value in names


# A key: (what it expects, in words; whether a value is that)
SHARE = ("a share above 0", lambda value: is_number(value) and value > 0)
COMMON = {
    "hint": one_of(LEVELS),
    "timeout": ("seconds above 0", lambda value: is_number(value) and value > 0),
}
RULES = {
    "title": ("a text", lambda value: isinstance(value, str)),
    "file": (
        "the name of a Python file, such as hw1.py, and not that of a package",
        lambda value: (
            isinstance(value, str) and value[-3:] == ".py" and is_name(value[:-3]) and value[:-3] not in PACKAGES
        ),
    ),
    **COMMON,
    "conventions": ("a table", lambda value: isinstance(value, dict)),
    "items": (
        "[[items]], one or more",
        lambda value: isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value),
    ),
}
CONVENTIONS = {"derivative_at_zero": ('a number or "any"', lambda value: value == "any" or is_number(value, -inf))}
ITEM_RULES = {
    "class": ("a name", is_name),
    "function": ("a name", is_name),
    "kind": one_of(KINDS),
    "points": (
        "a number from 0 on, with at most two decimals",
        lambda value: is_number(value) and abs(value * 100 - round(value * 100)) < 1e-6,
    ),
    "checks": ("a table of shares, one or more", lambda value: isinstance(value, dict) and value),
    "arguments": ("a table of numbers, texts and lists", lambda value: isinstance(value, dict) and is_plain(value)),
    "make": ("a name", is_name),
    "shape": ("a list of sizes, such as [7]", is_shape),
    "calls": (
        "a list of arguments for each call, such as [[10], [20]]",
        lambda value: isinstance(value, list) and value and all(isinstance(a, list) and is_plain(a) for a in value),
    ),
    "visibility": one_of(VISIBILITIES),
    **COMMON,
}
SAYS = {  # the keys of an item that say something of one kind only
    "layer": ("kind", "arguments", "make", "shape"),
    "loss": ("kind", "arguments", "make"),
    "optimizer": ("kind", "arguments", "make"),
    "function": ("calls",),
}


def read_assignment(place):
    """The Assignment in a folder, or one that ships with the package, by its name.

    Raises CourseworkError, with the file and the key, for what is missing, unknown, or of another kind than expected.
    """
    folder = Path(place)
    if not folder.is_dir() and (SHIPPED / str(place)).is_dir():
        folder = SHIPPED / str(place)
    path = folder.resolve() / "assignment.toml"
    table = read_toml(path)
    obey(path, "", table, RULES, ("title", "file", "items"))
    obey(path, "conventions.", table.get("conventions", {}), CONVENTIONS)
    common = {key: table[key] for key in ("hint", "timeout") if key in table}
    items = [item_of(path, f"items[{i}].", entry, common) for i, entry in enumerate(table["items"])]
    names = [item.name for item in items]
    if len(set(names)) < len(names):
        raise CourseworkError(f"{path}: two items are called {next(n for n in names if names.count(n) > 1)}")
    return Assignment(path.parent, table["title"], table["file"], items, table.get("conventions", {}))


def assignment_of(submission):
    """The name of the assignment that a submission's name stands for: hw1 of hw1.py, or of a folder with an hw1.py."""
    path = Path(submission)
    names = [file.stem for file in sorted(path.glob("*.py"))] if path.is_dir() else [path.stem]
    known = [name for name in names if (SHIPPED / name).is_dir() or (Path(name) / "assignment.toml").is_file()]
    if len(known) != 1:
        raise CourseworkError(f"{path}: its name tells no assignment: give --assignment FOLDER")
    return known[0]


def read_toml(path):
    try:
        return parse_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(sorted(path.name for path in SHIPPED.iterdir() if path.is_dir()))
        raise CourseworkError(
            f"{path} cannot be read: {error.strerror}. An assignment is a folder with this file, or one of {shipped}"
        ) from None
    except ValueError as error:  # of TOML, or of UTF-8
        raise CourseworkError(f"{path}: {error}") from None


def parse_toml(text):
    """What a text in TOML holds. ValueError for what is none; CourseworkError on Python 3.10 without the extra."""
    try:
        import tomllib
    except ImportError:  # Python 3.10
        try:
            import tomli as tomllib
        except ImportError:
            raise CourseworkError("assignments need Python 3.11, or pip install 'threestep[coursework]'") from None
    return tomllib.loads(text)


def item_of(path, place, entry, common):
    """The Item of an entry of items; common: what the assignment says for all of them."""
    obey(path, place, entry, ITEM_RULES, ("points",))
    named = [word for word in ("class", "function") if word in entry]
    if len(named) != 1:
        raise CourseworkError(
            f"{path}: {place[:-1]} expected a class or a function, got {' and '.join(named) or 'none'}"
        )
    name, known = entry[named[0]], kind_by_name(entry[named[0]])
    kind = "function" if named == ["function"] else entry.get("kind", known)
    if kind is None:
        raise CourseworkError(f"{path}: {place}kind expected one of {', '.join(KINDS)}: the library has no {name}")
    if kind != (known or kind) and named == ["class"]:
        raise CourseworkError(f"{path}: {place}kind expected {known}, as {name} of the library is one, got {kind!r}")
    for key in ("kind", "arguments", "make", "shape", "calls"):
        if key in entry and key not in SAYS[kind]:
            raise CourseworkError(f"{path}: {place}{key} says nothing of a {kind}: leave it out")
    if "make" in entry and "arguments" in entry:
        raise CourseworkError(f"{path}: {place}arguments say nothing beside make, which gets none: leave them out")
    if kind == "function" and "calls" not in entry:
        raise CourseworkError(f"{path}: {place}calls expected a list of arguments for each call, got none")
    checks = entry.get("checks", SHARES[kind])
    obey(path, f"{place}checks.", checks, dict.fromkeys(SHARES[kind], SHARE))
    keys = ("arguments", "make", "shape", "calls", "visibility", "timeout", "hint")
    return Item(name, kind, entry["points"], dict(checks), **common | {key: entry[key] for key in keys if key in entry})


def kind_by_name(name):
    """The kind of the library's class of this name, or None."""
    for package, base, kind in (
        (layers, "Layer", "layer"),
        (losses, "Loss", "loss"),
        (optim, "Optimizer", "optimizer"),
    ):
        found = getattr(package, name, None)
        if isinstance(found, type) and issubclass(found, getattr(package, base)):
            return kind
    return None


def obey(path, place, table, rules, needed=()):
    """CourseworkError where a table has a key that is not in the rules, lacks one, or has a value that is not so."""
    for key in table:
        if key not in rules:
            raise CourseworkError(f"{path}: unknown key {place}{key}, expected one of {', '.join(rules)}")
    for key in (*needed, *table):
        words, fits = rules[key]
        if key not in table or not fits(table[key]):
            got = repr(table[key]) if key in table else "nothing"
            raise CourseworkError(f"{path}: {place}{key} expected {words}, got {got}")


def load_file(path):
    """The namespace of a Python file that is trusted: a reference, or one's own work.

    Raises CourseworkError, with the line, for what the file raises.
    """
    path = Path(path)
    if not path.is_file():
        raise CourseworkError(f"{path} is {'a folder, expected a file' if path.is_dir() else 'not there'}")
    module = ModuleType(f"coursework_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    try:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), vars(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too
        raise CourseworkError(f"{path}{line_of(error, path)}: {in_a_line(error)}") from None
    return vars(module)


def line_of(error, path):
    """ ":12" where an error has a line of this file, else nothing."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f":{error.lineno}"
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(path)]
    return f":{lines[-1]}" if lines else ""


def in_a_line(error):
    """An error of somebody's code in one line."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())[:500]}" if text else type(error).__name__
