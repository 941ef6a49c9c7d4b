"""Runs that get SIGINT or SIGTERM: at a random moment, inside a save, inside an evaluation, while data is read:

    python -m benchmarks.reliability.signals [runs] [seed]

A run ends with 130 or 143, has lost no step that was taken, and when resumed ends with the bytes of a run that nobody
disturbed. Where the signal comes before the run has a folder, none is left behind.
"""

import json
import mmap
import os
import signal
import struct
import sys
import time
from collections import Counter
from functools import wraps
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

from optim import Optimizer
from threestep import data
from threestep.training import files, loop, read_checkpoint

from .children import CONFIG, call, end, start
from .kills import contents

KINDS = ("at a random moment", "inside a save", "inside an evaluation", "while data is read")


def main(runs=300, seed=0):
    """Prints, and returns, how many runs went wrong."""
    rng, seen, wrong = np.random.default_rng(seed), Counter(), 0
    with TemporaryDirectory() as folder:
        Path(folder, "c.yaml").write_text(CONFIG)
        begun = time.monotonic()
        code, output = call(["c.yaml", "--out", "whole"], folder)
        took = time.monotonic() - begun
        assert code == 0, output
        for number in range(runs):
            kind, sent = KINDS[number % 4], (signal.SIGINT, signal.SIGTERM)[number // 4 % 2]
            problem = disturbed(rng, Path(folder), f"run{number}", took, kind, sent, seen)
            if problem:
                wrong += 1
                print(f"run {number}, {sent.name} {kind}: {problem}")
    words = ", ".join(f"{n} {what}" for what, n in seen.most_common())
    print(f"{runs} runs with a signal ({words}): {wrong} went wrong")
    return wrong


def disturbed(rng, folder, out, took, kind, sent, seen):
    """What went wrong, or None, with a run that gets a signal."""
    steps = mmap.mmap(-1, 4)  # shared with the child: how many steps it has taken
    operation = int(rng.integers({"inside a save": 300, "inside an evaluation": 12}.get(kind, 1)))
    child, output = start(["c.yaml", "--out", out], folder, lambda: prepare(kind, sent, operation, steps))
    if kind == KINDS[0]:
        while "folder" not in Path(output).read_text() and not os.waitid(os.P_PID, child, WAIT):
            time.sleep(0.001)
        time.sleep(rng.random() * took * 0.6)
        os.kill(child, sent)
    code, text = end(child), Path(output).read_text()
    if code == 0 and kind != "while data is read":
        seen["over before it came"] += 1
        return None
    seen[kind] += 1
    if code != 128 + sent or "Traceback" in text:
        return f"exit code {code}: {text}"
    if not (folder / out).exists():  # it came while config, data and model were tried
        seen["of these before the run began"] += 1
        return None
    if kind == "while data is read":
        return "a folder was left behind"
    if json.loads((folder / out / "summary.json").read_bytes())["status"] == "finished":
        seen["of these after the run's end"] += 1
        return None
    saved, taken = read_checkpoint(folder / out / "last.npz")[1]["step"], struct.unpack("i", steps)[0]
    if saved != taken:
        return f"step {saved} was saved, and {taken} were taken"
    if f"train.py resume {out}" not in text:
        return f"how to go on is not told: {text}"
    code, text = call(["resume", out], folder)
    if code:
        return f"resumed, it ended with {code}: {text}"
    return None if contents(folder / out) == contents(folder / "whole") else "it ended with other bytes"


WAIT = os.WEXITED | os.WNOHANG | os.WNOWAIT  # whether the child has ended, which stays to be waited for


def prepare(kind, sent, operation, steps):
    """In the child: counts its steps, and makes it send itself the signal at an operation of that number."""

    def step(self, *arguments):
        moved(self, *arguments)
        steps[:] = struct.pack("i", struct.unpack("i", steps)[0] + 1)

    moved, Optimizer.step = Optimizer.step, step
    counter = count()

    def sending(call):
        @wraps(call)
        def disturbed(*arguments, **options):
            if next(counter) == operation:
                os.kill(os.getpid(), sent)
            return call(*arguments, **options)

        return disturbed

    if kind == "inside a save":
        files.os = SimpleNamespace(**vars(os))
        files.os.fsync, files.os.replace = sending(os.fsync), sending(os.replace)
    elif kind == "inside an evaluation":
        loop.predict = sending(loop.predict)
    elif kind == "while data is read":
        data.DATASETS["Moons"].__init__ = sending(data.DATASETS["Moons"].__init__)


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
