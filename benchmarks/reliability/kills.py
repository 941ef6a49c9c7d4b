"""Runs killed with SIGKILL at a random moment, a third of them inside a save, then resumed, until they end:

    python -m benchmarks.reliability.kills [runs] [seed]

In the end last.npz, best.npz and metrics.csv must have the bytes that they have after a run that nobody disturbed.
"""

import io
import os
import signal
import sys
import time
from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

from threestep.training import files

from .children import CONFIG, call, end, start

COMPARED = ("last.npz", "best.npz", "metrics.csv")
OPERATIONS = 2500  # on files, about as many as a run has


def main(runs=1000, seed=0):
    """Prints, and returns, how many runs ended with other bytes."""
    rng, seen, wrong = np.random.default_rng(seed), Counter(), 0
    with TemporaryDirectory() as folder:
        Path(folder, "c.yaml").write_text(CONFIG)
        begun = time.monotonic()
        code, output = call(["c.yaml", "--out", "whole", "-q"], folder)
        took = time.monotonic() - begun
        assert code == 0, output
        whole = contents(Path(folder, "whole"))
        for number in range(runs):
            found = disturbed(rng, folder, f"run{number}", took, seen, in_a_save=number % 3 == 0)
            if found != whole:
                wrong += 1
                print(f"run {number}: {', '.join(name for name in COMPARED if found[name] != whole[name])} differ")
    kinds = ", ".join(f"{count} {what}" for what, count in seen.most_common())
    print(f"{runs} runs killed and resumed ({kinds}): {wrong} differ from the run that nobody disturbed")
    return wrong


def disturbed(rng, folder, out, took, seen, in_a_save):
    """The contents of a run that was killed at least once."""
    arguments, killed = ["c.yaml", "--out", out, "-q"], False
    while True:
        if killed and rng.random() < 0.7:
            code, output = call(arguments, folder)
        elif in_a_save:
            operation = int(rng.integers(OPERATIONS))  # drawn here: what the child draws, nobody else knows
            child, path = start(arguments, folder, partial(kill_in_a_save, operation))
            code, output = end(child), Path(path).read_text()
            seen["kills inside a save"] += code == -9
        else:
            child, path = start(arguments, folder)
            time.sleep(rng.random() * took)
            os.kill(child, signal.SIGKILL)
            code, output = end(child), Path(path).read_text()
            seen["kills at a random moment"] += code == -9
        if code == 0 and killed:
            return contents(Path(folder, out))
        if code == 0:  # it was over before it could be killed
            seen["too late"] += 1
            arguments = ["c.yaml", "--out", out, "-q", "--overwrite"]
            continue
        killed = killed or code == -9
        assert code in (-9, 3), f"exit code {code}: {output}"
        begun = Path(folder, out, "last.npz").exists()
        seen["restarts, killed before the first checkpoint"] += code == 3
        arguments = ["resume", out, "-q"] if begun else ["c.yaml", "--out", out, "-q", "--overwrite"]


def kill_in_a_save(operation):
    """Makes this process kill itself before its file operation of that number, a write, an fsync or a move."""
    counter = count()

    def counting(call):
        def counted(*arguments):
            if next(counter) == operation:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments)

        return counted

    class Writer(io.BufferedWriter):
        write = counting(io.BufferedWriter.write)

    def opened(path, mode, **text):
        return Writer(io.FileIO(path, mode)) if mode == "wb" else open(path, mode, **text)

    files.open = opened
    files.os = SimpleNamespace(**vars(os))
    files.os.fsync, files.os.replace = counting(os.fsync), counting(os.replace)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in COMPARED}


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
