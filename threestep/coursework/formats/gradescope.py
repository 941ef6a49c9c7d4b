"""Gradescope: results.json, and the zip of an autograder that writes it.

The format is in Gradescope's documentation of autograders, "Autograder Specifications" and "Best Practices".
"""

import json
import shlex
import zipfile
from pathlib import Path

from threestep.training.files import write_whole

from ..results import plain

SETUP = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder, on Ubuntu 22.04 or later: Python and what threestep needs.
set -euo pipefail
base="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
apt-get update
apt-get install -y python3 python3-venv
python3 -m venv "$base/python"
"$base/python/bin/python" -m pip install --no-cache-dir "numpy>=1.26" "pyyaml>=6" "tqdm>=4.60" tomli
"""

RUN = """\
#!/usr/bin/env bash
# Runs for each submission. results.json is there from the first second and written anew after each item.
base="$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)"
results="$base/results/results.json"
mkdir -p "$base/results"
rm -f "$results"
cd "$base/source"  # python -m looks for modules here first: in no folder of a student's
export PYTHONPATH="$base/source/library" PYTHONDONTWRITEBYTECODE=1
"$base/python/bin/python" -m threestep coursework grade "$base/submission/"{file} \\
    --assignment "$base/source/"{assignment} --format gradescope --output "$results"
if [ ! -s "$results" ]; then
    said="The grader failed before it graded anything. Please tell your instructor."
    echo "{{\\"score\\": 0, \\"output\\": \\"$said\\"}}" > "$results"
fi
"""

LIBRARY = ("layers", "losses", "optim", "threestep")
FIRST = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell: the same assignment makes the same bytes


def to_gradescope(result):
    """The text of results.json: a test for each check of each item, numbered 1.1, 1.2, ...

    What an item's message says stands with its first check that failed. An item that is not graded yet is one test, so
    that max_score always sums to the assignment's points. Each test has the visibility of its item.
    """
    said = {
        "score": result["score"],
        "execution_time": result["seconds"],
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [test for number, item in enumerate(result["items"], 1) for test in tests_of(number, item)],
    }
    return json.dumps(said, indent=1, allow_nan=False) + "\n"


def tests_of(number, item):
    """The tests of one item. Gradescope has no word for what is pending or an error: both failed."""
    whole = {"name": "", "ok": False, "score": item["score"], "max_score": item["max_score"]}
    checks = item["checks"] or [whole]
    first = next((place for place, check in enumerate(checks, 1) if not check["ok"]), 1)
    said = item["message"] + f"\n\nIt printed:\n{item['output']}" * bool(item["output"])
    for place, check in enumerate(checks, 1):
        yield {
            "name": f"{item['name']} {check['name']}".strip(),
            "number": f"{number}.{place}",
            "status": "passed" if check["ok"] else "failed",
            "score": check["score"],
            "max_score": check["max_score"],
            "output": plain(said).strip() if place == first else "" if check["ok"] else f"see {number}.{first}",
            "output_format": "text",
            "visibility": item["visibility"],
        }


def make_autograder(assignment, destination):
    """Writes the zip to upload: setup.sh, run_autograder, the assignment, and the library that is running.

    It installs beside the submission, so it needs no release of threestep, and grades with the very code that made it.
    """
    house = Path(__file__).resolve().parents[3]
    names = {"file": shlex.quote(assignment.file), "assignment": shlex.quote(assignment.folder.name)}
    files = {"setup.sh": SETUP.encode(), "run_autograder": RUN.format(**names).encode()}
    for top, inside in [(assignment.folder, ""), *((house / name, "library/") for name in LIBRARY)]:
        for path in sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[f"{inside}{top.name}/{path.relative_to(top).as_posix()}"] = path.read_bytes()
    write_whole(destination, lambda file: write_zip(file, files))


def write_zip(file, files):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIRST)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED  # Unix: the modes are Unix's
            entry.external_attr = (0o100755 if name in ("setup.sh", "run_autograder") else 0o100644) << 16
            archive.writestr(entry, files[name])
