"""INSTRUCTORS.md: its commands and programs run as they stand, one after the other, in one folder.

The folder has a small assignment called hw1, which goes before the one that ships.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.coursework.tiny import settings, text_of, write_assignment
from threestep.coursework.assignment import SHARES, SHIPPED, read_assignment
from threestep.coursework.handout import make_handout

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="its commands are those of a shell"),
]
ROOT = Path(__file__).resolve().parents[2]
PAGE = (SHIPPED / "INSTRUCTORS.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RUN = [(language, text) for language, text in BLOCKS if language != "toml" and not text.startswith(" ")]
NAMES = ("SGD", "count")  # few mutants


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder with hw1/, an assignment, three submissions, and the commands threestep and python."""
    folder = tmp_path_factory.mktemp("course")
    toml = settings(*NAMES, count='visibility = "hidden"').replace("tiny.py", "hw1.py")
    hw1 = write_assignment(folder / "hw1", toml, text_of(*NAMES), [("count", None, "2 * n", "n")])
    (hw1 / "reference" / "tiny.py").rename(hw1 / "reference" / "hw1.py")
    for name, change in {"ada": {}, "bob": {"SGD": ("theta -=", "theta +="), "count": ("2 * n", "3 * n")}}.items():
        (folder / "submissions" / name).mkdir(parents=True)
        (folder / "submissions" / name / "hw1.py").write_text(text_of(*NAMES, **change))
    (folder / "submissions" / "eve").mkdir()
    (folder / "hw1.py").write_text(text_of(*NAMES))
    for name, rest in {"threestep": "-m threestep ", "python": ""}.items():
        command = folder / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error {rest}"$@"\n')
        command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def done(course):
    """[(block, what it printed)]; each has ended well, and without a word on standard error."""
    paths = {"PATH": f"{course / 'bin'}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    printed = []
    for language, text in RUN:
        command = ["sh", "-e", "-c", text] if language == "sh" else [course / "bin" / "python", "-c", text]
        ended = subprocess.run(
            command, cwd=course, env={**os.environ, **paths}, capture_output=True, text=True, timeout=300
        )
        assert (ended.returncode, ended.stderr) == (0, ""), text
        printed.append((text, ended.stdout))
    return printed


def printed(done, words):
    (found,) = [out for text, out in done if words in text]
    return found


def test_all_blocks_are_run_or_read():
    assert [language for language, _ in RUN].count("sh") == 6 and [language for language, _ in RUN].count("python") == 6
    assert sorted({language for language, _ in BLOCKS}) == ["python", "sh", "toml"]


def test_what_is_handed_out(done, course):
    assert "raise NotImplementedError" in (course / "for_students" / "hw1.py").read_text()
    assert "count" not in (course / "for_students" / "assignment.toml").read_text()
    assert read_assignment(course / "hw3").points == 100 and (course / "hw3" / "reference" / "hw3.py").is_file()
    assert "every mutant is failed and named" in printed(done, "for_students")
    assert "g-ignored: " in printed(done, "BUGS")


def test_a_class_is_graded(done, course):
    assert json.loads((course / "ada.json").read_text())["score"] == 12
    class_of_three = printed(done, "stats")
    assert class_of_three.startswith("ada\nbob\neve\nhw1: 3 submissions") and "sign-flipped" in class_of_three
    rows = [row.split(",") for row in printed(done, "glob").splitlines()]
    assert [row[0] for row in rows] == ["ada", "bob", "eve"] and rows[0][1:] == ["12.0", "10.0", "2.0"]
    assert rows[1][1:] == ["2.0", "2.0", "0.0"] and rows[2][1:] == ["0.0", "0.0", "0.0"]
    assert "isolated: " in (course / "results" / "ada.txt").read_text()


def test_the_platforms(done, course):
    with zipfile.ZipFile(course / "autograder.zip") as archive:
        assert {"setup.sh", "run_autograder", "hw1/reference/hw1.py"} <= set(archive.namelist())
    workflow = printed(done, "classroom_workflow")
    assert "pip install https://example.org/threestep.zip\n" in workflow and "--format classroom" in workflow
    command = next(line for line in PAGE.splitlines() if "--format autolab" in line)
    assert command.split(" --")[1:] == printed(done, "autolab_makefile").splitlines()[-2].split(" --")[1:]
    assert json.loads(printed(done, "--format autolab").splitlines()[-1]) == {
        "scores": {"SGD": 10.0, "hidden tests": 2.0}
    }
    assert printed(done, "score(grade").splitlines()[-1].split() == ["total", "12/12"]


def test_the_assignment_shown_is_one(tmp_path):
    (toml,) = [text for language, text in BLOCKS if language == "toml"]
    (tmp_path / "assignment.toml").write_text(toml)
    items = read_assignment(tmp_path).items
    assert [(item.name, item.kind, item.points) for item in items] == [
        ("Dense", "layer", 16),
        ("Affine", "layer", 20),
        ("propagations", "function", 3),
    ]
    told = " ".join(PAGE[PAGE.index("**Points**") : PAGE.index("**Hints.**")].split())
    for kind, shares in SHARES.items():
        words = ", ".join(f"{share} {check}" for check, share in shares.items())
        assert f"{'an' if kind == 'optimizer' else 'a'} {kind} {words}" in told


def test_the_solution_shown_is_marked_as_handout_reads_it(tmp_path):
    (body,) = [text for language, text in BLOCKS if language == "python" and text.startswith(" ")]
    text = f"from layers import Layer\n\n\nclass ReLU(Layer):\n{body}"
    (assignment := tmp_path / "tiny").mkdir()
    write_assignment(assignment, settings("ReLU"), text)
    grade = {"score": 0, "max_score": 0, "items": []}
    make_handout(read_assignment(assignment), tmp_path / "out", lambda path: grade)
    assert 'raise NotImplementedError("ReLU.backward")' in (tmp_path / "out" / "tiny.py").read_text()


def test_its_links_lead_somewhere():
    headings = [re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in PAGE.splitlines()]
    for name in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert name[1:] in headings if name.startswith("#") else (SHIPPED / name).is_file(), name
