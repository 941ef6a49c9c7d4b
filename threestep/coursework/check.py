"""check: what a student sees of his own file, without the reference: a line a class, the first bug in full."""

import inspect
from pathlib import Path

import numpy as np

import layers
import losses
import optim
from threestep.checks import diagnose
from threestep.checks.comparison import place
from threestep.checks.promises import plain
from threestep.checks.scripts import example_shape, examples

from .assignment import SHARES, Item, kind_by_name, load_file, read_assignment
from .errors import CourseworkError
from .results import add_points, split_points

ENTRIES = 12  # of a gradient that --why prints


def check_file(path, name=None, why=False):
    """Prints a line for each class of a file, and its first failure in three parts; returns whether all is right.

    The items are those of the assignment.toml beside the file; without one, the classes whose names the library has.
    The library's own classes stand in for the reference. name: one item only. why: prints the gradients too, the file's
    own beside the numerical ones.

    Raises CourseworkError where the file cannot be loaded, or holds nothing that can be checked.
    """
    path = Path(path)
    namespace = load_file(path)
    items = items_of(path, namespace)
    if name is not None:
        names = [item.name for item in items]
        items = [item for item in items if item.name == name]
        if not items:
            raise CourseworkError(f"{path} has no {name} to check, expected one of {', '.join(names)}")
    width = max(len(item.name) for item in items)
    found = [(item, examine(item, namespace)) for item in items]
    for item, (line, _, score) in found:
        points = f"{score:g}/{item.points:g}" if item.points and score is not None else ""
        print(f"{item.name:<{width}}  {line:<62}  {points}".rstrip())
    first = next((diagnosis for _, (_, diagnosis, _) in found if diagnosis), None)
    if first is not None:
        print(f"\n{first.subject}, {first.findings[0].step}:")
        for line in first.findings[0].lines():
            print(f"  {line}")
        if why:
            print(side_by_side(first))
    return all(score is None or score == item.points for item, (_, _, score) in found)


def items_of(path, namespace):
    """The Items to check: the assignment's, or every class that has a namesake in the library."""
    if (path.parent / "assignment.toml").is_file():
        assignment = read_assignment(path.parent)
        if assignment.file == path.name:
            return assignment.items
    own = [
        name
        for name, value in namespace.items()
        if inspect.isclass(value) and value.__module__ == namespace["__name__"]
    ]
    items = [Item(name, kind_by_name(name), 0, SHARES[kind_by_name(name)]) for name in own if kind_by_name(name)]
    if not items:
        raise CourseworkError(f"{path} has no class that the library knows by name, such as Dense or ReLU")
    return items


def examine(item, namespace):
    """(line, Diagnosis if something is wrong, points or None where nobody can tell here)."""
    if (item.make or item.name) not in namespace:
        return f"there is no {item.make or item.name} in the file", None, 0.0
    if item.kind == "function":
        return answered(item, namespace[item.name])
    try:
        subject = namespace[item.make or item.name](**item.arguments)
    except Exception as error:
        return f"the constructor raises {type(error).__name__}: {error}", None, 0.0
    if item.kind == "layer":
        x = examples(item.shape or example_shape(item.name, item.arguments), np.random.default_rng(0))
        found = diagnose(subject, x, like=library_class(item)) if not item.make else diagnose(subject, x)
    else:
        found = diagnose(subject, like=library_class(item))
    points = split_points(item.points, {check: item.checks[check] for check in item.checks if check in found.steps})
    score = add_points(value for check, value in points.items() if found.steps[check])
    words = {True: "ok", False: "FAIL", None: "-"}
    line = "   ".join(f"{step} {words[ok]:<4}" for step, ok in found.steps.items())
    return line.rstrip(), None if found else found, score if found or item.points else -1.0


def library_class(item):
    """The library's own, as the assignment wants it; None where it has no such class."""
    for package in (layers, losses, optim):
        if kind_by_name(item.name) and hasattr(package, item.name):
            return getattr(package, item.name)(**item.arguments)
    return None


def answered(item, function):
    """Whether a question has been answered; the answer itself is graded, not checked."""
    try:
        function(*item.calls[0])
    except NotImplementedError:
        return "is not answered yet", None, 0.0
    except Exception as error:
        return f"raises {type(error).__name__}: {error}", None, 0.0
    return "answered; it is not checked here", None, None


def side_by_side(diagnosis):
    """The gradients that are wrong, beside the numerical ones of the file's own forward and the expected ones."""
    case, lines = diagnosis.evidence, []
    names = [name for word in ("dx", "dp", "d") for name in case.outputs(word) if not case.agrees(name)]
    for name in names:
        a, n = case.pair(name)
        if a is None or n is None or a.shape != n.shape:
            lines.append(f"\n{plain(name)}: shape {np.shape(a)}, expected {np.shape(n)}")
            continue
        own = case.own_gradient(name)
        lines += table(plain(name), a, own, n)
    return "\n".join(
        lines or ["\nNo gradient is wrong for the x that was tried; the failure above is of another kind."]
    )


def table(name, a, own, n):
    worst = np.argsort(-np.abs(a - n), axis=None, kind="stable")[:ENTRIES]
    rows = [("", "yours", "numerically", "expected")]
    for flat in sorted(worst):
        at = np.unravel_index(flat, a.shape)
        numbers = (a[at], own[at] if own is not None else np.nan, n[at])
        rows.append((place(at), *(f"{number:.6g}" for number in numbers)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"\n{name}, the {len(worst)} entries of {a.size} that are off most; numerically: of your own forward"
    for row in rows:
        yield "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
