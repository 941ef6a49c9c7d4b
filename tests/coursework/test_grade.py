"""grade: shares, messages, hints, and what becomes of submissions and references that are not as they should be."""

import json
import sys

import numpy as np
import pytest

from tests.coursework.tiny import perform_here, settings, text_of, write_assignment
from threestep.coursework import grade
from threestep.coursework.assignment import read_assignment
from threestep.coursework.errors import CourseworkError
from threestep.coursework.formats import FORMATS
from threestep.coursework.grade import grade_submission
from threestep.coursework.results import to_json
from threestep.coursework.sandbox import Isolation, Performance, Trouble

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")


@pytest.fixture
def at_once(monkeypatch):
    """Submissions are performed in this process: quickly, and without the sandbox."""
    monkeypatch.setattr(grade, "perform", perform_here)
    monkeypatch.setattr(grade, "isolation", lambda hidden=(): Isolation([], []))


@pytest.fixture
def graded(at_once, tmp_path):
    """Grades a text by an assignment; returns {item: its entry in the result}."""

    def run(text, toml=None, reference=None):
        write_assignment(tmp_path / "tiny", toml, reference)
        (tmp_path / "tiny.py").write_text(text)
        result = grade_submission(read_assignment(tmp_path / "tiny"), tmp_path / "tiny.py")
        for words in FORMATS.values():
            words(result).encode()
        return {entry["name"]: entry for entry in result["items"]}

    return run


def scores(entry):
    return {check["name"]: check["score"] for check in entry["checks"]}


def test_the_reference_has_all_points(graded):
    items = graded(text_of())
    assert scores(items["Dense"]) == {"forward": 4.8, "backward": 4, "update": 4, "contract": 3.2}
    assert scores(items["ReLU"]) == {"forward": 2.4, "backward": 2, "contract": 1.6}
    assert scores(items["MSE"]) == {"forward": 4, "backward": 4, "contract": 2}
    assert scores(items["SGD"]) == {"step": 8, "contract": 2}
    assert scores(items["count"]) == {"answers": 2}
    assert all(entry["status"] == "passed" and entry["message"] == "" for entry in items.values())


@pytest.mark.parametrize(
    ("name", "change", "lost", "bug"),
    [
        ("Dense", ('+ self.params["b"]', '- self.params["b"]'), {"forward"}, None),
        ("ReLU", ("np.maximum(x, 0)", "2 * np.maximum(x, 0)"), {"forward"}, None),
        ("Dense", ('g @ self.params["W"]', '-g @ self.params["W"]'), {"backward"}, "sign-flipped"),
        ("Dense", ("self.g.T @ self.x", "self.g.T @ self.x / len(self.x)"), {"update"}, "divided-by-n-twice"),
        ("ReLU", ("np.maximum(x, 0)", "np.maximum(x, 0, out=x)"), {"contract"}, "writes-into-input"),
        ("MSE", ("2 * self.off", "self.off"), {"backward"}, "factor-of-two"),
        ("SGD", ("theta -=", "theta +="), {"step"}, None),
        ("count", ("2 * n", "2 * n + (n > 3)"), {"answers"}, None),
    ],
)
def test_each_share_is_lost_alone(name, change, lost, bug, graded):
    items = graded(text_of(**{name: change}))
    assert {check for check, score in scores(items[name]).items() if score == 0} == lost
    assert items[name]["status"] == "failed" and items[name]["message"]
    assert bug in (None, items[name]["findings"][0]["bug"])
    assert all(entry["status"] == "passed" for other, entry in items.items() if other != name)


def test_a_wrong_forward_with_its_own_backward_is_not_punished_twice(graded):
    text = text_of("ReLU").replace("np.maximum(x, 0)", "3 * np.maximum(x, 0)").replace("return g *", "return 3 * g *")
    assert scores(graded(text, settings("ReLU"))["ReLU"]) == {"forward": 0, "backward": 2, "contract": 1.6}


@pytest.mark.parametrize(
    ("hint", "told", "kept"),
    [
        ("locate", ["Dense.update: dW wrong"], ["expected value / 5", "consistent with", "smallest case"]),
        ("symptom", ["Dense.update: dW wrong", "expected value / 5", "smallest case"], ["consistent with"]),
        ("cause", ["Dense.update: dW wrong", "expected value / 5", "consistent with", "smallest case"], []),
    ],
)
def test_a_message_is_cut_at_the_hint_and_the_findings_are_complete(hint, told, kept, graded):
    wrong = text_of("Dense", Dense=("self.g.T @ self.x", "self.g.T @ self.x / len(self.x)"))
    entry = graded(wrong, settings("Dense", Dense=f'hint = "{hint}"'))["Dense"]
    assert all(words in entry["message"] for words in told) and not any(words in entry["message"] for words in kept)
    (finding,) = entry["findings"]
    assert (finding["step"], finding["bug"]) == ("update", "divided-by-n-twice")
    assert "/ 5" in finding["symptom"] and "1/N" in finding["cause"] and "N=2" in finding["smallest"]


def test_an_item_has_its_own_timeout_and_visibility_and_the_reference_is_hidden(graded, monkeypatch, tmp_path):
    seen = []

    def watch(path, script, arrays, limits, hidden):
        seen.append((limits.seconds, hidden))
        return Performance({}, {}, "did not finish within 7 s", "so far", 7.0)

    monkeypatch.setattr(grade, "perform", watch)
    items = graded(text_of(), settings("ReLU", "count", ReLU='timeout = 7\nvisibility = "hidden"', top="timeout = 3"))
    assert seen == [(7, [tmp_path / "tiny"]), (3, [tmp_path / "tiny"])]
    entry = items["ReLU"]
    assert (entry["status"], entry["visibility"], entry["score"], entry["output"]) == ("error", "hidden", 0, "so far")
    assert entry["message"] == "tiny.py did not finish within 7 s" and entry["seconds"] == 7


@pytest.mark.parametrize(
    ("submission", "told"),
    [
        ("raise NotImplementedError('count')", "count is not written yet"),
        ("raise ValueError('a')", "count(3) raises ValueError (line 8): a"),
        ("pass", "the function returned None: is a return missing?"),
        ("return 2 * n + 1", "count(3) is not 7"),
        ("return [n, n]", "count(3) is not [3, 3]"),
        ("return str(n)", "expected a number, got str"),
        ("return 2 * n + (n > 3)", "count(10000000000) is not 20000000001"),
    ],
)
def test_a_function_says_which_answer_is_wrong(submission, told, graded):
    text = text_of("count").replace("### BEGIN SOLUTION\n    return 2 * n", f"\n    {submission}")
    entry = graded(text, settings("count"))["count"]
    assert entry["score"] == 0 and told in entry["message"] and "\n\n" not in f"\n{entry['message']}\n"


@pytest.mark.parametrize(("told", "score"), [("0", 4), ('"any"', 6)])
def test_the_derivative_at_zero_is_a_convention(told, score, graded):
    other = text_of("ReLU", ReLU=("(self.x > 0)", "(self.x >= 0)"))
    toml = settings("ReLU", top=f"[conventions]\nderivative_at_zero = {told}")
    assert graded(other, toml)["ReLU"]["score"] == score


def test_the_reference_has_the_derivative_at_zero_that_is_told(graded):
    toml = settings("ReLU", top="[conventions]\nderivative_at_zero = 1")
    other = text_of("ReLU", ReLU=("(self.x > 0)", "(self.x >= 0)"))
    with pytest.raises(
        CourseworkError, match="ReLU has another derivative at 0 than conventions.derivative_at_zero, 1"
    ):
        graded(other, toml)


def test_an_optimizer_without_the_options_of_the_librarys_is_judged(graded):
    text = """import numpy as np
from optim import Optimizer


class RMSprop(Optimizer):
    def __init__(self, lr, decay=0.9):
        super().__init__(lr)
        self.decay = decay

    def step(self, theta, gradient, segments=None):
        v = self.state["v"] = self.decay * self.state.get("v", 0) + (1 - self.decay) * gradient**2
        theta -= self.lr * gradient / (np.sqrt(v) + 1e-8)
"""
    toml = settings("SGD").replace("SGD", "RMSprop")
    found = graded(text.replace("theta -=", "theta +="), toml, text)["RMSprop"]
    assert scores(found) == {"step": 0, "contract": 2} and found["findings"][0]["bug"] == "sign-flipped"


def test_one_may_be_told_too(graded):
    other = text_of("ReLU", ReLU=("(self.x > 0)", "(self.x >= 0)"))
    assert graded(other, settings("ReLU", top="[conventions]\nderivative_at_zero = 1"), other)["ReLU"]["score"] == 6


@pytest.mark.parametrize(
    ("toml", "reference", "told"),
    [
        (settings("Dense"), text_of("ReLU"), "there is no Dense, which the assignment has as an item"),
        (settings("Dense"), "import nothing_there", ":1: ModuleNotFoundError"),
        (settings("Dense"), text_of("Dense", Dense=("out_features):", "n):")), "Dense: TypeError"),
        (
            settings("Dense"),
            text_of("Dense", Dense=("self.g = g", "raise ValueError('no')")),
            "backward: ValueError: no",
        ),
        (settings("Dense"), text_of("Dense", Dense=("self.x = x", "x.no")), "AttributeError"),
        (
            settings("ReLU"),
            text_of("ReLU", ReLU=("self.x = x", "self.x = x; assert x.itemsize > 4")),
            "forward for float32",
        ),
        (settings("MSE"), text_of("MSE", MSE=("(Loss)", "(Layer)")), "MSE is a layer, expected a loss"),
        (settings("count"), text_of("count", count=("2 * n", "n / 0")), "count raises ZeroDivisionError"),
        (settings("ReLU", ReLU="checks = {update = 1}"), text_of("ReLU"), "expected other checks than update"),
    ],
)
def test_a_reference_that_fails_is_told_and_nothing_is_graded(toml, reference, told, graded):
    with pytest.raises(CourseworkError) as caught:
        graded(text_of(), toml, reference)
    assert told in str(caught.value) and str(caught.value).split(": ")[0].split(".py")[0].endswith("reference/tiny")


def test_what_is_not_there(at_once, tmp_path):
    assignment = read_assignment(write_assignment(tmp_path / "tiny"))
    result = grade_submission(assignment, tmp_path)  # a folder without it
    assert result["score"] == 0 and {entry["message"] for entry in result["items"]} == {"tiny.py was not handed in"}
    with pytest.raises(CourseworkError, match="is not there, nor is its folder"):
        grade_submission(assignment, tmp_path / "no" / "tiny.py")
    (assignment.reference).unlink()
    with pytest.raises(CourseworkError, match="reference/tiny.py is not there"):
        grade_submission(assignment, tmp_path)


def test_a_file_without_the_class_is_told(graded):
    entry = graded("x = 1", settings("ReLU"))["ReLU"]
    assert entry["score"] == 0 and "ReLU is not in the file" in entry["message"]


NOTES = {"error": None, "written": [], "moved": [], "shares": []}


@pytest.mark.parametrize(
    ("answers", "notes"),
    [
        ({}, {}),
        ({}, {"main": 5}),
        ({"main.y": np.array([[1.0]])}, {"main": {"error": {"call": [], "type": 3}}}),
        ({}, {"main": {"error": {"call": float("nan"), "type": "a", "message": "\ud800", "line": float("inf")}}}),
        ({}, {"main": {"error": {"call": "forward", "type": "E", "message": "x" * 10**6, "line": None}}}),
    ],
)
def test_answers_that_no_honest_submission_gives_cost_the_points_and_no_more(answers, notes, graded, monkeypatch):
    monkeypatch.setattr(grade, "perform", lambda *arguments, **more: Performance(answers, notes, None, "", 0.1))
    items = graded("", settings("Dense", "count"))
    for entry in items.values():
        assert entry["score"] == 0 and entry["message"] and len(entry["message"]) < 5000


def test_any_text_that_is_raised_can_be_written(graded):
    entry = graded(
        text_of("ReLU", ReLU=("return g *", "raise ValueError('\\ud800\\x00')\n        g *")), settings("ReLU")
    )
    assert "ValueError" in entry["ReLU"]["message"] and "ValueError" in entry["ReLU"]["findings"][0]["symptom"]


def test_the_result_is_reported_at_the_start_and_after_each_item(at_once, tmp_path):
    assignment, seen = read_assignment(write_assignment(tmp_path / "tiny", settings("ReLU", "count"))), []
    result = grade_submission(assignment, assignment.reference, lambda result: seen.append(json.loads(to_json(result))))
    assert [[entry["status"] for entry in partial["items"]] for partial in seen] == [
        ["pending", "pending"],
        ["passed", "pending"],
        ["passed", "passed"],
    ]
    assert [partial["max_score"] for partial in seen] == [8, 8, 8] and seen[-1] == json.loads(to_json(result))


@pytest.mark.parametrize("where", ["isolation", "perform"])
def test_a_machine_that_cannot_confine_is_told(where, at_once, tmp_path, monkeypatch):
    def trouble(*arguments, **more):
        raise Trouble("no process can be confined here")

    monkeypatch.setattr(grade, where, trouble)
    assignment = read_assignment(write_assignment(tmp_path / "tiny"))
    with pytest.raises(CourseworkError, match="no process can be confined here"):
        grade_submission(assignment, assignment.reference)


def test_a_submission_in_the_sandbox(tmp_path):
    assignment = read_assignment(write_assignment(tmp_path / "tiny", settings("ReLU", "MSE", "count")))
    wrong = text_of("ReLU", "MSE", "count", MSE=("self.off =", "import sys; sys.exit(3); self.off ="))
    path = tmp_path / "tiny.py"
    path.write_bytes(wrong.replace("### BEGIN", "print('größe') # ").replace("\n", "\r\n").encode())
    items = {entry["name"]: entry for entry in grade_submission(assignment, path)["items"]}
    assert [entry["score"] for entry in items.values()] == [6, 0, 2]
    assert items["MSE"]["status"] == "error" and "sys.exit(3)" in items["MSE"]["message"]
    assert items["count"]["output"] == "größe\n" * 2
