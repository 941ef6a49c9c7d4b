"""check: what a student sees of his own file, without the reference: a line a class, the first bug in full."""

import ast
import inspect
import sys
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

import layers
import losses
import optim
from threestep.checks.comparison import place
from threestep.checks.diagnosis.diagnose import made_up
from threestep.checks.diagnosis.exam import built, loosen
from threestep.checks.diagnosis.finding import Diagnosis, Finding
from threestep.checks.diagnosis.play import mapping, play_takes
from threestep.checks.diagnosis.promises import plain
from threestep.checks.gradients import each

from .assignment import SHARES, Item, in_a_line, kind_by_name, line_of, load_file, read_assignment
from .errors import CourseworkError
from .grade import FunctionExam, exam_of, fitting
from .results import add_points, split_points

LIBRARY = {"layer": layers, "loss": losses, "optimizer": optim}
GIVEN = {"layers": "Layer", "losses": "Loss", "optim": "Optimizer"}  # all that is there while a file is graded
COLUMNS = ("forward", "backward", "update", "contract")  # an optimizer's step and a function's answers are in the first
WORDS = {True: "ok", False: "FAIL", None: "-"}
WIDTH = 100  # of a line that explains
ENTRIES = 12  # of a gradient that --why prints
USUAL = {"out_features": 3, "out_channels": 3, "kernel_size": 3, "num_groups": 3, "lr": 0.1}  # where nobody says


def check_file(path, name=None, why=False):
    """Prints a line for each class of a file, and its first failure in parts; returns whether nothing is wrong.

    The items are those of the assignment.toml beside the file; without one, the classes with the three steps. The
    library's own classes stand in for the reference; where it has none, the file's own finite differences and the
    contract speak. name: one item only. why: prints wrong gradients too, beside the numerical ones.

    Raises CourseworkError where the file cannot be loaded, or holds nothing that can be checked.
    """
    path = Path(path)
    namespace = load_file(path)
    items, assignment = items_of(path, namespace)
    if name is not None:
        names = [item.name for item in items]
        items = [item for item in items if item.name == name]
        if not items:
            raise CourseworkError(f"{path} has no {name} to check, expected one of {', '.join(names)}")
    width, first, scores = max(len(item.name) for item in items), None, []
    for item in items:
        item, found, note = examine(item, namespace, assignment, path)
        score = points(item, found)
        scores += [score] if score else []
        print(f"{item.name:<{width}}  {cells(found.steps)}   {over(score)}".rstrip())
        wrong = next((finding for finding in found.findings if finding.step in item.checks), None)
        lines = [note] if note else []
        if wrong and first is None:
            first, lines = found, [*wrong.lines(item.hint), *lines]
        for line in lines:
            print(textwrap.fill(" ".join(line.split()), WIDTH, initial_indent="  ", subsequent_indent="    "))
    if len(scores) > 1:
        total = [add_points(column) for column in zip(*scores, strict=True)]
        rest = sum(item.points for item in items) - total[1]
        more = f", {rest:g} more by the grader alone" if rest else ""
        print(f"{'total':<{width}}  {cells({})}   {over(total)}{more}")
    refused = list(unknown_imports(path)) if assignment else []
    for line in refused:
        print(line)
    if why and first is not None:
        print(side_by_side(first))
    return first is None and not refused


def cells(steps):
    """The steps of a class under each other's: "forward ok     backward FAIL                 contract ok"."""
    places = {"step": "forward", "answers": "forward"}
    texts = {places.get(step, step): f"{step} {WORDS.get(ok, ok)}" for step, ok in steps.items()}
    return "   ".join(f"{texts.get(column, ''):<{len(column) + 5}}" for column in COLUMNS)


def over(score):
    return f"{score[0]:g}/{score[1]:g}" if score else ""


def points(item, found):
    """(points, the most) as the grader gives them for the item's checks; () where there are none."""
    if not item.points:
        return ()
    split = split_points(item.points, item.checks)
    return add_points(value for check, value in split.items() if found.steps.get(check)), item.points


def items_of(path, namespace):
    """(Items to check, the Assignment beside the file or None): without one, every class of the file's own."""
    if (path.parent / "assignment.toml").is_file():
        assignment = read_assignment(path.parent)
        if assignment.file == path.name:
            return assignment.items, assignment
        print(f"assignment.toml beside it is for {assignment.file}, not for {path.name}: no points")
    own = [
        (name, value)
        for name, value in namespace.items()
        if inspect.isclass(value) and value.__module__ == namespace["__name__"]
    ]
    items = [
        Item(name, kind, 0, SHARES[kind], usual_arguments(value))
        for name, value in own
        if (kind := kind_by_name(name) or kind_by_steps(value))
    ]
    if not items:
        raise CourseworkError(f"{path} has no class to check: none has forward and backward, or a name such as SGD")
    return items, None


def kind_by_steps(cls):
    if not (callable(getattr(cls, "forward", None)) and callable(getattr(cls, "backward", None))):
        return None
    return "loss" if issubclass(cls, losses.Loss) else "layer"


def usual_arguments(cls):
    """Values for those arguments of a constructor that have no default, as far as their names tell."""
    try:
        found = inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return {}
    usual = {name: value for name, value in USUAL.items() if name in found and found[name].default is inspect._empty}
    return usual | ({"p": 0.3} if "p" in found else {})  # at a half, p and 1 - p are the same


def examine(item, namespace, assignment, path):
    """(the Item with the checks that it can have, its Diagnosis, a note for the student or None)."""
    name = item.make or item.name
    if name not in namespace:
        return item, stopped(item, f"{name} is not in the file"), None
    try:
        make = partial(namespace[name], **item.arguments)
        exam, note = exam_for(item, make, assignment.conventions if assignment else {})
        if exam is None:
            return item, Diagnosis(item.name, dict.fromkeys(item.checks)), note
        item = fitting(item, exam)
        subject = (lambda: namespace[name]) if item.kind == "function" else make
        with np.errstate(all="ignore"):
            found = exam.diagnosis(*play_takes(exam.takes, exam.arrays, subject, str(path), ready=loosen))
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"in {item.name}{in_line(error, path, ' (line {})')}") from None
    except NotImplementedError as error:
        return item, stopped(item, f"{str(error) or name} is not written yet", in_line(error, path, " (line {})")), None
    except BaseException as error:  # SystemExit, too
        line = in_line(error, path, " in line {}")
        return item, stopped(item, f"{name} raises an error", f"{line}: {in_a_line(error)}"), None
    found.steps = {step: ok for step, ok in found.steps.items() if step in item.checks}
    first = next(iter(found.steps))
    if (note or item.kind == "function") and found.steps[first]:  # it works; nothing here tells whether it is right
        found.steps[first] = "given" if item.kind == "function" else None
        split = split_points(item.points, item.checks)
        rest = {check: share for check, share in item.checks.items() if check != first}
        item = replace(item, checks=rest, points=add_points(split[check] for check in rest))
    return item, found, note


def stopped(item, words, more=""):
    """The Diagnosis of what could not be tried to its end."""
    first = next(check for check in SHARES[item.kind] if check in item.checks)
    what, _, symptom = words.partition(" ")
    finding = Finding(first, what, None, symptom + more, words)
    return Diagnosis(item.name, dict.fromkeys(item.checks) | {first: False}, [finding])


def in_line(error, path, words):
    return words.format(line) if (line := line_of(error, path)[1:]) else ""


def exam_for(item, make, conventions):
    """(Exam, or None where there is nothing to go by; a note on what it cannot tell, or None)."""
    if item.kind == "function":
        return FunctionExam(item), None
    if conventions.get("derivative_at_zero", 0) != 0:  # another than the library's
        conventions = {"derivative_at_zero": "any"}
    library = None if item.make else getattr(LIBRARY[item.kind], item.name, None)
    try:
        exam = library and exam_of(item, library, conventions)
    except (TypeError, ValueError):  # the assignment's class takes other arguments
        exam = None
    if item.kind == "optimizer":
        return exam, None if exam else "the library has none like it: only the grader can tell"
    subject, why = make(), "the library has none like it"
    if exam:
        why = other_parameters(exam, subject)
        if why is None:
            return exam, None
    elif item.kind == "layer" and item.shape is None:
        x = made_up(subject, item.name, np.random.default_rng(0))
        item = replace(item, shape=each(lambda part: part.shape[1:], x))
    return exam_of(
        item, make.func, conventions, alone=True
    ), f"{why}: only the grader can tell whether forward is right"


def other_parameters(exam, subject):
    """A layer's parameters in words, where they are not those that the exam sets; else None."""
    x = exam.arrays.get("a.x")
    if x is None:
        return None
    expected = {name[9:]: array.shape for name, array in exam.arrays.items() if name.startswith("a.params.")}
    try:
        mine = {name: np.shape(array) for name, array in mapping(built(subject, x), "params").items()}
    except Exception:
        return None  # the exam will tell
    words = [", ".join(f"{name} {shape}" for name, shape in found.items()) or "none" for found in (mine, expected)]
    return None if mine == expected else f"its parameters are {words[0]}, those of the library's class {words[1]}"


def unknown_imports(path):
    """A line for each import of what is not there when the file is graded."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if not known(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            names = [f"{alias.name} from {package}" for alias in node.names if not known(package, alias.name)]
        else:
            continue
        for name in names:
            yield f"line {node.lineno} imports {name}: {allowed(name)} when the file is graded"


def allowed(name):
    """What there is in the place of an import such as "Dense from layers" or "torch"."""
    package = name.split(" from ")[-1].split(".")[0]
    return f"only {GIVEN[package]} is there" if package in GIVEN else "it is not there"


def known(package, name=None):
    top = package.split(".")[0]
    if top in GIVEN:
        return package == top and name in (None, GIVEN[top])
    return top == "numpy" or top in sys.stdlib_module_names


def side_by_side(found):
    """The gradients that are wrong, beside the numerical ones of the file's own forward and those expected."""
    case, lines = getattr(found, "evidence", None), []
    names = [name for word in ("dx", "dp", "d") for name in case.outputs(word)] if case else []
    names = [name for name in names if not case.right_slope(name)]
    for name in names:
        a, n = case.pair(name)
        if a is None or n is None or a.shape != n.shape:
            lines.append(f"\n{plain(name)}: {shape_in_words(a)}, expected {shape_in_words(n)}")
            continue
        columns = {"yours": a, "numerically": case.own_gradient(name)} | ({"expected": n} if case.right else {})
        lines += table(plain(name), a - n, {word: column for word, column in columns.items() if column is not None})
    return "\n".join(
        lines or ["\nNo gradient is wrong for the x that was tried; the failure above is of another kind."]
    )


def shape_in_words(array):
    return "nothing" if array is None else f"shape {array.shape}"


def table(name, off, columns):
    """The entries that are off most, a line each."""
    worst = np.argsort(-np.abs(off), axis=None, kind="stable")[:ENTRIES]
    rows = [("", *columns)]
    for flat in sorted(worst):
        at = np.unravel_index(flat, off.shape)
        rows.append((place(at), *(f"{column[at]:.6g}" for column in columns.values())))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    some = f"{len(worst)} of {off.size} entries, those that are off most" if len(worst) < off.size else "every entry"
    yield f"\n{name}, {some}; numerically: by differences of your own forward"
    for row in rows:
        yield "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
