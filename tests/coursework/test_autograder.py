"""The zip for Gradescope, unpacked and run as Gradescope does it, in a folder that stands for /autograder."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import pytest

from threestep.coursework.formats import FORMATS, make_autograder
from threestep.coursework.results import close_item, open_result, to_json

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="Gradescope's machine has bash")

PYTHON = """\
#!/bin/sh
# In place of Python: notes what it was called with, and hands over a result.
{ pwd; echo "$PYTHONPATH"; printf '%s\\n' "$@"; } > "$(dirname "$0")/called"
cp "$(dirname "$0")/ready.json" "${11}"
"""


@pytest.fixture
def assignment(tmp_path):
    folder = tmp_path / "course" / "my hw"
    (folder / "reference" / "__pycache__").mkdir(parents=True)
    (folder / "reference" / "hw1.py").write_text("answer = 42\n")
    (folder / "reference" / "__pycache__" / "hw1.pyc").write_bytes(b"\0")
    (folder / "assignment.toml").write_text('title = "One"\n')
    return SimpleNamespace(folder=folder, file="hw1.py", title="One", items=[])


@pytest.fixture
def autograder(assignment, tmp_path):
    """The folder /autograder after Gradescope has built it, before a submission."""
    make_autograder(assignment, tmp_path / "autograder.zip")
    base = tmp_path / "auto grader"
    (base / "submission").mkdir(parents=True)
    (base / "results").mkdir()
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        for entry in archive.infolist():
            path = archive.extract(entry, base / "source")
            os.chmod(path, entry.external_attr >> 16)
    shutil.copy(base / "source" / "run_autograder", base / "run_autograder")
    (base / "submission" / "hw1.py").write_text("answer = 41\n")
    (base / "python" / "bin").mkdir(parents=True)  # where setup.sh puts Python
    return base


def run(base):
    return subprocess.run([base / "run_autograder"], cwd=base, capture_output=True, text=True, timeout=300)


def install(base, text):
    path = base / "python" / "bin" / "python"
    path.write_text(text)
    path.chmod(0o755)
    return path.parent


def test_the_zip_holds_the_two_scripts_the_assignment_and_the_library(autograder):
    source = autograder / "source"
    for name in ("setup.sh", "run_autograder"):
        assert (source / name).stat().st_mode & stat.S_IXUSR and (source / name).read_bytes().startswith(
            b"#!/usr/bin/env"
        )
        assert subprocess.run(["bash", "-n", source / name], timeout=60).returncode == 0
    assert {path.name for path in source.iterdir()} == {"setup.sh", "run_autograder", "my hw", "library"}
    assert (source / "my hw" / "reference" / "hw1.py").read_text() == "answer = 42\n"
    assert not list(source.rglob("*.pyc"))


def test_the_library_in_the_zip_works_alone(autograder):
    program = "import threestep, layers, sys; print(threestep.__file__, layers.Dense(3))"
    library = autograder / "source" / "library"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(library), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=autograder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == f"{library / 'threestep' / '__init__.py'} Dense(3)\n", done.stderr


def test_the_same_assignment_makes_the_same_zip(assignment, tmp_path):
    make_autograder(assignment, tmp_path / "a.zip")
    os.utime(assignment.folder / "assignment.toml", (1, 1))
    make_autograder(assignment, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_run_autograder_grades_the_submission_into_results_json(autograder):
    place = install(autograder, PYTHON)
    item = SimpleNamespace(name="a", points=5, visibility="visible", checks={"forward": 1})
    result = open_result("hw1", "hw1.py", [item])
    close_item(result, item, {"forward": True})
    (place / "ready.json").write_text(FORMATS["gradescope"](result))
    (autograder / "results" / "results.json").write_text("of another submission")
    done = run(autograder)
    assert done.returncode == 0, done.stderr
    where, library, *arguments = (place / "called").read_text().splitlines()
    source = autograder / "source"
    assert (where, library) == (str(source), str(source / "library"))
    assert arguments == [
        *("-m", "threestep", "coursework", "grade", str(autograder / "submission" / "hw1.py")),
        *("--assignment", str(source / "my hw"), "--format", "gradescope"),
        *("--output", str(autograder / "results" / "results.json")),
    ]
    assert json.loads((autograder / "results" / "results.json").read_text())["score"] == 5


def test_run_autograder_leaves_a_result_where_the_grader_fails(autograder):
    install(autograder, "#!/bin/sh\nexit 1\n")
    (autograder / "results" / "results.json").write_text(to_json({"score": 100, "of": "another submission"}))
    run(autograder)
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert results["score"] == 0 and "tell your instructor" in results["output"]


def test_run_autograder_grades_with_the_library_of_the_zip(autograder):
    folder = autograder / "source" / "my hw"
    (folder / "assignment.toml").write_text(
        'title = "One"\nfile = "hw1.py"\n[[items]]\nclass = "ReLU"\npoints = 4\n[[items]]\nclass = "Tanh"\npoints = 6\n'
    )
    relu = (
        "import numpy as np\nfrom layers import Layer\n"
        "class ReLU(Layer):\n"
        "    def forward(self, x):\n        self.x = x\n        return np.maximum(x, 0)\n"
        "    def backward(self, g):\n        return g * (self.x > 0)\n"
    )
    tanh = (
        "class Tanh(Layer):\n"
        "    def forward(self, x):\n        self.y = np.tanh(x)\n        return self.y\n"
        "    def backward(self, g):\n        return g * (1 - self.y ** 2)\n"
    )
    (folder / "reference" / "hw1.py").write_text(relu + tanh)
    (autograder / "submission" / "hw1.py").write_text(relu + tanh.replace("2)", "2) * 3"))
    install(autograder, f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    done = run(autograder)
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert sum(test["max_score"] for test in results["tests"]) == 10, done.stdout + done.stderr
    assert 4 < results["score"] < 10
