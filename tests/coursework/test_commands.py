"""The verbs of coursework as they are typed: exit codes, one clear line for a mistake, and nothing half-written."""

import json
import re
import sys

import pytest

from tests.coursework.tiny import perform_here, settings, text_of, write_assignment
from threestep.cli import main
from threestep.coursework import grade
from threestep.coursework.sandbox import Isolation

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Types a command in a folder with tiny/, an assignment, and handed/tiny.py; returns (exit code, output, error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(grade, "perform", perform_here)
    monkeypatch.setattr(grade, "isolation", lambda hidden=(): Isolation(["network"], ["memory"]))
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    write_assignment(
        tmp_path / "tiny", settings("ReLU", "count"), text_of("ReLU", "count"), [("count", None, "2", "3")]
    )
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "assignment.toml").write_text(settings("ReLU", "count"))
    (tmp_path / "handed" / "tiny.py").write_text(text_of("ReLU", "count", count=("2 * n", "3 * n")))
    (tmp_path / "work.py").write_text(text_of("ReLU", ReLU=("(self.x > 0)", "(g > 0)")))

    def run(line):
        code = main(["coursework", *line.split()])
        return code, *capsys.readouterr()

    return run


def test_check(typed):
    code, out, err = typed("check handed/tiny.py")
    assert (code, err) == (0, "") and out.startswith("ReLU   forward ok")
    code, out, err = typed("check work.py ReLU --why")
    assert (code, err) == (5, "") and "backward FAIL" in out and "numerically" in out


def test_a_run_with_a_class_that_is_still_to_be_written_ends_in_a_line(typed, tmp_path, capsys):
    text = text_of("ReLU", ReLU=("self.x = x", "raise NotImplementedError('ReLU.forward')"))
    (tmp_path / "work.py").write_text(text)
    config = "data: Xor\nmodel: [Linear: 1, ReLU]\nloss: MSE\noptimizer: {SGD: {lr: 1.0}}\ntrain: {epochs: 1}\n"
    (tmp_path / "xor.yaml").write_text(config)
    assert main(["xor.yaml", "--plugins", "work.py"]) == 2
    line = 1 + next(i for i, words in enumerate(text.splitlines()) if "NotImplementedError" in words)
    told = rf"error: layer 1 ReLU.forward is not written yet \(.*work.py, line {line}\)\n"
    assert re.fullmatch(told, capsys.readouterr().err)


def test_grade(typed, tmp_path):
    code, out, err = typed("grade handed/tiny.py")
    result = json.loads(out)
    assert (code, err) == (0, "") and (result["score"], result["max_score"], result["submission"]) == (6, 8, "tiny.py")
    code, out, err = typed("grade handed --assignment tiny --format gradescope --output results.json")
    assert (code, err) == (0, "") and "total" in out and "not isolated: memory" in out
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 6


def test_stats(typed):
    typed("grade handed/tiny.py --output a.json")
    typed("grade work.py --assignment tiny --output b.json")
    code, out, _ = typed("stats a.json b.json")
    assert code == 0 and "2 submissions" in out and "mask-from-g" in out


def test_verify(typed, tmp_path):
    code, out, err = typed("verify tiny")
    assert (code, err) == (0, "") and "every mutant is failed and named" in out
    (tmp_path / "tiny" / "mutants.py").unlink()
    code, out, err = typed("verify tiny")
    assert (code, err) == (5, "") and "count is failed by no mutant" in out


def test_handout(typed, tmp_path):
    code, out, err = typed("handout tiny out")
    assert (code, out, err) == (0, "out: assignment.toml, tiny.py\n", "")
    assert 'raise NotImplementedError("ReLU.forward")' in (tmp_path / "out" / "tiny.py").read_text()
    assert typed("check out/tiny.py")[0] == 5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("check no.py", "no.py is not there"),
        ("check handed", "handed is a folder, expected a file"),
        ("check tiny/assignment.toml", "assignment.toml:"),
        ("check handed/tiny.py Relu", "handed/tiny.py has no Relu to check, expected one of ReLU, count"),
        ("grade work.py", "its name tells no assignment: give --assignment FOLDER"),
        ("grade work.py --assignment no", "assignment.toml cannot be read: No such file or directory"),
        ("grade no/tiny.py", "no/tiny.py is not there, nor is its folder"),
        ("grade handed/tiny.py --output no/a.json", "no/a.json: No such file or directory"),
        ("grade handed/tiny.py --output handed", "--output expected a file for the result, got handed"),
        ("grade handed/tiny.py --output /", "--output expected a file for the result, got /"),
        ("grade handed/tiny.py --output handed/tiny.py", "--output expected a file for the result, got handed/tiny.py"),
        ("grade handed/tiny.py --assignment handed", "reference/tiny.py is not there"),
        ("verify no", "assignment.toml cannot be read: No such file or directory"),
        ("verify handed", "reference/tiny.py is not there"),
        ("handout handed out", "would be handed out beside what reference/tiny.py makes: remove it"),
        ("handout tiny handed", "handed is there already and is not empty"),
        ("stats no.json", "no result was found\nno.json: No such file or directory"),
        ("stats handed", "no result was found"),
        ("nonsense", "coursework expected one of check, grade, verify, handout, stats, got nonsense"),
        ("", "coursework expected one of check, grade, verify, handout, stats, got nothing"),
    ],
)
def test_a_mistake_is_one_clear_line(line, told, typed, tmp_path):
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    code, _, err = typed(line)
    assert code == 2 and err.startswith("error: ") and told in err and "Traceback" not in err
    assert len(err.splitlines()) == 1 + told.count("\n")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("line", ["check", "grade", "verify", "handout tiny", "stats", "grade x.py --format xml"])
def test_what_is_missing_or_unknown_is_told_by_the_parser(line, typed):
    with pytest.raises(SystemExit) as caught:
        typed(line)
    assert caught.value.code == 2


def test_what_was_graded_before_an_interruption_is_kept(typed, tmp_path, monkeypatch):
    def interrupted(submission, script, *rest, **more):
        if "function" in script:
            raise KeyboardInterrupt
        return perform_here(submission, script, *rest, **more)

    monkeypatch.setattr(grade, "perform", interrupted)
    assert typed("grade handed/tiny.py --output a.json")[0] == 130
    items = json.loads((tmp_path / "a.json").read_text())["items"]
    assert [entry["status"] for entry in items] == ["passed", "pending"]
