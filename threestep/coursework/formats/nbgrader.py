"""nbgrader: a cell of tests whose last expression is the score.

A cell of the notebook that grades the file beside it, and is worth 10 points:

    from threestep.coursework.assignment import read_assignment
    from threestep.coursework.formats import score
    from threestep.coursework.grade import grade_submission
    score(grade_submission(read_assignment("hw1"), "hw1.py"), 10)

nbgrader gives nothing to a cell that writes anything on standard error, full marks to one whose last expression is no
number, negative or NaN, and fails on a score above the maximum. So a score is always a float from 0 to the maximum, and
everything is printed on standard output.
"""

from math import isfinite

from ..errors import CourseworkError
from ..results import shown, table


def to_nbgrader(result):
    """The table of what students may see, and the score on the last line."""
    return f"{table(shown(result))}\n{clamp(result, result['max_score'])!r}\n"


def score(result, max_score):
    """Prints the table, and returns the cell's score out of max_score: what to make the last expression."""
    if not isfinite(max_score) or max_score < 0:
        raise CourseworkError(f"max_score expected the points of the cell, 0 or more, got {max_score!r}")
    print(table(shown(result)))
    return clamp(result, max_score)


def clamp(result, max_score):
    """The same share of max_score as the result has of its own; 0 for whatever is no share."""
    got, most = result.get("score"), result.get("max_score")
    numbers = all(isinstance(value, (int, float)) and isfinite(value) for value in (got, most))
    share = min(max(got / most, 0.0), 1.0) if numbers and most > 0 else 0.0
    return min(float(round(share * max_score, 2)), float(max_score))
