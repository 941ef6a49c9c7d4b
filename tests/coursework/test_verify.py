"""verify: a grader that is right is said to be, and each planted defect is found."""

import re
import sys

import pytest

from tests.coursework.tiny import perform_here, settings, text_of, write_assignment
from threestep.coursework import grade
from threestep.coursework import verify as verify_module
from threestep.coursework.assignment import read_assignment
from threestep.coursework.errors import CourseworkError
from threestep.coursework.sandbox import Isolation
from threestep.coursework.verify import verify

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
MUTANT = ("count", None, "2 * n", "n")


@pytest.fixture
def verified(tmp_path, capsys, monkeypatch):
    """Verifies an assignment; returns (whether it is right, what was printed)."""
    monkeypatch.setattr(grade, "perform", perform_here)
    monkeypatch.setattr(grade, "isolation", lambda hidden=(): Isolation([], []))
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # the stubs are put in place for the whole of this process

    def run(names=("ReLU", "count"), mutants=(MUTANT,), toml=None, **changes):
        toml = toml or settings(*names)
        assignment = write_assignment(tmp_path / "tiny", toml, text_of(*names, **changes), list(mutants))
        right = verify(read_assignment(assignment))
        return right, capsys.readouterr().out

    return run


def test_a_grader_that_is_right(verified):
    right, out = verified(("Dense", "ReLU", "MSE", "SGD", "count"))
    rows = [line.split() for line in out.splitlines()[1:6]]
    assert right and [row[0] for row in rows] == ["Dense", "ReLU", "MSE", "SGD", "count"]
    for name, mutants, failed, to_name, named in rows:
        assert mutants == failed and to_name == named and int(mutants) >= (1 if name == "count" else 3)
    assert "reference: 44 of 44 points" in out and "handout: 0 points" in out
    assert out.endswith("every mutant is failed and named; the reference has all points, the handout none\n")
    assert len({len(line) for line in out.splitlines()[:6]}) == 1  # columns that are aligned


@pytest.mark.slow
def test_the_processes_of_several_mutants_at_once(tmp_path, capsys):
    toml = settings("ReLU").replace("points = 6", "points = 6\nchecks = {backward = 1}")
    assert not verify(read_assignment(write_assignment(tmp_path / "tiny", toml, text_of("ReLU"))))
    assert "ReLU is not failed by forward(self, x)" in capsys.readouterr().out


def test_an_item_that_no_mutant_fails(verified):
    right, out = verified(mutants=())
    assert not right and "count is failed by no mutant: add one to mutants.py" in out


def test_a_mutant_that_survives(verified):
    right, out = verified(mutants=[MUTANT, ("ReLU", None, "np.maximum(x, 0)", "np.maximum(0, x)")])
    assert not right and "ReLU is not failed by np.maximum(x, 0) -> np.maximum(0, x)" in out


def test_checks_that_leave_out_update(verified):
    toml = settings("Dense", Dense="checks = {forward = 1, backward = 1}")
    right, out = verified(("Dense",), (), toml)
    assert not right and re.search(r"^Dense is not failed by update\(self\)", out, re.MULTILINE)


def test_a_mutant_under_another_name(verified):
    right, out = verified(mutants=[MUTANT, ("ReLU", "mask-from-g", "g * (self.x > 0)", "g")])
    assert not right and "ReLU, g * (self.x > 0) -> g: expected mask-from-g, got mask-missing" in out


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ReLU", ("g * (self.x > 0)", "g"), "the reference fails ReLU by itself: ReLU.backward"),
        ("MSE", ("2 * self.off", "self.off"), "the reference fails MSE by itself: MSE.backward"),
        (
            "Dense",
            ("self.g.sum(axis=0)", "2 * self.g.sum(axis=0)"),
            "the reference fails Dense by itself: Dense.update",
        ),
        ("ReLU", ("np.maximum(x, 0)", "np.maximum(x, 0, out=x)"), "the reference fails ReLU: ReLU, the contract"),
        ("ReLU", ("np.maximum(x, 0)", "np.maximum(x, 0.0).astype(float)"), "makes float64 of float32: y"),
        (
            "ReLU",
            (
                "return np.maximum(x, 0)",
                "return (np.maximum(x, 0).astype(np.float64) + (x.itemsize < 8)).astype(x.dtype)",
            ),
            "the reference's ReLU is off by",
        ),
    ],
)
def test_a_reference_that_is_wrong(name, change, told, verified):
    right, out = verified((name, "count"), **{name: change})
    assert not right and told in out


def test_a_reference_that_breaks_in_float32(verified):
    with pytest.raises(CourseworkError, match=r"reference/tiny.py: ReLU, forward for float32: AssertionError"):
        verified(ReLU=("self.x = x", "self.x = x; assert x.itemsize > 4"))


def test_a_handout_that_scores(verified):
    given = ("    ### BEGIN SOLUTION\n    return 2 * n", "    return 2 * n\n    ### BEGIN SOLUTION\n    pass")
    right, out = verified(count=given)
    assert not right and "the handout: the handout scores 2 points, expected 0: count 2" in out


def test_a_handout_that_leaks(verified, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "notes.md").write_text("Write `return np.maximum(x, 0)`; then `return g * (self.x > 0)`.\n")
    right, out = verified()
    assert not right and "the handout: the handout gives away" in out


def test_a_mutant_that_cannot_be_judged(verified, monkeypatch):
    def broken(item, exam, *rest):
        exam.diagnosis = None
        return judge(item, exam, *rest)

    judge = verify_module.judge
    monkeypatch.setattr(verify_module, "judge", broken)
    right, out = verified(("count",))
    assert not right and "count, 2 * n -> n: tiny.py gave answers that cannot be judged (TypeError: " in out
