"""An assignment: a folder with assignment.toml, a reference, and the text that students read."""

from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import layers
import losses
import optim
from threestep.checks.diagnosis import LEVELS

from .errors import CourseworkError

SHIPPED = Path(__file__).parent / "assignments"
SHARES = {
    "layer": {"forward": 30, "backward": 25, "update": 25, "contract": 20},
    "loss": {"forward": 40, "backward": 40, "contract": 20},
    "optimizer": {"step": 80, "contract": 20},
    "function": {"answers": 100},
}
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


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
    shape: tuple | None = None
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
    hint: str = "cause"
    timeout: float = 20.0
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


def read_assignment(place):
    """The Assignment in a folder, or one that ships with the package, by its name.

    Raises CourseworkError, with the file and the key, for what is missing, unknown, or of another kind than expected.
    """
    folder = Path(place)
    if not folder.is_dir() and (SHIPPED / str(place)).is_dir():
        folder = SHIPPED / str(place)
    path = folder.resolve() / "assignment.toml"
    text = read_toml(path)
    known = {"title", "file", "hint", "timeout", "conventions", "items"}
    refuse_unknown(path, "", text, known)
    for key, kind in (("title", str), ("file", str), ("items", list)):
        require(path, key, text.get(key), kind)
    common = {"hint": text.get("hint", "cause"), "timeout": text.get("timeout", 20.0)}
    items = [item_of(path, i, entry, common) for i, entry in enumerate(text["items"])]
    names = [item.name for item in items]
    if len(set(names)) < len(names):
        raise CourseworkError(f"{path}: two items are called {next(n for n in names if names.count(n) > 1)}")
    return Assignment(
        path.parent, text["title"], text["file"], items, **common, conventions=text.get("conventions", {})
    )


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
        told = f"{path} cannot be read: {error.strerror}: an assignment is a folder with this file"
        raise CourseworkError(told) from None
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


def item_of(path, i, entry, common):
    place = f"items[{i}]."
    known = {"class", "function", "kind", "points", "checks", "arguments", "make", "shape", "calls", "visibility"}
    refuse_unknown(path, place, entry, known | {"timeout", "hint"})
    if ("class" in entry) == ("function" in entry):
        raise CourseworkError(f"{path}: items[{i}] expected a class or a function, got {', '.join(entry) or 'nothing'}")
    name = entry.get("class", entry.get("function"))
    kind = "function" if "function" in entry else entry.get("kind") or kind_by_name(name)
    options = {
        key: entry[key] for key in ("arguments", "make", "calls", "visibility", "timeout", "hint") if key in entry
    }
    options = {**common, **options}
    if kind not in SHARES:
        raise CourseworkError(
            f"{path}: {place}kind expected one of {', '.join(SHARES)}, got {kind!r}: {name} is in no package"
        )
    checks = entry.get("checks", SHARES[kind])
    require(path, f"{place}points", entry.get("points"), (int, float))
    require(path, f"{place}checks", checks, dict)
    if set(checks) - set(SHARES[kind]) or not all(
        isinstance(share, (int, float)) and share > 0 for share in checks.values()
    ):
        raise CourseworkError(f"{path}: {place}checks expected shares of {', '.join(SHARES[kind])}, got {checks}")
    if options["hint"] not in LEVELS:
        raise CourseworkError(f"{path}: {place}hint expected one of {', '.join(LEVELS)}, got {options['hint']!r}")
    if options.get("visibility", "visible") not in VISIBILITIES:
        got = options["visibility"]
        raise CourseworkError(f"{path}: {place}visibility expected one of {', '.join(VISIBILITIES)}, got {got!r}")
    if kind == "function" and not entry.get("calls"):
        raise CourseworkError(f"{path}: {place}calls expected a list of arguments for each call, got none")
    shape = tuple(entry["shape"]) if "shape" in entry else None
    return Item(name, kind, entry["points"], dict(checks), shape=shape, **options)


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


def refuse_unknown(path, place, table, known):
    for key in table:
        if key not in known:
            raise CourseworkError(f"{path}: unknown key {place}{key}, expected one of {', '.join(sorted(known))}")


def require(path, key, value, kind):
    if not isinstance(value, kind) or isinstance(value, bool):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or ".join(k.__name__ for k in kinds)
        raise CourseworkError(f"{path}: {key} expected {expected}, got {value!r}")


def load_file(path):
    """The namespace of a Python file that is trusted: a reference, or one's own work.

    Raises CourseworkError, with the line, for what the file raises.
    """
    path = Path(path)
    if not path.is_file():
        raise CourseworkError(f"{path} is no file")
    spec = spec_from_file_location(f"coursework_{path.stem}", path)
    if spec is None:
        raise CourseworkError(f"{path} is no Python file: its name ends in {path.suffix or 'nothing'}, expected .py")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise CourseworkError(f"{path}:{error.lineno}: {type(error).__name__}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        frame = error.__traceback__
        lines = []
        while frame is not None:
            if frame.tb_frame.f_code.co_filename == str(path):
                lines.append(frame.tb_lineno)
            frame = frame.tb_next
        raise CourseworkError(f"{path}:{lines[-1] if lines else 1}: {type(error).__name__}: {error}") from None
    return vars(module)
