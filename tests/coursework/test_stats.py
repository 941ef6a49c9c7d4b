"""What the results of a class have in common."""

import json
from types import SimpleNamespace

import pytest

from threestep.coursework.errors import CourseworkError
from threestep.coursework.results import close_item, open_result, write_result
from threestep.coursework.stats import statistics

LAYER = {"forward": 30, "backward": 25, "update": 25, "contract": 20}
DENSE = SimpleNamespace(name="Dense", points=16, visibility="visible", checks=LAYER)
RELU = SimpleNamespace(name="ReLU", points=4, visibility="visible", checks={"forward": 60, "backward": 40})


def save(path, dense=(), relu=(), assignment="hw1", **details):
    """A result: dense and relu are [(step, bug)] of what was found, None for an item that is not graded."""
    result = open_result(assignment, "hw1.py", [DENSE, RELU])
    for item, found in ((DENSE, dense), (RELU, relu)):
        if found is not None:
            steps = {step for step, _ in found}
            findings = [{"step": step, "bug": bug} for step, bug in found]
            right = {name: name not in steps for name in item.checks}
            close_item(result, item, right, findings=findings, **(details if item is RELU else {}))
    path.parent.mkdir(exist_ok=True)
    write_result(path, result)


@pytest.fixture
def group(tmp_path):
    """A class of five."""
    folder = tmp_path / "results"
    save(folder / "a.json", dense=[("update", "divided-by-n-twice"), ("update", "divided-by-n-twice")])
    save(folder / "b.json", dense=[("update", "divided-by-n-twice"), ("backward", None)], relu=[("backward", None)])
    save(folder / "c.json", dense=[("forward", "promoted-to-float64")])
    save(folder / "d.json", dense=[], relu=[], error=True)
    save(folder / "e.json", dense=[], relu=None)
    return folder


def test_each_diagnosis_counts_once_a_submission(group):
    found = statistics([group])
    assert found.submissions == 5
    assert found.made == {
        ("Dense", "update", "divided-by-n-twice"): 2,
        ("Dense", "forward", "promoted-to-float64"): 1,
        ("Dense", "backward", "(unnamed)"): 1,
        ("ReLU", "backward", "(unnamed)"): 1,
        ("ReLU", "", "(did not finish)"): 1,
    }


def test_it_prints_two_tables_the_most_frequent_first(group):
    assert str(statistics([group])).splitlines() == [
        "hw1: 5 submissions",
        "",
        "item   mean score  full marks",
        "Dense  12.64/16    2 (40%)",
        "ReLU   3.60/4      3 (75%)",  # of the four that were graded
        "",
        "item   step     diagnosis            submissions",
        "Dense  update   divided-by-n-twice   2 (40%)",
        "Dense  forward  promoted-to-float64  1 (20%)",
        "",
        "item   step      without a name    submissions",
        "Dense  backward  (unnamed)         1 (20%)",
        "ReLU             (did not finish)  1 (25%)",
        "ReLU   backward  (unnamed)         1 (25%)",
    ]


def test_a_failed_check_that_nothing_was_found_for_is_unnamed(tmp_path):
    result = open_result("hw1", "hw1.py", [RELU])
    close_item(result, RELU, {"forward": True})
    write_result(tmp_path / "a.json", result)
    assert statistics([tmp_path / "a.json"]).made == {("ReLU", "backward", "(unnamed)"): 1}


def test_a_check_that_was_not_reached_is_not_counted(tmp_path):
    result = open_result("hw1", "hw1.py", [RELU])
    close_item(result, RELU, {"forward": False}, findings=[{"step": "forward"}])
    write_result(tmp_path / "a.json", result)
    assert statistics([tmp_path / "a.json"]).made == {("ReLU", "forward", "(unnamed)"): 1}


def test_folders_are_searched_and_a_file_given_twice_counts_once(group):
    save(group / "late" / "f.json")
    assert statistics([group / "a.json", group, group / "a.json"]).submissions == 6


def test_what_cannot_be_read_is_told_and_left_out(group):
    assert statistics([group]).exit_code == 0
    (group / "broken.json").write_text("{")
    (group / "results.json").write_text(json.dumps({"tests": []}))
    save(group / "other.json", assignment="hw2")
    found = statistics([group, group / "missing.json"])
    assert (found.submissions, found.exit_code) == (5, 3)
    *_, broken, other, foreign, missing = str(found).splitlines()
    assert broken.startswith(f"left out: {group / 'broken.json'} is no result of threestep: it is not JSON")
    assert other == f"left out: {group / 'other.json'} is of hw2, expected hw1 as in the first"
    assert foreign.startswith(f"left out: {group / 'results.json'} is no result of threestep: expected")
    assert missing == f"left out: {group / 'missing.json'}: No such file or directory"


def test_no_result_at_all_is_an_error(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(CourseworkError, match=r"no result was found\n.*a\.json is no result"):
        statistics([tmp_path])
    with pytest.raises(CourseworkError, match="no result was found"):
        statistics([])
