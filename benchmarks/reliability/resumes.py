"""Runs stopped at a random step and resumed, beside the same run that never stopped:

    python -m benchmarks.reliability.resumes [pairs] [seed]

Each pair is a random config, with dropout, BatchNorm, any optimizer, schedule, accumulation, penalties and early
stopping among what it may have, and a random step of its run, mostly in the middle of an epoch. Compared are all bits:
parameters, state, the optimizer's vectors, every generator, history and the schedule's place.
"""

import sys
from tempfile import TemporaryDirectory

import numpy as np

import optim
from layers import BatchNorm, Dense, Dropout, LayerNorm, PReLU, Residual, Sequential, Standardize, Tanh
from losses import CrossEntropy
from optim import SGD, Cosine, OneCycle, Plateau, Step
from threestep.data import Moons
from threestep.training import Best, Callback, EarlyStop, Saver, fit, read_checkpoint
from threestep.training.checkpoint import snapshot

DATA = Moons()


class Stop(Callback):
    """Ends a run after so many steps; keeps what the run was in the end."""

    def __init__(self, step):
        self.step = step

    def on_step(self, progress):
        progress.stop = progress.step == self.step

    def on_end(self, progress):
        arrays, self.facts = snapshot(progress)
        self.arrays = {name: array.copy() for name, array in arrays.items()}


def draw(rng):
    """A random config, as a function that makes the arguments of `fit` anew."""
    kinds = [getattr(optim, name) for name in optim.__all__]
    kinds = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, optim.Optimizer)]
    kind = rng.choice([k for k in kinds if k is not optim.Optimizer])
    schedule = rng.integers(5)
    optional = rng.random(8) < 0.6
    batch_size, accumulate = int(rng.integers(3, 60)), int(rng.integers(1, 4))
    seed = int(rng.integers(1000))

    def make():
        layers = [Standardize()] if optional[0] else []
        layers += [Dense(8), BatchNorm()] if optional[1] else [Dense(8), LayerNorm()]
        layers += [Dropout(0.3)] if optional[2] else []
        layers += [PReLU(), Residual(Dense(8), Tanh(), Dropout(0.1)), Dense(2)]
        optimizer = SGD(lr=0.05, momentum=0.9) if kind is SGD else kind(lr=0.01)
        early = EarlyStop("valid_loss", patience=2) if optional[3] else Best("valid_loss")
        options = {
            "schedule": (None, Cosine(warmup_epochs=0.5), Step(1), Plateau(patience=0), OneCycle())[schedule],
            "epochs": 6,
            "batch_size": batch_size,
            "accumulate": accumulate,
            "rng": np.random.default_rng(seed),
            "l2": 0.01 * optional[4],
            "l1": 0.001 * optional[5],
            "clip_norm": 1.0 if optional[6] else None,
            "valid": DATA.valid,
        }
        model = Sequential(*layers)
        model.build(DATA.train[0].shape[1:], np.random.default_rng(seed))
        return [model, CrossEntropy(label_smoothing=0.1 * optional[7]), optimizer, *DATA.train], options, early

    return make


def run(make, folder, step=0, start=None):
    """The Stop of a run that ended after `step` steps, or never stopped (0); with its checkpoint in the folder."""
    parts, options, best = make()
    stop = Stop(step)
    fit(*parts, **options, callbacks=[best, stop, Saver(folder, best, {})], start=start)
    return stop


def differences(one, other):
    """The names of what is not the same to the bit in two ends of a run."""
    wrong = [name for name in {**one.arrays, **other.arrays} if not same(one.arrays.get(name), other.arrays.get(name))]
    return wrong + [name for name in one.facts if repr(one.facts[name]) != repr(other.facts[name])]


def same(a, b):
    return a is not None and b is not None and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


def main(pairs=500, seed=0):
    """Prints, and returns, how many pairs differed; 10 steps of each config."""
    rng, done, wrong = np.random.default_rng(seed), 0, 0
    with TemporaryDirectory() as folder:
        while done < pairs:
            make = draw(rng)
            whole = run(make, folder)
            for step in rng.integers(1, whole.facts["step"] + 1, min(10, pairs - done)):
                run(make, folder, int(step))
                found = differences(whole, run(make, folder, start=read_checkpoint(f"{folder}/last.npz")))
                done, wrong = done + 1, wrong + bool(found)
                if found:
                    print(f"pair {done}, step {step} of {whole.facts['step']}: {', '.join(found)} differ")
    print(f"{pairs} runs stopped at a random step and resumed: {wrong} differ from the run that never stopped")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
