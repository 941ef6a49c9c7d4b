"""Sandbox: a student's file runs in a process of its own, which is as confined as this machine allows."""

import functools
import os
import socket
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from .process import LIBRARY, Limits, Trouble, run

HERE = Path(__file__).resolve().parent
PLAY = (
    HERE.parents[1] / "checks" / "diagnosis" / "play.py"
)  # what is played on the submission: play(script, arrays, namespace)
LEVELS = ("namespaces", "user", "limits")  # how a process may be confined, the best first: see confine.py


@dataclass
class Isolation:
    """What a submission cannot do here, and what it could: words for the report."""

    isolated: list
    missing: list


def perform(submission, script, arrays, limits=None, hidden=()):
    """Plays the script on a student's file, in a fresh process; returns the Performance.

    Whatever the file does costs this call only: what failed is in `error`, in words that go on from the file's name.
    A process that computes its answers can also make them up; it cannot learn which ones are expected.

    script: what JSON can say. arrays: {name: array of numbers}. hidden: folders and files that the student's process
    must not be able to read, beside the library's own.

    Raises Trouble where this machine cannot confine a process at all, OSError if the submission cannot be read.
    """
    level, _ = examine(LEVELS)
    return run(level, submission, PLAY, script, arrays, limits or Limits(), hidden)


def isolation(hidden=()):
    """What is isolated on this machine: tried out once, by a file that attempts each thing.

    hidden: the same as for `perform`; the attempts on the reference are on these and on the library.
    """
    return examine(LEVELS, *map(str, hidden))[1]


@functools.cache
def examine(levels, *hidden):
    """(level, Isolation) of the first level that works here."""
    failures = []
    for level in levels:
        if level == "user" and os.geteuid() != 0:
            continue  # only root can become another user
        try:
            performance = probe(level, [Path(path) for path in hidden])
        except Trouble as trouble:
            failures.append(str(trouble))
            continue
        if performance.error is None:
            could = performance.notes
            return level, Isolation(
                [word for word in could if not could[word]], [word for word in could if could[word]]
            )
        failures.append(f"{level}: the probe {performance.error} {performance.output}".rstrip())
    raise Trouble("no process can be confined here: " + "; ".join(failures))


def probe(level, hidden):
    """Plays probe.py on an empty submission, with an open folder beside it, and a port at which somebody listens."""
    limits = Limits(memory=2**30, processes=4, disk=4 * 2**20)
    reference = [HERE.parents[2] / name / "__init__.py" for name in LIBRARY]
    reference += [file for path in hidden for file in (path, *path.rglob("*")) if file.is_file()]
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        submission, outside = Path(folder, "empty.py"), Path(folder, "outside")
        submission.touch()
        outside.mkdir()
        outside.chmod(0o777)
        Path(folder).chmod(0o711)
        script = {
            "port": server.getsockname()[1],
            "outside": str(outside),
            "reference": list(map(str, reference)),
            "grader": os.getpid(),
            "limits": asdict(limits),
        }
        return run(level, submission, HERE / "probe.py", script, {}, limits, hidden)
