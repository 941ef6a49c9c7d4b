"""verify: is the grader right? Mutants of the reference, the reference itself, and the empty handout."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from .errors import CourseworkError
from .grade import exams_of, grade_item, grade_submission
from .handout import make_handout
from .mutants import mutants_of


def verify(assignment):
    """Prints what the grader makes of mutants, the reference and the handout; returns whether all is as it should be.

    Every mutant, from mutants.py, the bank and the general ones, has to lose points and to be named; every item has to
    be failed by a mutant; the reference gets all points, in float32 too; the handout gets none, and no piece of a
    solution is in it.
    """
    text = assignment.reference.read_text(encoding="utf-8")
    rows, wrong = [("item", "mutants", "failed", "to name", "named")], []
    exams = exams_of(assignment)
    for item, exam in exams:
        mutants = list(mutants_of(assignment, item, text, exam))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
            graded = list(pool.map(partial(grade_mutant, assignment, item, exam), mutants))
        failed = [not all(found["passed"].get(check) for check in item.checks) for found in graded]
        named = [mutant.bug in (None, first_bug(found)) for mutant, found in zip(mutants, graded, strict=True)]
        nameless = sum(mutant.bug is None for mutant in mutants)
        rows.append((item.name, len(mutants), sum(failed), len(mutants) - nameless, sum(named) - nameless))
        for mutant, found, dead, right in zip(mutants, graded, failed, named, strict=True):
            if not dead:
                wrong.append(f"{item.name} is not failed by {mutant.words}")
            elif not right:
                got = first_bug(found) or found["message"] or "no name"
                wrong.append(f"{item.name}, {mutant.words}: expected {mutant.bug}, got {got}")
        if not any(failed):
            wrong.append(f"{item.name} is failed by no mutant: add one to mutants.py")
    print(aligned(rows))
    wrong += [*reference_fails(assignment), *rounding(exams), *handout_leaks(assignment)]
    print("\n".join(wrong) or "every mutant is failed and named; the reference has all points, the handout none")
    return not wrong


def grade_mutant(assignment, item, exam, mutant):
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / assignment.file
        path.write_text(mutant.text, encoding="utf-8")
        return grade_item(assignment, item, exam, path)


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


def rounding(exams):
    """Where the reference in float32 is more than rounding away from float64."""
    for item, exam in exams:
        answers = exam.right if item.kind == "function" else exam.right(exam.takes, exam.arrays)
        for key, array in answers.items():
            exact = answers.get(f"main.{key[8:]}") if key.startswith("float32.") else None
            if exact is None or item.name == "Dropout" or not np.size(exact):  # whose mask is another in float32
                continue
            off = np.abs(array.astype(float) - exact).max() / max(np.abs(exact).max(), 1e-12)
            if off > 1e-4:
                yield f"the reference's {item.name} is off by {off:.1e} in float32: {key[8:]}"


def handout_leaks(assignment):
    with tempfile.TemporaryDirectory() as room:
        try:
            files = make_handout(assignment, Path(room) / assignment.name, partial(grade_submission, assignment))
            print(f"handout: 0 points, no piece of a solution in {', '.join(files)}")
        except CourseworkError as error:
            yield f"the handout: {error}"
