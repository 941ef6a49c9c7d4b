"""A run that goes on is the run that never stopped, to the bit; and what its files hold when."""

import json

import numpy as np
import pytest

from benchmarks.reliability import resumes
from layers import Dense, Dropout, ReLU, Sequential
from losses import CrossEntropy
from optim import SGD, Adam, Cosine
from threestep.data import Moons
from threestep.training import (
    Best,
    Callback,
    CheckpointError,
    Diverged,
    EarlyStop,
    Saver,
    checkpoint,
    fit,
    load,
    read_checkpoint,
)

DATA = Moons(n=120)


def network():
    return Sequential(Dense(6), ReLU(), Dropout(0.2), Dense(2))


def train(folder, callbacks=(), model=None, best=None, save=None, **options):
    best = best or Best("valid_loss")
    saver = Saver(folder, best, {"mine": 3}, **(save or {}))
    model, options = model or network(), {"epochs": 4, "valid": DATA.valid, **options}
    optimizer = options.pop("optimizer", None) or Adam(lr=0.02)
    return model, fit(model, CrossEntropy(), optimizer, *DATA.train, callbacks=[best, *callbacks, saver], **options)


class At(Callback):
    """Does something in a step of that number, before Saver is asked."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def on_step(self, progress):
        if progress.step == self.step:
            self.act(progress)


def stop(progress):
    progress.stop = True


def test_resumed_runs_are_the_run_that_never_stopped(capsys):
    """A reduced version: python -m benchmarks.reliability.resumes does 500."""
    assert resumes.main(pairs=16, seed=1) == 0
    assert "16 runs stopped at a random step and resumed: 0 differ" in capsys.readouterr().out


@pytest.mark.parametrize("forgotten", ["loss_sum", "order", "generators", "optimizer"])
def test_what_a_resume_forgets_is_seen(forgotten, monkeypatch, capsys):
    """That comparison can fail."""
    whole = checkpoint.restore

    def restore(progress, arrays, facts):
        before = [rng.bit_generator.state for rng in checkpoint.generators(progress)]
        whole(progress, arrays, facts)
        if forgotten == "loss_sum":
            progress.loss_sum += 1e-9
        elif forgotten == "order" and progress.order is not None:
            progress.order = progress.order[::-1].copy()
        elif forgotten == "optimizer":
            progress.optimizer.state = {"steps": progress.optimizer.state["steps"]}
        elif forgotten == "generators":
            for rng, state in zip(checkpoint.generators(progress), before, strict=True):
                rng.bit_generator.state = state

    monkeypatch.setattr("threestep.training.loop.restore", restore)
    assert resumes.main(pairs=2, seed=1) > 0


def test_files_at_the_start_at_every_n_steps_and_at_the_end(tmp_path):
    seen = []

    class Look(Callback):
        def on_step(self, progress):
            seen.append(read_checkpoint(tmp_path / "last.npz")[1]["step"])

    train(tmp_path, [Look()], save={"steps": 2}, epochs=2)
    assert seen in ([0, 0, 2, 2, 4, 4], [0, 0, 2, 3, 4, 4])  # an epoch's end, step 3, is saved if that is quick
    arrays, facts = read_checkpoint(tmp_path / "last.npz")
    assert (facts["step"], facts["epoch"], facts["inside"], facts["mine"]) == (6, 2, False, 3)
    assert "order" not in arrays and {"optimizer/m", "optimizer/v", "params/0.W"} <= set(arrays)


def test_minutes(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    seen = []

    class Tick(Callback):
        def on_step(self, progress):
            now[0] += 60
            seen.append(read_checkpoint(tmp_path / "last.npz")[1]["step"])

    train(tmp_path, [Tick()], save={"minutes": 3}, epochs=1, batch_size=10)
    assert seen == [0, 0, 0, 3, 3, 3, 6, 6, 6]


def test_epochs_are_saved_unless_that_takes_more_than_a_twentieth_of_the_time(tmp_path, monkeypatch):
    now, epochs = [0.0], []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    write = checkpoint.write_checkpoint

    def slow(path, arrays, facts):
        now[0] += 1  # second, as each of the two files takes
        epochs.append((path.name, facts["epoch"]))
        write(path, arrays, facts)

    monkeypatch.setattr(checkpoint, "write_checkpoint", slow)

    class Tick(Callback):
        def on_epoch(self, progress):
            now[0] += 8
            progress.record["valid_loss"] = 1 / progress.epoch  # each is the best

    best = Best("valid_loss")
    tick, saver = Tick(), Saver(tmp_path, best, {})
    fit(network(), CrossEntropy(), SGD(lr=0.1), *DATA.train, epochs=10, callbacks=[tick, best, saver])
    last = [epoch for name, epoch in epochs if name == "last.npz"]
    assert last == [0, 3, 8, 10]
    assert [epoch for name, epoch in epochs if name == "best.npz"] == [3, 8, 10]


def test_best_and_last(tmp_path):
    figures = iter([3.0, 1.0, 2.0, 4.0])

    class Figures(Callback):
        def on_epoch(self, progress):
            progress.record["valid_loss"] = next(figures)
            self.theta = [*getattr(self, "theta", []), progress.model.theta.copy()]

    watch, best = Figures(), Best("valid_loss")
    model = network()
    fit(model, CrossEntropy(), Adam(), *DATA.train, epochs=4, callbacks=[watch, best, Saver(tmp_path, best, {})])
    assert np.array_equal(load(tmp_path / "best.npz", network()).theta, watch.theta[1])
    assert np.array_equal(load(tmp_path / "last.npz", network()).theta, watch.theta[3])
    facts = read_checkpoint(tmp_path / "best.npz")[1]
    assert facts["epoch"] == 2 and [record["epoch"] for record in facts["history"]] == [1, 2]


def test_a_run_goes_on_from_its_best(tmp_path):
    model, history = train(tmp_path, epochs=6)
    start = read_checkpoint(tmp_path / "best.npz")
    again, other = train(tmp_path, epochs=6, start=start)
    assert other == history and np.array_equal(model.theta, again.theta)


def test_weights_that_are_not_finite_are_not_written(tmp_path):
    def spoil(progress):
        progress.model.theta[3] = np.nan

    with pytest.raises(Diverged, match=r"loss is nan at epoch 2, step 6 \(lr 0.02; not finite: layer 0 Dense W\)"):
        train(tmp_path, [At(5, spoil)], save={"steps": 1})
    arrays, facts = read_checkpoint(tmp_path / "last.npz")
    assert facts["step"] == 4 and all(np.isfinite(array).all() for array in arrays.values())


def test_after_divergence_the_weights_before_the_step_are_kept(tmp_path):
    thetas = []

    class Spoil(Callback):
        def on_step(self, progress):
            thetas.append(progress.model.theta.copy())
            if progress.step == 5:
                progress.optimizer.state["v"][2] = np.inf

    with pytest.raises(Diverged, match="the optimizer's v is not finite at epoch 2, step 6"):
        train(tmp_path, [Spoil()])
    assert np.array_equal(load(tmp_path / "last.npz", network()).theta, thetas[4])
    assert read_checkpoint(tmp_path / "last.npz")[1]["stop"] == "diverged"


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train(tmp_path, epochs=1)
    start = read_checkpoint(tmp_path / "last.npz")
    with pytest.raises(CheckpointError, match="does not fit SGD"):
        train(tmp_path, start=start, optimizer=SGD(lr=0.1))
    with pytest.raises(CheckpointError, match="layer 0 Dense W is"):
        train(tmp_path, start=start, model=Sequential(Dense(7), ReLU(), Dropout(0.2), Dense(2)))
    with pytest.raises(CheckpointError, match="does not fit"):
        train(tmp_path, start=start, model=Sequential(Dense(6), ReLU(), Dense(2)))
    with pytest.raises(CheckpointError, match="1 callbacks with a state, expected 2"):
        train(tmp_path, start=start, schedule=Cosine())


def test_a_generator_that_is_no_pcg64(tmp_path):
    def rng():
        return np.random.Generator(np.random.MT19937(3))

    model, _ = train(tmp_path, rng=rng())
    train(tmp_path, [At(5, stop)], rng=rng())
    again, _ = train(tmp_path, rng=rng(), start=read_checkpoint(tmp_path / "last.npz"))
    assert np.array_equal(model.theta, again.theta)


def test_a_callback_of_ones_own_can_have_a_state(tmp_path):
    class Count(Callback):
        def __init__(self):
            self.state = {"n": 0, "seen": np.zeros(3)}

        def on_step(self, progress):
            self.state = {"n": self.state["n"] + 1, "seen": self.state["seen"] + progress.loss}

    whole, half, rest = Count(), Count(), Count()
    train(tmp_path, [whole])
    train(tmp_path, [half, At(5, stop)])
    train(tmp_path, [rest], start=read_checkpoint(tmp_path / "last.npz"))
    assert half.state["n"] == 5 and rest.state["n"] == whole.state["n"] == 12
    assert np.array_equal(rest.state["seen"], whole.state["seen"])


def test_an_early_stop_is_kept(tmp_path):
    def early():
        return EarlyStop("valid_loss", patience=1)

    model, history = train(tmp_path, best=early(), epochs=60, optimizer=Adam(lr=0.5))
    assert len(history) < 60
    again, same = train(
        tmp_path, best=early(), epochs=60, start=read_checkpoint(tmp_path / "last.npz"), optimizer=Adam()
    )
    assert same == history and np.array_equal(again.theta, model.theta)
    best = min(history, key=lambda record: record["valid_loss"])["epoch"]
    assert read_checkpoint(tmp_path / "best.npz")[1]["epoch"] == best == len(history) - 1
    assert np.array_equal(load(tmp_path / "best.npz", network()).theta, model.theta)


def test_facts_are_plain(tmp_path):
    train(tmp_path, epochs=1, schedule=Cosine(), l1=1e-3)
    facts = read_checkpoint(tmp_path / "last.npz")[1]
    assert json.loads(json.dumps(facts)) == facts
