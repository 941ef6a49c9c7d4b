"""NaN or infinity put anywhere into a run, at a random step:

    python -m benchmarks.reliability.injections [runs] [seed]

The run ends with exit code 4, names layer, parameter and step, and leaves the parameters behind that it had before it.
"""

import re
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np

from threestep import cli
from threestep.training import Callback, read_checkpoint

from .children import CONFIG

BAD = (np.nan, np.inf, -np.inf)
PLACES = (
    "a parameter",
    "a gradient",
    "a layer's state",
    "the optimizer's state",
    "a layer's output",
    "the learning rate",
)


def main(runs=102, seed=0):
    """Prints, and returns, how many runs went wrong."""
    rng, seen, wrong = np.random.default_rng(seed), Counter(), 0
    with TemporaryDirectory() as folder:
        config = Path(folder, "c.yaml")
        config.write_text(CONFIG.replace("schedule:\n  Cosine: {warmup_epochs: 1}\n", ""))  # it would set the rate anew
        for number in range(runs):
            place, bad = PLACES[number % len(PLACES)], BAD[number // len(PLACES) % len(BAD)]
            seen[place] += 1
            problem = injected(rng, config, Path(folder, f"run{number}"), place, bad)
            if problem:
                wrong += 1
                print(f"run {number}, {bad} in {place}: {problem}")
    words = ", ".join(f"{n} in {place}" for place, n in seen.items())
    print(f"{runs} runs with NaN or infinity ({words}): {wrong} went wrong")
    return wrong


def injected(rng, config, out, place, bad):
    """What went wrong, or None, with a run into which `bad` is put at a random step."""
    injection, errors = Injection(rng, place, bad), StringIO()
    with (
        mock.patch("threestep.training.report.callbacks", lambda *_, **__: [injection]),
        redirect_stderr(errors),
        redirect_stdout(StringIO()),
    ):
        code = cli.main([str(config), "--out", str(out), "-q"])
    told, step, whole = errors.getvalue(), injection.step, injection.whole
    if code != 4 or not re.search(rf"epoch \d+, step ({step - 1}|{step}) ", told):  # step - 1 may end an epoch
        return f"it ended with {code}, not with 4 at step {step}: {told}"
    if not re.search("lr is" if place == "the learning rate" else r"layer \d \w+ \w+", told):
        return f"it is not named: {told}"
    arrays, _ = read_checkpoint(out / "last.npz")
    moved = [name for name, array in whole.items() if not np.array_equal(arrays[f"params/{name}"], array)]
    return f"{', '.join(moved)} in last.npz moved after step {step - 1}" if moved else None


class Injection(Callback):
    """Puts `bad` into `place` before a random step, from the second on; whole: the parameters until then."""

    def __init__(self, rng, place, bad):
        self.rng, self.place, self.bad, self.step = rng, place, bad, int(rng.integers(2, 50))

    def on_step(self, progress):
        if progress.step != self.step - 1:
            return
        model, optimizer = progress.model, progress.optimizer
        self.whole = {name: array.copy() for name, array in model.params.items()}
        if self.place == "a parameter":
            self.spoil(model.theta)
        elif self.place == "a layer's state":
            self.spoil(list(model.state.values())[self.rng.integers(len(model.state))])
        elif self.place == "the optimizer's state":
            self.spoil(optimizer.state[optimizer.vectors[self.rng.integers(len(optimizer.vectors))]])
        elif self.place == "the learning rate":
            optimizer.lr = self.bad
        elif self.place == "a layer's output":
            layer = model.layers[1]
            layer.forward = lambda x: self.spoil(type(layer).forward(layer, x))

    def on_gradient(self, progress, x, y):
        if progress.step == self.step and self.place == "a gradient":
            self.spoil(progress.model.gradient)

    def spoil(self, array):
        array[np.unravel_index(self.rng.integers(array.size), array.shape)] = self.bad
        return array


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
