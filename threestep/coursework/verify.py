"""verify: is the grader right? Mutants of the reference, the reference itself, and the empty handout."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from threestep.checks.diagnosis.exam import loosen
from threestep.checks.diagnosis.play import play_takes

from .assignment import load_file
from .errors import CourseworkError
from .grade import UNJUDGED, exam_of, examine, exams_of, grade_submission, judge
from .handout import make_handout
from .mutants import mutants_of

ROUNDING = 1e-4  # of the largest entry: how far float32 may be from float64
DRAWN = ("Dropout", "SpatialDropout")  # whose mask is another in float32


def verify(assignment):
    """Prints what the grader makes of mutants, the reference and the handout; returns whether all is as it should be.

    Every mutant, from mutants.py, the bank and the general ones, has to lose points and to be named; every item has to
    be failed by a mutant; the reference gets all points, its gradients are those of its own forward, and float32 is no
    more than rounding away; the handout gets no points, and no piece of a solution is in it.
    """
    exams = exams_of(assignment)
    text = assignment.reference.read_bytes().decode()
    rows, wrong = [("item", "mutants", "failed", "to name", "named")], []
    for item, exam in exams:
        mutants = list(mutants_of(assignment, item, text, exam))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
            done = list(pool.map(partial(examine_mutant, assignment, item, exam), mutants))
        found = [judge(item, exam, Path(assignment.file), performance) for performance in done]
        failed = [not all(one["passed"].get(check) for check in item.checks) for one in found]
        right = [mutant.bug in (None, first_bug(one)) for mutant, one in zip(mutants, found, strict=True)]
        nameless = sum(mutant.bug is None for mutant in mutants)
        rows.append((item.name, len(mutants), sum(failed), len(mutants) - nameless, sum(right) - nameless))
        for mutant, one, dead, named in zip(mutants, found, failed, right, strict=True):
            if UNJUDGED in one.get("message", ""):  # so would be a student's, who can do nothing about it
                wrong.append(f"{item.name}, {mutant.words}: {one['message']}")
            elif not dead:
                wrong.append(f"{item.name} is not failed by {mutant.words}")
            elif not named:
                got = first_bug(one) or one["message"] or "no name"
                wrong.append(f"{item.name}, {mutant.words}: expected {mutant.bug}, got {got}")
        if not any(failed):
            wrong.append(f"{item.name} is failed by no mutant: add one to mutants.py")
    print(aligned(rows))
    wrong += [*reference_fails(assignment), *slopes(assignment), *rounding(exams), *handout_fails(assignment)]
    print("\n".join(wrong) or "every mutant is failed and named; the reference has all points, the handout none")
    return not wrong


def examine_mutant(assignment, item, exam, mutant):
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / assignment.file
        path.write_bytes(mutant.text.encode())
        return examine(assignment, item, exam, path)


def first_bug(found):
    return next((finding["bug"] for finding in found.get("findings", ())), None)


def aligned(rows):
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        [f"{row[0]:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows
    ]
    return "\n".join("  ".join(line) for line in lines)


def reference_fails(assignment):
    result = grade_submission(assignment, assignment.reference)
    print(f"reference: {result['score']:g} of {result['max_score']:g} points in {result['seconds']:.1f} s")
    for item in result["items"]:
        if item["status"] != "passed":
            yield f"the reference fails {item['name']}: {item['message']}"


def slopes(assignment):
    """Where the reference's gradients are not the finite differences of its own forward."""
    references = load_file(assignment.reference)
    for item in assignment.items:
        if item.kind not in ("layer", "loss"):
            continue
        right = references[item.make or item.name]
        exam = exam_of(item, right, assignment.conventions, alone=True)
        make = partial(right, **item.arguments)
        found = exam.diagnosis(*play_takes(exam.takes, exam.arrays, make, ready=loosen))
        for finding in found.findings[:1]:
            yield f"the reference fails {item.name} by itself: {finding.locate}: {finding.what} {finding.symptom}"


def rounding(exams):
    """Where the reference in float32 is float64, or more than rounding away from it."""
    for item, exam in exams:
        answers = {} if item.kind == "function" or item.name in DRAWN else exam.right(exam.takes, exam.arrays)
        for key, array in answers.items():
            name, exact = key.removeprefix("float32."), answers.get(f"main.{key.removeprefix('float32.')}")
            if name == key or exact is None or not np.size(exact):
                continue
            if array.dtype != np.float32 and array.ndim:  # a loss's value is a Python float
                yield f"the reference's {item.name} makes {array.dtype} of float32: {name}"
            off = np.abs(array.astype(float) - exact).max() / max(np.abs(exact).max(), 1e-12)
            if not off <= ROUNDING:
                yield f"the reference's {item.name} is off by {off:.1e} in float32: {name}"


def handout_fails(assignment):
    with tempfile.TemporaryDirectory() as room:
        try:
            files = make_handout(assignment, Path(room) / assignment.name, partial(grade_submission, assignment))
            print(f"handout: 0 points, no piece of a solution in {', '.join(files)}")
        except CourseworkError as error:
            yield f"the handout: {error}"
