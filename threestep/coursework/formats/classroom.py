"""GitHub Classroom: an output named `result` of a workflow's step, which Classroom's reporter reads.

The step writes the output itself, so that points are partial; Classroom's own graders give all or nothing, or equal
points. The reporter prints a test's `message` only where it is an error and its `test_code` always, so what is said of
a failure is the test_code. It hands the output over as an environment variable, of which Linux takes 128 KiB.

The format is in the sources of classroom-resources/autograding-grading-reporter.
"""

import base64
import json
import re
import shlex

from ..results import plain, shown, table

ROOM = 40_000  # bytes for all that is said: JSON may double them and base64 adds a third; the rest is for names

WORKFLOW = """\
# Put this into the template repository as .github/workflows/classroom.yml. Who may push may also change it: for a grade
# that counts, run `threestep coursework grade` on the submissions yourself.
name: Autograding Tests          # Classroom knows the workflow and the job by these two names
on: [push, workflow_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  run-autograding-tests:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install threestep
        run: python -m pip install {requirement}
      - name: Grade
        id: threestep
        run: threestep coursework grade {file} --assignment {assignment} --format classroom
      - name: Report
        if: always()
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
          THREESTEP_RESULTS: ${{{{ steps.threestep.outputs.result }}}}
        with:
          runners: threestep
"""


def classroom_workflow(assignment, requirement="threestep"):
    """The workflow's file. requirement: what pip installs, such as a name with its version or the address of a zip."""
    names = {"file": shlex.quote(assignment.file), "assignment": shlex.quote(assignment.folder.name)}
    return WORKFLOW.format(**names, requirement=shlex.quote(requirement))


def to_classroom(result):
    """What the step prints."""
    return harmless(table(shown(result))) + "\n"


def classroom_output(result):
    """The line to add to the file $GITHUB_OUTPUT: `result=` and a JSON text in base64, on one line."""
    text = json.dumps(report(result), ensure_ascii=False, allow_nan=False)
    return f"result={base64.b64encode(text.encode()).decode()}\n"


def report(result):
    items = shown(result)
    room = ROOM // max(len(items), 1)
    stopped = any(item["status"] in ("pending", "error") for item in items)
    right = result["score"] == result["max_score"]
    return {
        "version": 1,
        "status": "pass" if right else "error" if stopped else "fail",
        "max_score": result["max_score"],
        "tests": [test_of(item, room) for item in items],
    }


def test_of(item, room):
    status = {"passed": "pass", "failed": "fail"}.get(item["status"], "error")
    said = cut(harmless(item["message"]), room)
    return {
        "name": harmless(item["name"]),
        "status": status,
        "score": item["score"],
        "message": said or "not shown" if status == "error" else "",
        "test_code": "" if status == "error" else said,
        "filename": "",
        "line_no": 0,  # nothing is printed for 0
        "duration": round(item["seconds"] * 1000),
    }


def harmless(text):
    """Text that GitHub's runner takes for no command: a student who prints one could write a report of full marks."""
    return re.sub(r"##(?=\[)", "# #", re.sub(r":(?=:)", ": ", plain(text)))


def cut(text, room):
    whole = text.encode()
    return text if len(whole) <= room else whole[:room].decode("utf-8", "ignore") + "\n... (cut)"
