"""assignment.toml: what it says, and one clear line for each mistake in it."""

import sys

import pytest

from tests.coursework.tiny import settings, write_assignment
from threestep.coursework.assignment import assignment_of, load_file, read_assignment
from threestep.coursework.errors import CourseworkError

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")


def test_what_an_assignment_says(tmp_path):
    top = 'hint = "symptom"\ntimeout = 3\n[conventions]\nderivative_at_zero = "any"'
    toml = settings(top=top, ReLU='timeout = 7\nhint = "locate"\nvisibility = "hidden"\nshape = [4, 2]')
    found = read_assignment(write_assignment(tmp_path / "hw0", toml))
    assert (found.name, found.title, found.file, found.points) == ("hw0", "Tiny", "tiny.py", 44)
    assert found.conventions == {"derivative_at_zero": "any"}
    assert found.reference == tmp_path / "hw0" / "reference" / "tiny.py"
    kinds = {item.name: item.kind for item in found.items}
    assert kinds == {"Dense": "layer", "ReLU": "layer", "MSE": "loss", "SGD": "optimizer", "count": "function"}
    dense, relu, *_ = found.items
    assert (dense.timeout, dense.hint, dense.visibility, dense.shape) == (3, "symptom", "visible", None)
    assert (relu.timeout, relu.hint, relu.visibility, relu.shape) == (7, "locate", "hidden", [4, 2])
    assert dense.arguments == {"out_features": 3} and dense.checks["forward"] == 30
    assert found.items[-1].calls == [[3], [10**10]]


@pytest.mark.parametrize("name", ["hw1", "hw2"])
def test_those_that_ship_are_read_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_assignment(name).points == 100


def test_a_kind_can_be_given_where_the_library_has_no_such_class(tmp_path):
    toml = 'title = ""\nfile = "tiny.py"\n[[items]]\nclass = "Huber2"\nkind = "loss"\npoints = 1'
    assert read_assignment(write_assignment(tmp_path / "hw0", toml)).items[0].kind == "loss"


HEAD = 'title = "T"\nfile = "tiny.py"\n'
RELU = HEAD + '[[items]]\nclass = "ReLU"\npoints = 1\n'
COUNT = HEAD + '[[items]]\nfunction = "count"\npoints = 1\n'
WRONG = {  # the text: what is told
    "title = ": "Invalid value",
    "": "title expected a text, got nothing",
    'title = 3\nfile = "a.py"': "title expected a text, got 3",
    'title = "T"': "file expected the name of a Python file, such as hw1.py",
    'title = "T"\nfile = "../a.py"': "file expected the name of a Python file",
    'title = "T"\nfile = "layers.py"': "and not that of a package, got 'layers.py'",
    HEAD: "items expected [[items]], one or more, got nothing",
    HEAD + "items = []": "items expected [[items]], one or more, got []",
    HEAD + "items = [1]": "items expected [[items]], one or more, got [1]",
    HEAD + "point = 3": "unknown key point, expected one of title, file, hint, timeout, conventions, items",
    'hint = "all"\n' + RELU: "hint expected one of locate, symptom, cause, got 'all'",
    "timeout = 0\n" + RELU: "timeout expected seconds above 0, got 0",
    "timeout = inf\n" + RELU: "timeout expected seconds above 0, got inf",
    "conventions = 3\n" + RELU: "conventions expected a table, got 3",
    "conventions = {at_zero = 3}\n" + RELU: "unknown key conventions.at_zero, expected one of derivative_at_zero",
    "conventions = {derivative_at_zero = true}\n" + RELU: 'derivative_at_zero expected a number or "any", got True',
    RELU + "extra = 1": "unknown key items[0].extra, expected one of class, function, kind",
    RELU + 'function = "f"': "items[0] expected a class or a function, got class and function",
    HEAD + "[[items]]\npoints = 1": "items[0] expected a class or a function, got none",
    HEAD + "[[items]]\nclass = 5\npoints = 1": "items[0].class expected a name, got 5",
    HEAD + '[[items]]\nclass = "ReLU"': "items[0].points expected a number from 0 on",
    RELU.replace("points = 1", "points = -1"): "with at most two decimals, got -1",
    RELU.replace("points = 1", "points = 0.125"): "with at most two decimals, got 0.125",
    RELU.replace("points = 1", "points = true"): "got True",
    RELU.replace("points = 1", "points = nan"): "got nan",
    RELU.replace("points = 1", 'points = "1"'): "got '1'",
    RELU + RELU.removeprefix(HEAD): "two items are called ReLU",
    RELU.replace("ReLU", "Swish3"): "kind expected one of layer, loss, optimizer: the library has no Swish3",
    RELU + 'kind = "loss"': "kind expected layer, as ReLU of the library is one, got 'loss'",
    RELU + 'kind = ["loss"]': "kind expected one of layer, loss, optimizer, got ['loss']",
    RELU + "checks = {}": "checks expected a table of shares, one or more, got {}",
    RELU + "checks = {forwards = 1}": "unknown key items[0].checks.forwards, expected one of forward, backward",
    RELU + "checks = {forward = 0}": "items[0].checks.forward expected a share above 0, got 0",
    RELU + "arguments = 3": "arguments expected a table of numbers, texts and lists, got 3",
    RELU + "arguments = {a = 2020-01-01}": "arguments expected a table of numbers, texts and lists",
    RELU + "shape = 7": "shape expected a list of sizes, such as [7], got 7",
    RELU + "shape = [0]": "shape expected a list of sizes",
    RELU + "shape = []": "shape expected a list of sizes",
    RELU + "shape = [true]": "shape expected a list of sizes",
    RELU + 'visibility = "secret"': "visibility expected one of visible, hidden, after_due_date, after_published",
    RELU + 'make = "a b"': "make expected a name, got 'a b'",
    RELU + 'make = "f"\narguments = {a = 1}': "arguments say nothing beside make",
    RELU + "calls = [[1]]": "items[0].calls says nothing of a layer",
    COUNT: "items[0].calls expected a list of arguments for each call, got none",
    COUNT + "calls = []": "calls expected a list of arguments for each call, such as [[10], [20]], got []",
    COUNT + "calls = [1]": "calls expected a list of arguments for each call, such as [[10], [20]], got [1]",
    COUNT + "calls = [[1]]\nshape = [7]": "items[0].shape says nothing of a function",
}


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=range(len(WRONG)))
def test_mistakes_are_told_in_a_line(text, told, tmp_path):
    with pytest.raises(CourseworkError) as caught:
        read_assignment(write_assignment(tmp_path / "hw0", text))
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "hw0" / "assignment.toml")) and "\n" not in message
    assert told in message


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(CourseworkError, match=r"assignment\.toml cannot be read: .*one of hw1, hw2$"):
        read_assignment(tmp_path / "hw9")
    (tmp_path / "assignment.toml").write_bytes(b"\xff")
    with pytest.raises(CourseworkError, match="assignment.toml: 'utf-8' codec can't decode"):
        read_assignment(tmp_path)


def test_the_assignment_of_a_submission(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_assignment(tmp_path / "tiny")
    (tmp_path / "handed").mkdir()
    for name in ("hw2.py", "notes.py"):
        (tmp_path / "handed" / name).touch()
    assert assignment_of("some/where/hw1.py") == "hw1"
    assert assignment_of("some/where/tiny.py") == "tiny"
    assert assignment_of("handed") == "hw2"
    with pytest.raises(CourseworkError, match="work.py: its name tells no assignment: give --assignment FOLDER"):
        assignment_of("work.py")
    (tmp_path / "handed" / "hw1.py").touch()
    with pytest.raises(CourseworkError, match="tells no assignment"):
        assignment_of("handed")


def test_a_file_is_loaded_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "a b.txt"
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert load_file(path)["A"](3).x == 3
    path.write_text("B = 4")  # as long ago, or as long, as what was there: it is read anew
    assert load_file(path)["B"] == 4
    assert [found.name for found in tmp_path.iterdir()] == ["a b.txt"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ny = (", ":2: SyntaxError: '(' was never closed"),
        ("x = 1\nx.y", ":2: AttributeError: 'int' object has no attribute 'y'"),
        ("def f():\n    raise ValueError('a\\nb')\nf()", ":2: ValueError: a b"),
        ("import sys\nsys.exit(3)", ":2: SystemExit: 3"),
        ("raise BaseException", ":1: BaseException"),
        ("\0", ": "),
    ],
)
def test_what_a_file_raises_is_told_with_its_line(text, told, tmp_path):
    path = tmp_path / "hw1.py"
    path.write_text(text)
    with pytest.raises(CourseworkError) as caught:
        load_file(path)
    assert str(caught.value).startswith(f"{path}{told}") and "\n" not in str(caught.value)


def test_ctrl_c_while_a_file_is_loaded_ends_the_program(tmp_path):
    (tmp_path / "hw1.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_file(tmp_path / "hw1.py")


@pytest.mark.parametrize(("name", "told"), [("no.py", "is not there"), ("", "is a folder, expected a file")])
def test_no_file(name, told, tmp_path):
    with pytest.raises(CourseworkError, match=told):
        load_file(tmp_path / name)
