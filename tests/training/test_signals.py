"""Signals between the steps: before there is a folder, before the first step, while an epoch is closed."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from threestep.cli import main
from threestep.see import curves
from threestep.training import loop, read_checkpoint, resume, run, train
from threestep.training.signals import signals

CONFIG = """\
data: {Moons: {n: 80}}
model: [{Dense: 6}, ReLU, {Dense: 2}]
loss: CrossEntropy
optimizer: {SGD: {lr: 1}}
train: {epochs: 3, batch_size: 8}
"""
EARLY = ("train.epochs=50", "train.early_stop={patience: 1}", "optimizer.lr=20")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text(CONFIG)


def train_in(out, *overrides):
    """(the exit signal or None, what last.npz says) of a run."""
    return train("c.yaml", overrides, out, quiet=True)[1], read_checkpoint(f"{out}/last.npz")[1]


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@pytest.fixture
def send():
    """send(number, module, name, time): the signal comes when a function is called for that time, once."""
    with pytest.MonkeyPatch.context() as patch:

        def prepare(number, module, name, time=1):
            whole, calls = getattr(module, name), []

            def call(*arguments, **options):
                calls.append(name)
                if len(calls) == time:
                    patch.undo()
                    os.kill(os.getpid(), number)
                return whole(*arguments, **options)

            patch.setattr(module, name, call)

        yield prepare


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_anything_is_written_a_signal_leaves_at_once_and_nothing_behind(send, number):
    send(number, run, "prepare")
    with pytest.raises(SystemExit) as ended:
        train("c.yaml", out="a", quiet=True)
    assert ended.value.code == 128 + number and os.listdir() == ["c.yaml"]
    train_in("a", "train.epochs=1")
    before = contents("a")
    send(number, run, "prepare")
    with pytest.raises(SystemExit) as ended:
        resume("a", ["train.epochs=2"], quiet=True)
    assert ended.value.code == 128 + number and contents("a") == before


def test_before_the_first_step_of_a_run_none_is_taken(send):
    send(signal.SIGTERM, run, "write_json")
    number, facts = train_in("a")
    assert (number, facts["step"]) == (signal.SIGTERM, 0)
    send(signal.SIGTERM, run, "write_checkpoint")
    assert resume("a", quiet=True)[1] == signal.SIGTERM and read_checkpoint("a/last.npz")[1]["step"] == 0


def test_while_an_epoch_is_closed_it_is_closed_and_no_step_more_is_taken(send):
    send(signal.SIGTERM, loop, "close_epoch", time=2)
    number, facts = train_in("a")
    assert (number, facts["epoch"], facts["inside"]) == (signal.SIGTERM, 2, False)


def test_while_the_epoch_is_closed_in_which_the_run_stops_early(send):
    """It has no figures of its end, so it is interrupted; going on only evaluates, and changes nothing else."""
    ends = train_in("whole", *EARLY)[1]["epoch"]
    assert 1 < ends < 50
    send(signal.SIGINT, loop, "close_epoch", time=ends)
    number, facts = train_in("a", *EARLY)
    assert (number, facts["stop"]) == (signal.SIGINT, "early")
    assert json.loads(Path("a/summary.json").read_text())["status"] == "interrupted"
    assert resume("a", quiet=True)[1] is None
    for name in ("last.npz", "best.npz", "metrics.csv"):
        assert Path("a", name).read_bytes() == Path("whole", name).read_bytes()
    assert json.loads(Path("a/summary.json").read_text())["status"] == "finished"


def test_while_the_curves_are_drawn_it_leaves_at_once_a_run_that_is_finished(send):
    send(signal.SIGINT, curves, "save_curves")
    with pytest.raises(SystemExit) as ended:
        main(["c.yaml", "--out", "a", "-q"])
    assert ended.value.code == 130
    assert json.loads(Path("a/summary.json").read_text())["status"] == "finished"


def test_another_thread_than_the_main_one_leaves_signals_alone():
    caught, before = [], signal.getsignal(signal.SIGTERM)

    def within():
        with signals() as kept:
            caught.append((kept.number, signal.getsignal(signal.SIGTERM) is before))

    thread = threading.Thread(target=within)
    thread.start()
    thread.join()
    assert caught == [(None, True)]
