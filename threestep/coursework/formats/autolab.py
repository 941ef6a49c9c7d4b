"""Autolab: the last line on standard output is a JSON object with the score of each problem.

What is printed before it reaches the student as feedback. The problems of the assessment on Autolab's site must have
the names of the items; those that are not visible are together the problem "hidden tests".

The format is in Autolab's "Guide for Lab Authors".
"""

import json
import re
import shlex

from ..errors import CourseworkError
from ..results import shown, table

MAKEFILE = """\
# autograde-Makefile: Autolab copies it, autograde.tar and the submission, {file}, into one folder and calls make.
# autograde.tar holds the folder {assignment}; the image of the autograder has Python and threestep.
all:
	@tar xf autograde.tar
	@threestep coursework grade {file} --assignment {assignment} --format autolab
"""


def autolab_makefile(assignment):
    """The text of autograde-Makefile."""
    return MAKEFILE.format(file=shlex.quote(assignment.file), assignment=shlex.quote(assignment.folder.name))


def to_autolab(result):
    """What the autograder prints: a table for the student, then the scores. CourseworkError for a name with a colon."""
    items = shown(result)
    for item in items:
        if re.search(r"[A-Za-z0-9]:", item["name"]):  # Autolab takes the word for a key without quotes, and quotes it
            raise CourseworkError(f"item {item['name']!r}: Autolab cannot read a name with a colon after a letter")
    scores = json.dumps({"scores": {item["name"]: item["score"] for item in items}}, allow_nan=False)
    return f"{table(items)}\n{scores}\n"
