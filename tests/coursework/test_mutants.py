"""Mutants: each is the reference with one bug, and mutants.py is read line by line."""

import ast
import sys

import pytest

from tests.coursework.tiny import settings, text_of, write_assignment
from threestep.checks.diagnosis.bugs import BUGS
from threestep.coursework.assignment import read_assignment
from threestep.coursework.errors import CourseworkError
from threestep.coursework.grade import exams_of
from threestep.coursework.mutants import GENERAL, mutants_of

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")


@pytest.fixture
def mutants(tmp_path):
    """{item: its mutants} of an assignment."""

    def run(*names, rows=None, toml=None, reference=None):
        reference = reference or text_of(*names)
        folder = write_assignment(tmp_path / "tiny", toml or settings(*names), reference, rows)
        assignment = read_assignment(folder)
        return {item.name: list(mutants_of(assignment, item, reference, exam)) for item, exam in exams_of(assignment)}

    return run


def test_own_ones_change_one_class_alone(mutants):
    rows = [("ReLU", "mask-missing", " * (self.x > 0)", ""), ("Dense", None, "self.x = x", "self.x = 2 * x")]
    found = mutants("ReLU", "Dense", rows=rows)
    relu, dense = found["ReLU"][0], found["Dense"][0]
    assert (relu.item, relu.bug, relu.words) == ("ReLU", "mask-missing", "* (self.x > 0) -> nothing")
    assert relu.text == text_of("ReLU", "Dense", ReLU=(" * (self.x > 0)", ""))
    assert dense.text == text_of("ReLU", "Dense", Dense=("self.x = x", "self.x = 2 * x"))  # in ReLU, too, it stands


def test_general_ones_fit_the_kind(mutants):
    found = mutants("Dense", "ReLU", "MSE", "SGD", "count")
    count = {name: len(of) for name, of in found.items()}
    assert count["Dense"] >= len(GENERAL["layer"]) and count["MSE"] >= len(GENERAL["loss"])
    assert count["SGD"] == len(GENERAL["optimizer"]) and count["count"] == 0
    assert not any("update" in mutant.words for mutant in found["ReLU"])  # it has no parameters
    assert sum("update" in mutant.words for mutant in found["Dense"]) == 3
    for mutant in (mutant for of in found.values() for mutant in of):
        ast.parse(mutant.text)
        assert mutant.bug in BUGS and mutant.text.startswith(text_of())


def test_formulas_of_the_bank_that_are_others_than_the_right_one(mutants):
    toml = 'title = "T"\nfile = "tiny.py"\n[[items]]\nclass = "ReLU"\npoints = 1\n'
    (found,) = mutants("ReLU", toml=toml).values()
    assert [mutant.words for mutant in found[-3:]] == ["dx = g * (g > 0)", "dx = g", "dx = 1.0 * (x > 0)"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("none", "expected a list MUTANTS, got str"),
        ([("ReLU", None, "x")], r"MUTANTS\[0\] expected \(class, bug or None, text, new text\), got"),
        ([("ReLU", None, "x", 3)], r"MUTANTS\[0\] expected \(class, bug or None, text, new text\)"),
        ([("Relu", None, "x", "y")], r"MUTANTS\[0\] expected one of ReLU, got 'Relu'"),
        (
            [("ReLU", "mask", "x", "y")],
            r"MUTANTS\[0\] expected a name of threestep/checks/diagnosis/bugs.py or None, got 'mask'",
        ),
        ([("ReLU", ["mask"], "x", "y")], r"MUTANTS\[0\] expected a name of threestep/checks/diagnosis/bugs.py"),
        ([("ReLU", None, "nowhere", "y")], "ReLU expected the text 'nowhere' once, found it 0 times"),
        ([("ReLU", None, "self", "y")], "ReLU expected the text 'self' once, found it 4 times"),
        ([("ReLU", None, "(self.x > 0)", "(")], r"ReLU is no Python with '\(' for"),
    ],
)
def test_mistakes_in_mutants_py(rows, told, mutants):
    with pytest.raises(CourseworkError, match=rf"mutants.py: {told}|mutants.py {told}"):
        mutants("ReLU", rows=rows)


def test_a_class_that_is_imported_has_no_text(mutants):
    reference = "from layers import ReLU\n"
    with pytest.raises(CourseworkError, match="mutants.py: there is no ReLU in the reference"):
        mutants("ReLU", rows=[("ReLU", None, "x", "y")], reference=reference)


def test_a_formula_that_is_the_right_one_for_these_shapes_is_no_mutant(mutants):
    toml = 'title = "T"\nfile = "tiny.py"\n[[items]]\nclass = "LayerNorm"\npoints = 1\n'
    (found,) = mutants("ReLU", toml=toml, reference="import numpy as np\nfrom layers import LayerNorm\n").values()
    words = [mutant.words for mutant in found]
    assert any("x.mean(0)" in text for text in words) and not any("x.mean(1" in text for text in words)
