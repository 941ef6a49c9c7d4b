"""check: what a student sees of his file, and whether it is what the grader will say."""

import re
import sys

import pytest

from tests.coursework.tiny import HEAD, RELU, perform_here, settings, text_of, write_assignment
from threestep.coursework import grade
from threestep.coursework.assignment import read_assignment
from threestep.coursework.check import check_file
from threestep.coursework.errors import CourseworkError
from threestep.coursework.grade import grade_submission
from threestep.coursework.sandbox import Isolation

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")


@pytest.fixture
def check(tmp_path, capsys):
    """Checks a text beside an assignment.toml, or none; returns (whether it is right, what was printed)."""

    def run(text, toml=None, name=None, why=False):
        if toml is not None:
            (tmp_path / "assignment.toml").write_text(toml)
        (tmp_path / "tiny.py").write_text(text)
        right = check_file(tmp_path / "tiny.py", name, why)
        out = capsys.readouterr().out
        assert all(len(line) <= 110 and line == line.rstrip() for line in out.splitlines()), out
        return right, out

    return run


DIVIDED = text_of(Dense=("self.g.T @ self.x", "self.g.T @ self.x / len(self.x)"), SGD=("theta -=", "theta +="))


def test_a_line_for_each_class_and_the_first_failure_in_parts(check):
    right, out = check(DIVIDED, settings())
    assert not right
    assert out == (
        "Dense  forward ok     backward ok     update FAIL   contract ok     12/16\n"
        "  Dense.update: dW wrong, db right; all else right\n"
        "  dW is the expected value / 5 in every entry: 5 is the batch size\n"
        "  consistent with: dividing by N in the layer and again in the loss: 1/N belongs to the loss alone\n"
        "  smallest case: passes at N=1, fails at N=2\n"
        "ReLU   forward ok     backward ok                   contract ok     6/6\n"
        "MSE    forward ok     backward ok                   contract ok     10/10\n"
        "SGD    step FAIL                                    contract ok     2/10\n"
        "count  answers given\n"
        "total                                                               30/42, 2 more by the grader alone\n"
    )


def test_nothing_wrong(check):
    right, out = check(text_of(), settings())
    assert right and "FAIL" not in out and "42/42" in out


def test_one_class_alone(check, tmp_path):
    right, out = check(DIVIDED, settings(), name="ReLU")
    assert right and out.splitlines() == ["ReLU  forward ok     backward ok                   contract ok     6/6"]
    with pytest.raises(
        CourseworkError, match=r"tiny.py has no Relu to check, expected one of Dense, ReLU, MSE, SGD, count$"
    ):
        check_file(tmp_path / "tiny.py", "Relu")


@pytest.mark.parametrize(("hint", "lines"), [("locate", 1), ("symptom", 3), ("cause", 4)])
def test_the_hint_of_the_assignment_holds_here_too(hint, lines, check):
    _, out = check(DIVIDED, settings(top=f'hint = "{hint}"'))
    assert sum(line.startswith("  ") for line in out.splitlines()) == lines


def test_why_shows_both_gradients_side_by_side(check):
    _, out = check(DIVIDED, settings(), why=True)
    table = out[out.index("\ndW, 12 of 21 entries") :].splitlines()[1:]
    assert table[0] == "dW, 12 of 21 entries, those that are off most; numerically: by differences of your own forward"
    assert table[1].split() == ["yours", "numerically", "expected"] and len(table) == 14
    for row in table[2:]:
        yours, numerically, expected = map(float, row.split("]")[1].split())
        assert numerically == pytest.approx(expected, rel=1e-4) == pytest.approx(5 * yours, rel=1e-4)
    assert "db" not in "".join(table)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("self.g.T @ self.x", "self.x.T @ self.g"), "dW: shape (7, 3), expected shape (3, 7)"),
        (("self.x = x", "self.x = x; x += 1"), "No gradient is wrong for the x that was tried"),
        (("self.g = g", "raise ValueError('no')"), "dx: nothing, expected shape (5, 7)"),
    ],
)
def test_why_where_there_is_no_table(change, told, check):
    assert told in check(text_of("Dense", Dense=change), settings("Dense"), why=True)[1]


def test_why_where_nothing_could_be_tried(check):
    assert "No gradient is wrong" in check("", settings("Dense"), why=True)[1]
    assert "No gradient is wrong" in check(text_of(SGD=("theta -=", "theta +=")), settings("SGD"), why=True)[1]


CHANGES = [
    {},
    {"Dense": ('+ self.params["b"]', "")},
    {"Dense": ('g @ self.params["W"]', 'g * 2 @ self.params["W"]')},
    {"Dense": ("self.g = g", "raise NotImplementedError('Dense.backward')")},
    {"Dense": ("self.x = x", "import sys; sys.exit()")},
    {"Dense": ("self.out_features = out_features", "self.no")},
    {"ReLU": ("np.maximum(x, 0)", "np.maximum(x, 0, out=x)")},
    {"ReLU": ("(self.x > 0)", "(self.x >= 0)")},
    {"ReLU": ("return np.maximum(x, 0)", "return list(np.maximum(x, 0))")},
    {"ReLU": ("return np.maximum(x, 0)", "np.maximum(x, 0)")},
    {"MSE": ("2 * self.off", "self.off")},
    {"MSE": ("float(np.mean(self.off**2))", "float(np.sum(self.off**2))")},
    {"SGD": ("theta -=", "theta = theta -")},
    {"count": ("return 2 * n", "raise NotImplementedError")},
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_the_points_are_the_graders(change, check, tmp_path, monkeypatch):
    monkeypatch.setattr(grade, "isolation", lambda hidden=(): Isolation([], []))
    monkeypatch.setattr(grade, "perform", perform_here if change != CHANGES[4] else grade.perform)
    _, out = check(text_of(**change), settings())
    assignment = read_assignment(write_assignment(tmp_path / "tiny"))
    result = grade_submission(assignment, tmp_path / "tiny.py")
    found = dict(re.findall(r"^(\w+) .* ([\d.]+)/[\d.]+(?:,|$)", out, re.MULTILINE))
    expected = {entry["name"]: f"{entry['score']:g}" for entry in result["items"]}
    assert found == {name: expected[name] for name in found if name != "total"} | {"total": found["total"]}
    assert set(found) >= {"Dense", "ReLU", "MSE", "SGD"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "  Dense is not in the file"),
        ("Dense = 5", "  Dense raises an error: TypeError: the first argument must be callable"),
        (
            text_of("Dense", Dense=("self.out_features = out_features", "self.no")),
            "  Dense raises an error in line 8: AttributeError: 'Dense' object",
        ),
        (
            text_of("Dense", Dense=("self.x = x", "raise SystemExit(3)")),
            "  Dense raises an error in line 17: SystemExit: 3",
        ),
        (
            text_of("Dense", Dense=("self.x = x", "raise BaseException('a\\n b')")),
            "raises an error in line 17: BaseException: a b",
        ),
        (text_of("Dense", Dense=("self.x = x", "x.no")), "  Dense.forward raises an error in line 17: AttributeError"),
        (
            text_of("Dense", Dense=('self.params["W"].T', 'self.params["W"]')),
            "  Dense.forward raises an error in line 18: ValueError: in a @ b, a has 7 columns and b has 3 rows\n",
        ),
        (HEAD + "class Dense(Layer):\n    def __init__(self, out_features):\n        pass", "not written yet"),
    ],
)
def test_what_cannot_be_tried(text, told, check):
    right, out = check(text, settings("Dense"))
    assert not right and "forward FAIL   backward -      update -      contract -      0/16" in out and told in out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "self.g = g\n        return",
            "self.g = g + 1\n        return",
            "  Dense.update: dW and db wrong; all else right\n",
        ),
        (
            'self.grads["W"] =',
            'self.grads["w"] =',
            "  Dense.update: dW wrong, db right; all else right\n"
            '  dW is zero in every entry: does update set self.grads["W"]?\n',
        ),
    ],
)
def test_the_place_names_every_gradient_that_is_wrong_and_none_that_nobody_asked_for(old, new, told, check):
    assert told in check(text_of("Dense", Dense=(old, new)), settings("Dense"))[1]


def test_ctrl_c_ends_an_endless_loop(check):
    with pytest.raises(KeyboardInterrupt, match=r"^in Dense \(line 17\)$"):
        check(text_of("Dense", Dense=("self.x = x", "raise KeyboardInterrupt")), settings("Dense"))


SWISH = """
class Swish(Layer):
    def forward(self, x):
        self.x, self.s = x, 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, g):
        return g * (self.s + self.x * self.s * (1 - self.s))

def swish():
    return Swish()
"""
SWISH_ITEM = 'title = "T"\nfile = "tiny.py"\n[[items]]\nclass = "Swish"\nkind = "layer"\npoints = 10\n'


@pytest.mark.parametrize("more", ["", 'make = "swish"'])
def test_a_class_that_the_library_has_not_is_held_against_its_own_forward(more, check):
    right, out = check(HEAD + SWISH, SWISH_ITEM + more)
    assert right and out.startswith("Swish  forward -      backward ok                   contract ok     6/6\n")
    assert "only the grader can tell whether forward is right" in out
    wrong = (HEAD + SWISH).replace("self.s + self.x", "self.x")
    right, out = check(wrong, SWISH_ITEM + more, why=True)
    assert not right and "forward -      backward FAIL                 contract ok     2.67/6" in out
    assert re.search(r"\n +yours +numerically\n", out)
    unwritten = (HEAD + SWISH).replace("self.x, self.s =", "raise NotImplementedError('Swish.forward') #")
    right, out = check(unwritten, SWISH_ITEM + more)
    assert not right and "0/10" in out and "Swish.forward is not written yet (line 8)" in out


def test_parameters_other_than_the_librarys_are_for_the_grader(check):
    right, out = check(text_of("Dense").replace('"W"', '"w"'), settings("Dense"))
    assert right and "forward -      backward ok     update ok     contract ok     11.2/11.2" in out
    assert "its parameters are w (3, 7), b (3,), those of the library's class W (3, 7), b (3,)" in out.replace(
        "\n   ", ""
    )


def test_an_optimizer_that_the_library_has_not_is_for_the_grader(check):
    toml = settings("SGD").replace('"SGD"', '"Mine"\nkind = "optimizer"')
    right, out = check(text_of("SGD").replace("class SGD", "class Mine"), toml)
    assert right and "step -" in out and "only the grader can tell" in out


def test_what_is_not_graded_is_not_told(check):
    toml = settings("ReLU", ReLU="checks = {forward = 1, backward = 2}")
    right, out = check(text_of("ReLU", ReLU=("np.maximum(x, 0)", "np.maximum(x, 0, out=x)")), toml)
    assert right and out.splitlines() == ["ReLU  forward ok     backward ok                                   6/6"]


@pytest.mark.parametrize(("told", "right"), [("0", False), ("1", True), ('"any"', True)])
def test_another_convention_than_the_librarys_is_for_the_grader(told, right, check):
    toml = settings("ReLU", top=f"[conventions]\nderivative_at_zero = {told}")
    assert check(text_of("ReLU", ReLU=("(self.x > 0)", "(self.x >= 0)")), toml)[0] == right


def test_without_an_assignment_every_class_with_the_steps(check):
    extra = "class Other: pass\nclass Dropout(Layer):\n    def __init__(self, p=0.5):\n        self.p = p\n"
    right, out = check(text_of() + SWISH + extra)
    names = [line.split()[0] for line in out.splitlines() if not line.startswith("  ")]
    assert names == ["Dense", "ReLU", "MSE", "SGD", "Swish", "Dropout"] and "/" not in out
    assert not right and "Dropout.forward" in out
    with pytest.raises(CourseworkError, match="has no class to check"):
        check(HEAD)


def test_an_assignment_for_another_file_is_none_of_this_one(check):
    right, out = check(HEAD + RELU, settings().replace("tiny.py", "large.py"))
    assert right and out.splitlines() == [
        "assignment.toml beside it is for large.py, not for tiny.py: no points",
        "ReLU  forward ok     backward ok                   contract ok",
    ]


def test_imports_that_are_not_there_when_the_file_is_graded(check):
    more = "import json, numpy.linalg\nfrom layers import Softmax\nimport yaml\nfrom threestep import checks\n"
    right, out = check(more + text_of("ReLU"), settings("ReLU"))
    assert not right and out.splitlines()[1:] == [
        "line 2 imports Softmax from layers: only Layer is there when the file is graded",
        "line 3 imports yaml: it is not there when the file is graded",
        "line 4 imports checks from threestep: it is not there when the file is graded",
    ]
