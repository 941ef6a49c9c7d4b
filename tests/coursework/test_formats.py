"""Each platform's format, read as the platform reads it."""

import base64
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from threestep.coursework import formats
from threestep.coursework.errors import CourseworkError
from threestep.coursework.formats import FORMATS, publish, score
from threestep.coursework.formats.classroom import classroom_output, to_classroom
from threestep.coursework.results import close_item, open_result

CHECKS = {"forward": 30, "backward": 25, "update": 25, "contract": 20}
ITEMS = [
    SimpleNamespace(name="Dense", points=16, visibility="visible", checks=CHECKS),
    SimpleNamespace(name="Adam", points=4.1, visibility="visible", checks={"step": 80, "contract": 20}),
    SimpleNamespace(name="Trap", points=3.3, visibility="hidden", checks=CHECKS),
    SimpleNamespace(name="Later", points=7, visibility="after_due_date", checks=CHECKS),
]
SECRETS = ("Trap", "Later", "secret")


def graded(kind):
    """A result in which everything is right, nothing, something, or in which not all is graded yet."""
    result = open_result("hw1", "hw1.py", ITEMS, {"isolated": ["a process of its own"], "missing": ["namespaces"]})
    for item in ITEMS[: {"partial": 1, "empty": 0}.get(kind, 4)]:
        right = {"full": item.checks, "none": {}}.get(kind, ["forward", "contract", "step"])
        said = "" if kind == "full" else f"the {'secret' * (item.visibility != 'visible')} of {item.name}: é, ∂W, 😀"
        close_item(result, item, dict.fromkeys(right, True), error=kind == "none", message=said, seconds=0.3)
    return result


KINDS = ["full", "none", "some", "partial", "empty"]


# ---- Gradescope: results.json, as its "Autograder Specifications" say

VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
STYLES = {"text", "html", "simple_format", "md", "ansi"}
TOP = {"score", "execution_time", "output", "output_format", "test_output_format", "test_name_format", "visibility"}
TOP |= {"stdout_visibility", "extra_data", "tests", "leaderboard"}
TEST = {
    "score",
    "max_score",
    "status",
    "name",
    "name_format",
    "number",
    "output",
    "output_format",
    "tags",
    "visibility",
}


def read_gradescope(text, points):
    """What Gradescope makes of results.json: (score, [tests that students see])."""
    assert "\r" not in text and "\\u0000" not in text
    results = json.loads(text)
    assert set(results) <= TOP and ("score" in results or all("score" in test for test in results["tests"]))
    assert results["visibility"] in VISIBILITIES and results["stdout_visibility"] == "hidden"
    for test in results["tests"]:
        assert set(test) <= TEST
        assert 0 <= test["score"] <= test["max_score"]
        assert test["status"] in {"passed", "failed"} and test["visibility"] in VISIBILITIES
        assert test["output_format"] in STYLES and re.fullmatch(r"\d+\.\d+", test["number"])
        assert isinstance(test["output"], str) and isinstance(test["name"], str)
    assert round(sum(test["max_score"] for test in results["tests"]), 2) == points  # or "not formatted correctly"
    assert round(sum(test["score"] for test in results["tests"]), 2) == results["score"]
    return results["score"], [test for test in results["tests"] if test["visibility"] == "visible"]


@pytest.mark.parametrize("kind", KINDS)
def test_gradescope_reads_it(kind):
    result = graded(kind)
    got, seen = read_gradescope(FORMATS["gradescope"](result), 30.4)
    assert got == result["score"] == {"full": 30.4, "none": 0, "empty": 0, "partial": 8}.get(kind, 17.25)
    assert not any(word in json.dumps(seen) for word in SECRETS)


def test_gradescope_says_what_failed_with_the_first_check_that_did():
    tests = json.loads(FORMATS["gradescope"](graded("some")))["tests"]
    assert [(test["number"], test["name"], test["status"]) for test in tests[:4]] == [
        ("1.1", "Dense forward", "passed"),
        ("1.2", "Dense backward", "failed"),
        ("1.3", "Dense update", "failed"),
        ("1.4", "Dense contract", "passed"),
    ]
    assert [test["output"] for test in tests[:4]] == ["", "the  of Dense: é, ∂W, 😀", "see 1.2", ""]


def test_gradescope_shows_what_the_submission_printed():
    result = graded("some")
    result["items"][0]["output"] = "here\x00"
    assert json.loads(FORMATS["gradescope"](result))["tests"][1]["output"].endswith("\n\nIt printed:\nhere?")


# ---- GitHub Classroom: the output `result`, as the reporter reads it


def read_classroom(lines):
    """What the reporter makes of a step's outputs: (points, most, [its lines in the log]). The last output counts."""
    outputs = dict(line.split("=", 1) for line in lines.splitlines())
    assert len(f"THREESTEP_RESULTS={outputs['result']}") < 128 * 1024  # what Linux takes as one variable
    results = json.loads(base64.b64decode(outputs["result"], validate=True).decode())
    assert results["version"] == 1 and results["status"] in {"pass", "fail", "error"}
    log, points = [], 0
    for test in results["tests"]:  # a report without tests ends the reporter
        assert set(test) == {
            *("name", "status", "score", "message", "test_code", "filename", "line_no", "duration"),
        }
        where = f" - line {test['line_no']}" if test["line_no"] != 0 else ""
        said = (
            f"Error: {test['message'] or 'Failed to run test'}" if test["status"] == "error" else test["name"] + where
        )
        log += [said, *([f"Test code:\n{test['test_code']}"] if test["test_code"] else [])]
        points += test["score"]
    return round(points, 2), results["max_score"], log, results["status"]


@pytest.mark.parametrize("kind", KINDS)
def test_classroom_reads_it(kind):
    result = graded(kind)
    points, most, log, status = read_classroom(classroom_output(result))
    assert (points, most) == (result["score"], 30.4)
    assert status == {"full": "pass", "some": "fail"}.get(kind, "error")
    assert not any(word in "\n".join([*log, to_classroom(result)]) for word in SECRETS)
    assert not any("Failed to run" in line for line in log)  # so it says where an error has no message


def test_classroom_prints_the_diagnosis_of_a_failure():
    _, _, log, _ = read_classroom(classroom_output(graded("some")))
    assert log[:2] == ["Dense", "Test code:\nthe  of Dense: é, ∂W, 😀"]


def test_classroom_takes_no_more_than_an_environment_variable_holds():
    result = graded("some")
    for item in result["items"]:
        item["message"] = '"\n😀' * 30_000
    _, _, log, _ = read_classroom(classroom_output(result))
    assert log[1].endswith("\n... (cut)")


@pytest.mark.parametrize("line", ["::notice title=Autograding report::{}", "##[error]x", "  ::stop-commands::x", ":::"])
def test_classroom_prints_no_command_of_a_student(line):
    result = graded("some")
    result["items"][0]["message"] = f"ValueError\n{line}"
    _, _, log, _ = read_classroom(classroom_output(result))
    assert not re.search(r"::|##\[", "\n".join([*log, to_classroom(result)]))


def test_classroom_gets_an_output_after_each_item_and_the_last_counts(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    (tmp_path / "outputs").write_text("other=1\n")
    publish(graded("partial"), "classroom", last=False)
    assert capsys.readouterr().out == ""
    publish(graded("full"), "classroom")
    text = (tmp_path / "outputs").read_text()
    assert text.startswith("other=1\nresult=") and text.count("result=") == 2
    assert read_classroom(text)[0] == 30.4
    assert capsys.readouterr().out.endswith(" 30.4/30.4\n")


def test_the_workflow_is_one_that_classroom_knows():
    assignment = SimpleNamespace(file="my hw.py", folder=SimpleNamespace(name="hw1"))
    workflow = yaml.safe_load(formats.classroom_workflow(assignment, "threestep>=0.1"))
    assert workflow["name"] == "Autograding Tests" and list(workflow["jobs"]) == ["run-autograding-tests"]
    *_, install, grade, report = workflow["jobs"]["run-autograding-tests"]["steps"]
    assert install["run"] == "python -m pip install 'threestep>=0.1'"
    assert grade["run"] == "threestep coursework grade 'my hw.py' --assignment hw1 --format classroom"
    (runner,) = report["with"]["runners"].split(",")
    assert runner == grade["id"]
    assert report["env"] == {f"{runner.upper()}_RESULTS": f"${{{{ steps.{runner}.outputs.result }}}}"}
    assert report["if"] == "always()"


# ---- Autolab: the last line of standard output


def read_autolab(text, problems):
    """What Autolab makes of standard output: {problem: score}."""
    last = text.splitlines()[-1]
    last = re.sub(r"([a-zA-Z0-9]+):", r'"\1":', last)  # it quotes what looks like a key without quotes
    scores = json.loads(last)["scores"]
    assert scores and set(scores) <= problems
    return scores


@pytest.mark.parametrize("kind", KINDS)
def test_autolab_reads_it(kind):
    result = graded(kind)
    text = FORMATS["autolab"](result)
    scores = read_autolab(text, {"Dense", "Adam", "hidden tests"})
    assert round(sum(scores.values()), 2) == result["score"] and len(scores) == 3
    assert not any(word in text for word in SECRETS)


def test_a_name_that_autolab_would_garble_is_refused():
    result = graded("some")
    result["items"][0]["name"] = "Dense: forward"
    with pytest.raises(CourseworkError, match="'Dense: forward': Autolab cannot read a name with a colon"):
        FORMATS["autolab"](result)


def test_the_makefile_calls_the_grader():
    assignment = SimpleNamespace(file="my hw.py", folder=SimpleNamespace(name="hw1"))
    text = formats.autolab_makefile(assignment)
    assert "\t@threestep coursework grade 'my hw.py' --assignment hw1 --format autolab\n" in text
    assert re.search(r"^all:\n\t", text, re.MULTILINE)


# ---- nbgrader: the outputs of a cell


def read_nbgrader(printed, errors, value, points):
    """What nbgrader gives for a cell that printed this and whose last expression was `value`."""
    if errors:
        return 0
    if value is None:  # no output of that kind
        return points
    try:
        grade = float(repr(value))
    except ValueError:
        return points
    if grade > points:
        raise ValueError("partial credit cannot be greater than maximum points for cell")
    return grade if grade >= 0 else points  # NaN too


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("points", [10, 0.3, 30.4, 0, np.float64(7.5)])
def test_nbgrader_reads_it(kind, points, capfd):
    result = graded(kind)
    value = score(result, points)
    out, err = capfd.readouterr()
    grade = read_nbgrader(out, err, value, points)
    assert grade == pytest.approx(points * result["score"] / 30.4, abs=0.0051)
    assert kind != "full" or grade == points
    assert "Dense" in out and not any(word in out for word in SECRETS)


@pytest.mark.parametrize("got", [None, float("nan"), float("inf"), -1.0, "30"])
def test_nbgrader_gives_nothing_for_what_is_no_score(got, capfd):
    value = score({**graded("some"), "score": got}, 10)
    assert type(value) is float and read_nbgrader(*capfd.readouterr(), value, 10) == 0


def test_nbgrader_gives_no_more_than_the_points(capfd):
    assert read_nbgrader(*capfd.readouterr(), score({**graded("some"), "score": 31.0}, 10), 10) == 10


@pytest.mark.parametrize("points", [float("nan"), -1, float("inf")])
def test_points_of_a_cell_that_are_none_are_told(points):
    with pytest.raises(CourseworkError, match="max_score expected the points of the cell"):
        score(graded("some"), points)


# ---- all of them


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "classroom"])
def test_a_file_is_written_anew_each_time(format, tmp_path, capsys):
    path = tmp_path / "out"
    publish(graded("partial"), format, path, last=False)
    assert path.read_text(encoding="utf-8") == FORMATS[format](graded("partial"))
    assert capsys.readouterr().out == ""
    publish(graded("some"), format, path)
    assert path.read_text(encoding="utf-8") == FORMATS[format](graded("some"))
    said = capsys.readouterr().out
    assert "Trap" in said and said.endswith("isolated: a process of its own\nnot isolated: namespaces\n")


@pytest.mark.parametrize("format", FORMATS)
def test_without_a_file_the_end_is_printed(format, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    publish(graded("partial"), format, last=False)
    publish(graded("some"), format)
    assert capsys.readouterr().out == FORMATS[format](graded("some"))


def test_the_plain_result_is_json():
    assert json.loads(FORMATS["json"](graded("some"))) == graded("some")


def test_a_format_that_is_none_is_told():
    with pytest.raises(CourseworkError, match="expected one of json, gradescope, .*, got 'moodle'"):
        publish(graded("some"), "moodle")
