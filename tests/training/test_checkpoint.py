"""A run that goes on is the run that never stopped, to the bit; and what its files hold when."""

import json
import os
import signal
from contextlib import suppress

import numpy as np
import pytest

from benchmarks.reliability import resumes
from layers import BatchNorm, Dense, Dropout, ReLU, Sequential
from losses import CrossEntropy
from optim import SGD, Adam, Cosine, Optimizer
from threestep.data import Moons
from threestep.training import (
    Best,
    Callback,
    CheckpointError,
    ConfigError,
    Diverged,
    EarlyStop,
    Saver,
    checkpoint,
    fit,
    load,
    read_checkpoint,
    resume,
)
from threestep.training import train as train_config

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
    progress.stop = 15  # as a signal does


def test_resumed_runs_are_the_run_that_never_stopped(capsys):
    """A reduced version: python -m benchmarks.reliability.resumes does 500."""
    assert resumes.main(pairs=8, seed=1) == 0
    assert "8 runs stopped at a random step and resumed: 0 differ" in capsys.readouterr().out


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

    with pytest.raises(Diverged, match="the optimizer's v of layer 0 Dense W is not finite at epoch 2, step 6"):
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
    with pytest.raises(CheckpointError, match="of another run"):  # another layer, another generator
        train(tmp_path, start=start, model=Sequential(Dense(6), ReLU(), Dropout(0.2), Dense(2), ReLU()))
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


def test_a_run_stopped_at_any_step_of_its_schedule(tmp_path):
    """At the last step of an epoch too, whose lr stands in the record that is made after going on."""
    model, history = train(tmp_path, schedule=Cosine())
    for step in range(1, 13):
        train(tmp_path, [At(step, stop)], schedule=Cosine())
        again, other = train(tmp_path, start=read_checkpoint(tmp_path / "last.npz"), schedule=Cosine())
        assert other == history and np.array_equal(again.theta, model.theta)


def test_a_state_that_is_not_finite_is_not_written(tmp_path):
    def spoil(progress):
        progress.model.state["1.running_var"][2] = np.inf

    model, best = Sequential(Dense(6), BatchNorm(), Dense(2)), Best("train_loss")
    with suppress(Diverged):
        train(tmp_path, [At(5, spoil)], model=model, best=best, save={"steps": 1}, valid=None)
    arrays, facts = read_checkpoint(tmp_path / "last.npz")
    assert facts["step"] == 4 and np.isfinite(arrays["state/1.running_var"]).all()


@pytest.mark.parametrize(("spoilt", "told"), [("theta", "after step 4"), ("v", "before this step")])
def test_the_saver_says_whose_weights_it_has(tmp_path, spoilt, told):
    """Also where stopping early puts the best weights back in the end."""

    def spoil(progress):
        (progress.model.theta if spoilt == "theta" else progress.optimizer.state["v"])[3] = np.nan

    kept, best = [], EarlyStop()
    saver = Saver(tmp_path, best, {}, steps=2)
    keep = At(4 if spoilt == "theta" else 5, lambda progress: kept.append(progress.model.theta.copy()))
    parts = network(), CrossEntropy(), Adam(lr=0.02), *DATA.train
    with pytest.raises(Diverged):
        fit(*parts, epochs=4, valid=DATA.valid, callbacks=[best, keep, At(5, spoil), saver])
    assert saver.words == f"Weights {told} are in last.npz."
    assert np.array_equal(load(tmp_path / "last.npz", network()).theta, kept[0])


def test_the_best_is_on_the_disk_before_what_counts_on_it(tmp_path, monkeypatch):
    names = []
    monkeypatch.setattr(checkpoint, "write_checkpoint", lambda path, *what: names.append(path.name))
    train(tmp_path, epochs=1)
    assert names == ["last.npz", "best.npz", "last.npz"]


# Runs as the command line makes them.

CONFIG = """\
data: {Moons: {n: 80}}
model: [Standardize, {Dense: 6}, BatchNorm, ReLU, {Dropout: 0.3}, {Dense: 2}]
loss: {CrossEntropy: {label_smoothing: 0.1}}
optimizer: {Adam: {lr: 0.05}}
schedule: {Plateau: {patience: 0, factor: 0.5}}
train: {epochs: 4, batch_size: 8, accumulate: 2, l2: 0.001}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(*overrides): the folder of a run of CONFIG; with `ends`, by a signal in that step."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG)

    def start(*overrides, out="a", ends=None):
        def step(optimizer, *vectors, whole=Optimizer.step):
            whole(optimizer, *vectors)
            if optimizer.state["steps"] == ends:
                os.kill(os.getpid(), signal.SIGTERM)

        with monkeypatch.context() as patched:
            patched.setattr(Optimizer, "step", step)
            return train_config("c.yaml", overrides, out, quiet=True)[0]

    return start


def go_on(folder, *overrides, **options):
    return resume(folder, overrides, quiet=True, **options)


def left(folder):
    """What a run leaves behind, but for times."""
    names = ("config.yaml", "resolved.yaml", "metrics.csv", "best.npz", "last.npz")
    summary = json.loads((folder / "summary.json").read_text())
    summary.pop("seconds")
    return [summary, (folder / "timing.csv").read_text().count("\n"), *((folder / name).read_bytes() for name in names)]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_run_that_a_signal_ended_goes_on_to_the_same_bytes(run):
    """After its first step, within an epoch, after an epoch's last step, after the last of all."""
    whole, steps = run(out="whole"), read_checkpoint("whole/last.npz")[1]["step"]
    for at in (1, 3, steps // 4, steps // 4 + 1, steps):
        folder = run(out=f"at{at}", ends=at)
        summary = json.loads((folder / "summary.json").read_text())
        assert summary.keys() == {"status", "epoch", "best", "seconds"} and summary["status"] == "interrupted"
        assert summary["epoch"] == (at - 1) // (steps // 4) + 1
        assert read_checkpoint(folder / "last.npz")[1]["step"] == at
        assert go_on(folder) == (folder, None) and left(folder) == left(whole)


def test_more_epochs_are_the_run_that_had_them_from_the_start(run):
    folder = run("train.epochs=2")
    go_on(folder, "train.epochs=4")
    assert left(folder) == left(run(out="whole"))


def test_a_run_that_is_over_is_not_trained_again(run, capsys):
    for overrides in ((), ("train.early_stop={patience: 1}", "train.epochs=50", "optimizer.lr=1")):
        folder = run(*overrides, out=f"over{len(overrides)}")
        before = left(folder)
        go_on(folder)
        assert "is finished, after" in capsys.readouterr().out and left(folder) == before
        (folder / "summary.json").write_text('{"status": "interrupted"}')
        go_on(folder)
        assert left(folder) == before
    go_on(folder / "best.npz")
    assert left(folder) == before


def test_what_must_not_differ_on_going_on(run, monkeypatch):
    folder = run("train.epochs=1")
    with pytest.raises(ConfigError, match=r"may change:\n  train.clip_norm: not given in the run, 1.0 here$"):
        go_on(folder, "train.clip_norm=1.0", "train.checkpoint_steps=3")
    checkpoint.write_checkpoint(folder / "best.npz", {}, {})
    with pytest.raises(CheckpointError, match="holds weights, and no run that could go on: use --init-from"):
        go_on(folder / "best.npz")
    monkeypatch.setattr("threestep.training.environment.data_hash", lambda parts: "another")
    with pytest.raises(CheckpointError, match=r"the data is not what a was trained on: its SHA-256 is another"):
        go_on(folder, "train.epochs=2")


def test_a_schedule_that_depends_on_the_number_of_epochs(run):
    folder = run("schedule=Cosine", "train.epochs=2")
    with pytest.raises(
        ConfigError, match=r"Cosine depends on train.epochs: after 1.75 epochs lr is .* Add --reschedule"
    ):
        go_on(folder, "train.epochs=4")
    go_on(folder, "train.epochs=4", reschedule=True)
    rates = [record["lr"] for record in read_checkpoint(folder / "last.npz")[1]["history"]]
    assert rates[1] < rates[2] > rates[3]


def test_a_run_that_diverged_says_so_and_cannot_go_on(run, tmp_path):
    with pytest.raises(Diverged, match=r"Weights .* last.npz. Try optimizer.lr=1e\+29.$"):
        run("optimizer.lr=1e30", "train.clip_norm=1")
    summary = json.loads((tmp_path / "a" / "summary.json").read_text())
    assert summary["status"] == "diverged" and "error: " in (tmp_path / "a" / "train.log").read_text()
    with pytest.raises(ConfigError, match="a diverged in step 2, and would do so again"):
        go_on(tmp_path / "a")
