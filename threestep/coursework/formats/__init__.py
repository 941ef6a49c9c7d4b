"""What each platform wants to hear: a plain result in the words of a grader, and the files that set one up."""

import os

from threestep.training.files import append

from ..errors import CourseworkError
from ..results import table, to_json, write_text
from .autolab import autolab_makefile, to_autolab
from .classroom import classroom_output, classroom_workflow, to_classroom
from .gradescope import make_autograder, to_gradescope
from .nbgrader import score, to_nbgrader

__all__ = ["FORMATS", "autolab_makefile", "classroom_workflow", "make_autograder", "publish", "score"]

FORMATS = {  # a name: the text that a result is there
    "json": to_json,
    "gradescope": to_gradescope,
    "classroom": to_classroom,
    "autolab": to_autolab,
    "nbgrader": to_nbgrader,
}


def publish(result, format, path=None, last=True):
    """Hands a result over in one of FORMATS; called after each item and, with `last`, at the end.

    With a path the file is written anew each time, and the end prints a table for the instructor. Without one the end
    prints the text. "classroom" prints its text at the end in any case, and each time adds to the file of the step's
    outputs, which is $GITHUB_OUTPUT unless given; of several outputs of one name the last counts.
    """
    if format not in FORMATS:
        raise CourseworkError(f"format expected one of {', '.join(FORMATS)}, got {format!r}")
    text = FORMATS[format](result)
    if format == "classroom":
        if path := path or os.environ.get("GITHUB_OUTPUT"):
            append(path, classroom_output(result))
    elif path:
        write_text(path, text)
        text = f"{report(result)}\n"
    if last:
        print(text, end="", flush=True)


def report(result):
    """What the instructor reads: every item, and what the submission was isolated from."""
    isolated, missing = (", ".join(result["isolation"][key]) for key in ("isolated", "missing"))
    lines = [table(result["items"]), f"isolated: {isolated or 'nothing'}"]
    return "\n".join([*lines, *([f"not isolated: {missing}"] if missing else [])])
