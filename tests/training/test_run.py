"""A run's folder: whose weights it stands for, what is kept where a run diverges, and what its log has."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from optim import Adam
from threestep.training import Diverged, load_run, read_checkpoint, train

CONFIG = """\
data: {Moons: {n: 100}}
model: [Dense: 6, ReLU, Dropout: 0.2, Dense: 2]
loss: CrossEntropy
optimizer: {Adam: {lr: 0.02}}
train: {epochs: 4, batch_size: 16}
"""


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(CONFIG)


def run(*overrides):
    train("c.yaml", overrides, "a", quiet=True)


def test_minutes_and_metrics_are_those_of_the_config(monkeypatch):
    clock, steps = count(step=60), []
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    write = "threestep.training.checkpoint.write_checkpoint"
    monkeypatch.setattr(write, lambda path, arrays, facts: steps.append(facts["step"]))
    run("train.checkpoint_minutes=1", "train.epochs=2", "metrics=error")
    assert set(steps) == set(range(11))
    assert Path("a/metrics.csv").read_text().startswith("epoch,train_loss,valid_loss,valid_error\n")


def test_a_run_that_does_not_stop_early_stands_for_its_last_weights():
    run("optimizer.lr=1")
    assert read_checkpoint("a/best.npz")[1]["epoch"] < read_checkpoint("a/last.npz")[1]["epoch"] == 4
    model, _ = load_run("a")
    assert np.array_equal(model.theta, load_run("a/last.npz")[0].theta) and not model[2].training


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_run_that_diverges_keeps_the_best_epoch_that_was_not_written_yet(monkeypatch, value):
    losses, clock = iter([0, 3.0, 1.0, 2.0, value]), count()  # of what is tried at the start, and of the epochs
    monkeypatch.setattr("threestep.training.loop.evaluate", lambda *parts, **options: {"loss": next(losses)})
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))  # a save takes as long as an epoch
    with pytest.raises(Diverged, match=f"valid_loss is {value} at epoch 4, step 20"):
        run()
    assert read_checkpoint("a/best.npz")[1]["epoch"] == 2


def test_an_epoch_whose_optimizer_is_not_finite_is_not_written_as_the_best(monkeypatch):
    def step(self, *vectors, whole=Adam.step):
        whole(self, *vectors)
        if self.state["steps"] == 10:  # the last of epoch 2
            self.state["v"][0] = np.inf

    monkeypatch.setattr(Adam, "step", step)
    with pytest.raises(Diverged, match="the optimizer's v of layer 0 Dense W is not finite at epoch 3, step 11"):
        run()
    assert json.loads(Path("a/summary.json").read_text())["best"]["epoch"] == 2
    assert all(np.isfinite(array).all() for array in read_checkpoint("a/best.npz")[0].values())


def test_the_log_has_all_of_a_quiet_run(capsys):
    run()
    said, log = capsys.readouterr().out, Path("a/train.log").read_text()
    assert said.startswith("Trained in") and said in log and "4 of 4" in log and "Training c" in log
