"""The handout: what students get of a reference solution, and everything for which it is refused."""

import ast
import os
import re
from types import SimpleNamespace

import pytest

from threestep.coursework.errors import CourseworkError
from threestep.coursework.handout import make_handout

REFERENCE = '''\
"""One layer."""

import numpy as np  # given

from layers import Layer


class Dense(Layer):
    """y = W x + b."""

    def build(self, input_shape, rng=0, dtype=np.float32):
        W = self.params["W"] = rng.uniform(-1, 1, (3, 7))  # given
        return W.shape[:1]

    def forward(self, x):
        """y (N, M) of x (N, D)."""
        # a comment that stays
        ### BEGIN SOLUTION
        W = self.params["W"]
        self.x = x  # kept for update
        return x @ W.T + self.params["b"]
        ### END SOLUTION

    def backward(self, g):
        W = self.params["W"]  # given
        if g is None:
            ### BEGIN SOLUTION
            raise ValueError("no g")
            ### END SOLUTION
        ### BEGIN SOLUTION
        def inner():
            return g @ W
        return inner()
        ### END SOLUTION


def softmax(z):
    """Rows that sum to 1."""
    # BEGIN SOLUTION
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
    # END SOLUTION


class Outer:
    class Inner:
        async def step(self):
            ### BEGIN SOLUTION
            return 1
            ### END SOLUTION
            return 2
'''
HANDOUT = '''\
"""One layer."""

import numpy as np  # given

from layers import Layer


class Dense(Layer):
    """y = W x + b."""

    def build(self, input_shape, rng=0, dtype=np.float32):
        W = self.params["W"] = rng.uniform(-1, 1, (3, 7))  # given
        return W.shape[:1]

    def forward(self, x):
        """y (N, M) of x (N, D)."""
        # a comment that stays
        raise NotImplementedError("Dense.forward")

    def backward(self, g):
        W = self.params["W"]  # given
        if g is None:
            raise NotImplementedError("Dense.backward")
        raise NotImplementedError("Dense.backward")


def softmax(z):
    """Rows that sum to 1."""
    raise NotImplementedError("softmax")


class Outer:
    class Inner:
        async def step(self):
            raise NotImplementedError("Outer.Inner.step")
            return 2
'''
SETTINGS = """\
title = "One"
file = "hw1.py"

[conventions]
derivative_at_zero = 0

# Everybody knows of this one.
[[items]]
class = "Dense"
points = 6
checks = {forward = 50, backward = 50}

# Nobody does
# of this one.
[[items]]
function = "softmax"
calls = [
    [[1, 2]],
    [10]
]
points = 4
visibility = "hidden"
[items.checks]
answers = 100

# The last one is seen.
[[items]]
class = "ReLU"
points = 2
visibility = "visible"
"""
PUBLIC = SETTINGS[: SETTINGS.index("# Nobody")] + SETTINGS[SETTINGS.index("# The last") :]


@pytest.fixture
def assignment(tmp_path):
    folder = tmp_path / "hw1"
    for name, text in {
        "reference/hw1.py": REFERENCE,
        "reference/notes.md": "the answer",
        "mutants.py": "import this",
        "assignment.toml": SETTINGS,
        "README.md": "# Write `Dense`\n\n    y = W x + b\n",
        "data/xor.yaml": "model: [Dense: 1]\n",
        "__pycache__/a.pyc": "x",
        ".git/config": "x",
        ".hidden": "x",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "picture.png").write_bytes(b"\x89PNG\xff\x00")
    return SimpleNamespace(folder=folder, file="hw1.py", title="One", items=[])


def grade(path):
    """Full marks where nothing is left to write."""
    full = "NotImplementedError" not in path.read_text()
    (path.parent / "left behind").write_text("by the grader")
    return result(12 if full else 0)


def result(points, most=12):
    return {"score": points, "max_score": most, "items": [{"name": "Dense", "score": points, "max_score": most}]}


def written(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(assignment, grade=grade, deep=None):
    """What the error says; nothing is written, and nothing is left."""
    before = set(assignment.folder.parent.iterdir())
    with pytest.raises(CourseworkError) as error:
        make_handout(assignment, assignment.folder.parent / (deep or "out"), grade)
    assert set(assignment.folder.parent.iterdir()) == before
    return str(error.value)


def change(assignment, old, new, name="reference/hw1.py"):
    path = assignment.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_handout_is_the_public_files_without_the_solutions(assignment, tmp_path):
    names = make_handout(assignment, tmp_path / "out", grade)
    files = written(tmp_path / "out")
    assert names == sorted(files) == ["README.md", "assignment.toml", "data/xor.yaml", "hw1.py", "picture.png"]
    assert files["hw1.py"].decode() == HANDOUT
    assert files["assignment.toml"].decode() == PUBLIC
    for name in ("README.md", "data/xor.yaml", "picture.png"):
        assert files[name] == (assignment.folder / name).read_bytes()


def test_two_handouts_are_the_same_to_the_byte(assignment, tmp_path):
    make_handout(assignment, tmp_path / "a", grade)
    for path in assignment.folder.rglob("*"):
        os.utime(path, (1, 1))
    make_handout(assignment, tmp_path / "deep" / "b", grade)
    assert written(tmp_path / "a") == written(tmp_path / "deep" / "b")


def test_line_ends_and_characters_stay_as_they_are(assignment, tmp_path):
    text = REFERENCE.replace("One layer.", "Une couche, ∂y/∂x.\x0c").replace("\n", "\r\n")
    (assignment.folder / "reference" / "hw1.py").write_bytes(text.encode())
    make_handout(assignment, tmp_path / "out", grade)
    expected = HANDOUT.replace("One layer.", "Une couche, ∂y/∂x.\x0c").replace("\n", "\r\n")
    assert (tmp_path / "out" / "hw1.py").read_bytes() == expected.encode()


def test_an_assignment_without_hidden_items_keeps_its_settings(assignment, tmp_path):
    text = SETTINGS.replace('visibility = "hidden"\n', "")
    (assignment.folder / "assignment.toml").write_text(text)
    make_handout(assignment, tmp_path / "out", grade)
    assert (tmp_path / "out" / "assignment.toml").read_text() == text


@pytest.mark.parametrize("when", ["hidden", "after_due_date", "after_published"])
def test_items_that_are_not_visible_at_once_are_left_out(assignment, tmp_path, when):
    (assignment.folder / "assignment.toml").write_text(SETTINGS.replace('"hidden"', f'"{when}"'))
    make_handout(assignment, tmp_path / "out", grade)
    assert (tmp_path / "out" / "assignment.toml").read_text() == PUBLIC


@pytest.mark.parametrize(
    "text",
    [
        'items = [{class = "Dense", points = 3}, {class = "Trap", points = 1, visibility = "hidden"}]\n',
        SETTINGS + 'hint = """\n[[items]]\n"""\n',
        SETTINGS.replace("    [10]", "[10]"),
    ],
)
def test_hidden_items_that_cannot_be_cut_out_are_refused(assignment, text):
    (assignment.folder / "assignment.toml").write_text(text)
    assert "assignment.toml: cannot leave out what is hidden" in refused(assignment)


def test_a_folder_that_is_empty_is_filled_and_one_that_is_not_is_refused(assignment, tmp_path):
    (tmp_path / "out").mkdir()
    make_handout(assignment, tmp_path / "out", grade)
    assert (tmp_path / "out" / "hw1.py").exists()
    before = written(tmp_path / "out")
    assert "out is there already and is not empty" in refused(assignment)
    assert written(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "        ### END SOLUTION\n\n    def backward",
            "\n    def backward",
            ":26: BEGIN SOLUTION inside the solution that",
        ),
        ("            ### BEGIN SOLUTION\n            raise", "            raise", ":28: END SOLUTION without a BEGIN"),
        ("            ### END SOLUTION\n            return 2", "", "BEGIN SOLUTION without an END SOLUTION after it"),
        (
            "    # END SOLUTION\n\n\n",
            "    # END SOLUTION x\n\n\n",
            ":48: BEGIN SOLUTION inside the solution that begins on line 39",
        ),
        ("# BEGIN SOLUTION\n    e =", "e = 1  # BEGIN SOLUTION\n    e =", "marker expected a line of its own"),
        ("return 1\n", "pass\n        # END SOLUTION\n", ":51: END SOLUTION without"),
        ("            return 1\n", "", "the solution down to line 49 holds no statement"),
        (
            "import numpy as np  # given",
            "# BEGIN SOLUTION\nimport numpy as np\n# END SOLUTION",
            "whole statements of one",
        ),
        (
            "        ### END SOLUTION\n\n    def backward(self, g):",
            "\n    def backward(self, g):\n        pass\n        ### END SOLUTION\n    def other(self, g):",
            "whole statements of one function",
        ),
        ("return W.shape[:1]", "return (", "is no Python"),
        ("return W.shape[:1]", "return 1 = 2", "hw1.py is no Python: "),
        (
            "        ### BEGIN SOLUTION\n        def",
            "        while g:\n        ### BEGIN SOLUTION\n            g = 1\n        def",
            "without its solutions is no Python",
        ),
    ],
)
def test_markers_that_do_not_fit_are_refused(assignment, old, new, told):
    change(assignment, old, new)
    message = refused(assignment)
    assert told in message and "hw1.py" in message


def test_a_statement_that_a_marker_cuts_is_refused(assignment):
    change(assignment, "return e / e.sum(axis=1, keepdims=True)\n", "return (e /\n")
    change(assignment, "    # END SOLUTION\n", "    # END SOLUTION\n    e.sum(axis=1, keepdims=True))\n")
    assert "expected whole statements of one function" in refused(assignment)


def test_a_reference_without_solutions_is_refused(assignment):
    (assignment.folder / "reference" / "hw1.py").write_text("x = 1\n")
    assert "has no solution" in refused(assignment)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("README.md", "Delete what is after ### BEGIN SOLUTION", "README.md:1 of the handout still has a marker"),
        ("more/extra.py", "x = 1\n#begin solution\n", "more/extra.py:2 of the handout still has a marker"),
        ("a.yaml", "lr: 1  # SOLUTION", "a.yaml:1 of the handout still has a marker, '# SOLUTION'"),
        ("notes.txt", "\n\n### END HIDDEN TESTS", "notes.txt:3 of the handout still has a marker, 'END HIDDEN TESTS'"),
    ],
)
def test_a_marker_that_is_left_is_refused(assignment, name, text, told):
    path = assignment.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert told in refused(assignment)


def test_a_misspelt_marker_is_refused(assignment):
    change(assignment, "    # BEGIN SOLUTION\n", "    # Begin Solution\n")
    change(assignment, "    # END SOLUTION\n", "")
    assert "hw1.py:29 of the handout still has a marker, '# Begin Solution'" in refused(assignment)


def test_a_piece_of_a_solution_in_the_text_is_refused(assignment):
    change(assignment, "# Write", "Think of\n\n```python\nreturn x @ W.T + self.params['b']\n```\n# Write", "README.md")
    message = refused(assignment)
    assert message.startswith("the handout gives away a piece of a solution: write the one or the other differently")
    assert "README.md:4 has 'return x @ W . T + self . params [ b ]' of reference/hw1.py:21" in message


def test_only_some_of_many_leaks_are_listed(assignment):
    leak = "e = np.exp(z - z.max(axis=1, keepdims=True))\n\nAnd\n"
    change(assignment, "# Write", leak * 8, "README.md")
    message = refused(assignment)
    assert (
        "gives away 8 pieces of solutions" in message
        and len(message.splitlines()) == 7
        and message.endswith("and 3 more")
    )


def test_a_handout_that_scores_is_refused(assignment):
    def generous(path):
        return result(12 if path.parent.name == "reference" else 3)

    assert refused(assignment, generous, "a/b/c") == "the handout scores 3 points, expected 0: Dense 3"


def test_a_reference_that_loses_points_is_refused(assignment):
    assert refused(assignment, lambda path: result(11.5)) == (
        "the reference scores 11.5 of 12 points; it loses some in Dense"
    )


def test_a_second_run_that_differs_is_refused(assignment):
    def meddling(path):
        (assignment.folder / "README.md").write_text(str(path))
        return grade(path)

    assert refused(assignment, meddling) == "two runs made different bytes of README.md"


def test_text_outside_the_solutions_that_changed_is_refused(assignment, monkeypatch):
    """No source does this: a line is added on purpose."""
    monkeypatch.setattr("threestep.coursework.handout.owner", lambda *_: ('")\nx = ("', 8))
    assert "text outside the marked regions changed" in refused(assignment)


def test_a_handout_of_ones_own_beside_the_reference_is_refused(assignment):
    (assignment.folder / "hw1.py").write_text("x = 1\n")
    assert "would be handed out beside what reference/hw1.py makes: remove it" in refused(assignment)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_is_refused(assignment):
    (assignment.folder / "answers.md").symlink_to(assignment.folder / "reference" / "notes.md")
    assert "answers.md is a link" in refused(assignment)


def test_a_reference_in_another_encoding_is_refused(assignment):
    (assignment.folder / "reference" / "hw1.py").write_bytes(b"x = '\xff'\n")
    assert "hw1.py expected UTF-8" in refused(assignment)


def test_what_is_handed_out_is_python_and_raises_what_is_to_write(assignment, tmp_path):
    make_handout(assignment, tmp_path / "out", grade)
    text = (tmp_path / "out" / "hw1.py").read_text()
    ast.parse(text)
    assert len(re.findall(r"raise NotImplementedError\(", text)) == REFERENCE.count("BEGIN SOLUTION")
