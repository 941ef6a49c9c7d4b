"""Runs that go on, from the command line: what stays the same, may change, is refused, is left behind."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from threestep.cli import main
from threestep.training import load_run, read_checkpoint

CONFIG = """\
data: {Moons: {n: 100}}
model: [Dense: 6, ReLU, Dropout: 0.2, Dense: 2]
loss: CrossEntropy
optimizer: {Adam: {lr: 0.02}}
train: {epochs: 4, batch_size: 16}
"""
COMPARED = ("last.npz", "best.npz", "metrics.csv")


@pytest.fixture
def train(tmp_path, monkeypatch, capsys):
    """train(arguments, ...) -> (exit code, stdout, stderr), in a folder with c.yaml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)  # curves take longer than these runs
    Path("c.yaml").write_text(CONFIG)

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def contents(folder):
    return {name: Path(folder, name).read_bytes() for name in COMPARED if Path(folder, name).exists()}


def stopped(train, out, step, *overrides):
    """A run as it is when its process dies after that step, whatever it was about to do."""
    from threestep.training import checkpoint

    class Died(BaseException):
        pass

    on_step = checkpoint.Saver.on_step

    def dying(self, progress):
        on_step(self, progress)
        if progress.step == step:
            raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint.Saver, "on_step", dying)
        with pytest.raises(Died):
            train("c.yaml", "--out", out, "-q", *overrides)


@pytest.mark.parametrize("step", [1, 5, 7, 12, 20])
def test_a_run_that_died_ends_with_the_same_bytes(train, step):
    assert train("c.yaml", "--out", "whole", "-q")[0] == 0
    stopped(train, "a", step, "train.checkpoint_steps=3")
    code, out, _ = train("resume", "a", "train.checkpoint_steps=100", "train.checkpoint_minutes=9")
    assert code == 0 and "examples never used in training" in out
    whole, again = (read_checkpoint(f"{run}/last.npz") for run in ("whole", "a"))
    assert all(whole[0][name].tobytes() == again[0][name].tobytes() for name in whole[0])
    assert Path("whole/metrics.csv").read_bytes() == Path("a/metrics.csv").read_bytes()
    assert len(Path("a/timing.csv").read_text().splitlines()) == 5


def test_more_epochs_are_the_longer_run(train):
    train("c.yaml", "--out", "whole", "-q")
    train("c.yaml", "--out", "a", "-q", "train.epochs=2")
    code, out, _ = train("resume", "a", "train.epochs=4")
    assert code == 0 and "going on   after step 10, in epoch 2" in out
    assert contents("a") == contents("whole")
    assert "epochs: 4" in Path("a/resolved.yaml").read_text()
    assert json.loads(Path("a/summary.json").read_text())["epoch"] == 4


def test_a_finished_run_has_nothing_to_do(train):
    train("c.yaml", "--out", "a", "-q")
    before = contents("a")
    code, out, _ = train("resume", "a")
    assert code == 0 and "a is finished, after epoch 4. To go on: train.epochs=N, with N above 4." in out
    assert contents("a") == before


def test_fewer_epochs_than_the_run_has_are_refused(train):
    train("c.yaml", "--out", "a", "-q")
    before = contents("a")
    code, _, err = train("resume", "a", "train.epochs=3")
    assert code == 2 and "train.epochs=3:1:7: error: train.epochs is 3, and the run is in epoch 4." in err
    assert contents("a") == before


def test_figures_of_an_earlier_end_are_not_taken_for_this_one(train):
    """As where a run went on, and died between its last checkpoint and its summary."""
    train("c.yaml", "--out", "a", "-q", "train.epochs=2")
    earlier = Path("a/summary.json").read_bytes()
    train("resume", "a", "-q", "train.epochs=4")
    last = json.loads(Path("a/summary.json").read_text())
    Path("a/summary.json").write_bytes(earlier)
    assert "examples never used in training" in train("resume", "a")[1]
    assert json.loads(Path("a/summary.json").read_text())["test"] == last["test"]


def test_what_json_has_no_word_for_is_null(train):
    train("c.yaml", "--out", "a", "optimizer=SGD", "optimizer.lr=1e25", "train.epochs=1")
    text = Path("a/summary.json").read_text()
    assert "NaN" not in text and json.loads(text)["best"] == {"metric": "valid_loss", "value": None, "epoch": 0}


def test_a_run_without_its_last_checkpoint_offers_the_best(train):
    train("c.yaml", "--out", "a", "-q")
    Path("a/last.npz").unlink()
    code, _, err = train("resume", "a")
    assert code == 3 and f"no last.npz in it. The other checkpoint is whole: {Path('a/best.npz')} (epoch " in err
    assert train("resume", "a/best.npz", "-q")[0] == 0


def test_overwrite_says_what_it_would_replace(train):
    code, _, err = train("c.yaml", "--overwrite")
    assert code == 2 and err == "error: --overwrite replaces the run in --out DIR, which is not given\n"


@pytest.mark.parametrize("name", ["metrics.csv", "timing.csv", "train.log", "env.json", "summary.json", "config.yaml"])
def test_a_file_that_cannot_be_written_is_named(train, name, monkeypatch):
    """As on a full disk, where the system names no file."""
    from threestep.training import files

    def full(path, *mode, **text):
        if name in str(path):
            raise OSError(28, "No space left on device")
        return open(path, *mode, **text)

    monkeypatch.setattr(files, "open", full, raising=False)
    code, _, err = train("c.yaml", "--out", "a", "-q")
    assert code == 2 and err == f"error: {Path('a', name)}: No space left on device\n"


def test_what_differs_is_listed_key_by_key_and_refused(train):
    stopped(train, "a", 5)
    before = contents("a")
    code, _, err = train("resume", "a", "optimizer.lr=0.1", "train.epochs=9", "model.2.p=0.5")
    assert code == 2 and contents("a") == before
    assert "optimizer.Adam.lr: 0.02 in the run, 0.1 here" in err
    assert "model.2.Dropout.p: 0.2 in the run, 0.5 here" in err
    assert "9" not in err and "train.epochs" in err  # which may change
    text = Path("a/resolved.yaml").read_text()
    Path("a/resolved.yaml").write_text(text.replace("lr: 0.02", "lr: 0.5"))
    assert "optimizer.Adam.lr: 0.02 in the run, 0.5 here" in train("resume", "a")[2]


def test_a_schedule_that_depends_on_the_epochs_is_asked_about(train):
    train("c.yaml", "--out", "a", "-q", "schedule=Cosine")
    code, _, err = train("resume", "a", "train.epochs=8")
    assert code == 2
    where = "after 3.4 epochs lr is 0.00109 in the schedule of 4 epochs, 0.0123 in that of 8."  # farthest apart
    assert f"Cosine depends on train.epochs: {where}" in err
    assert "--reschedule" in err
    code, _, err = train("resume", "a", "train.epochs=8", "--reschedule")
    assert code == 0, err
    rows = [line.split(",") for line in Path("a/metrics.csv").read_text().splitlines()]
    assert float(rows[5][-1]) == pytest.approx(0.01 * (1 + np.cos(np.pi * 4.8 / 8))) and len(rows) == 9


def test_a_schedule_is_compared_at_every_step(train):
    """A warm-up that ends within an epoch hides, at the epochs' ends, what comes after it."""
    schedule = "schedule={Cosine: {warmup_epochs: 1.5}}"
    stopped(train, "a", 5, schedule, "train.epochs=2", "train.checkpoint_steps=1")
    code, _, err = train("resume", "a", "train.epochs=3")
    assert code == 2 and "Cosine depends on train.epochs: after 1.8 epochs" in err


def test_a_schedule_that_does_not_depend_on_the_epochs_just_goes_on(train):
    train("c.yaml", "--out", "whole", "-q", "schedule={Step: 1}")
    train("c.yaml", "--out", "a", "-q", "schedule={Step: 1}", "train.epochs=2")
    assert train("resume", "a", "train.epochs=4", "-q")[0] == 0
    assert contents("a") == contents("whole")


def test_an_early_stop_is_kept_and_its_best_weights_are_evaluated(train):
    early = ["train.epochs=100", "train.early_stop={metric: valid_loss, patience: 2}", "optimizer.lr=0.5"]
    code, out, _ = train("c.yaml", "--out", "a", *early)
    summary = json.loads(Path("a/summary.json").read_text())
    best = summary["best"]["epoch"]
    assert code == 0 and f"the weights of epoch {best}, with the best valid loss" in out
    assert summary["epoch"] == best + 2 and read_checkpoint("a/best.npz")[1]["epoch"] == best
    model, config = load_run("a")
    assert np.array_equal(model.theta, load_run("a/best.npz")[0].theta)
    assert not np.array_equal(model.theta, load_run("a/last.npz")[0].theta)
    x, y = config.make_data().test
    assert np.mean(model.forward(x).argmax(axis=1) == y) == summary["test"]["accuracy"]
    assert (
        "is finished, after epoch" in (said := train("resume", "a", "train.epochs=200")[1])
        and "It stopped early." in said
    )


def test_the_curves_mark_the_epoch_that_is_kept(train, monkeypatch):
    marks = []
    monkeypatch.setattr("threestep.see.curves.save_curves", lambda history, path, best: marks.append(best))
    train("c.yaml", "--out", "a", "-q", "train.early_stop={metric: valid_accuracy, patience: 3}", "train.epochs=9")
    rows = [line.split(",") for line in Path("a/metrics.csv").read_text().splitlines()]
    accuracy = [float(row[rows[0].index("valid_accuracy")]) for row in rows[1:]]
    assert marks == [1 + accuracy.index(max(accuracy))]


def test_a_damaged_checkpoint_offers_the_other_which_goes_on(train):
    train("c.yaml", "--out", "whole", "-q")
    whole = contents("whole")
    data = bytearray(whole["last.npz"])
    data[len(data) // 2] ^= 1
    Path("whole/last.npz").write_bytes(data)
    Path("whole/summary.json").unlink()
    epoch = read_checkpoint("whole/best.npz")[1]["epoch"]
    code, _, err = train("resume", "whole")
    assert code == 3 and "truncated or damaged" in err
    assert f"The other checkpoint is whole: {Path('whole/best.npz')} (epoch {epoch})." in err
    assert train("resume", "whole/best.npz", "-q")[0] == 0
    assert contents("whole") == whole


def test_another_machine_is_warned_about_and_other_data_refused(train, monkeypatch):
    stopped(train, "a", 5)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    with pytest.warns(UserWarning, match="not bit-exact: threads was .* and is 7"):
        from threestep.training import resume

        resume("a", quiet=True, bar=False)
    stopped(train, "b", 5)
    monkeypatch.setattr("threestep.training.environment.data_hash", lambda parts: "0" * 64)
    code, _, err = train("resume", "b")
    assert code == 3 and "the data is not what b was trained on: its SHA-256 is 000000000000..." in err


def runs_by_date(folder):
    for day in (2, 1):
        (folder / f"2026010{day}-000000").mkdir(parents=True)
        (folder / f"2026010{day}-000000" / "last.npz").touch()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda run: None, "run holds no run: no such folder"),
        (lambda run: run.mkdir(), "run holds no run: no last.npz in it"),
        (lambda run: run.write_text("a file"), "run is no run: expected a run's folder, such as runs/NAME/DATE-TIME"),
        (runs_by_date, f"run holds no run: no last.npz in it. Did you mean {Path('run', '20260102-000000')}?"),
    ],
)
@pytest.mark.parametrize("verb", ["resume", "eval"])
def test_what_is_no_run(train, verb, make, message):
    make(Path("run"))
    code, _, err = train(verb, "run")
    assert code == 3 and message in err and "Traceback" not in err


def test_weights_alone_do_not_go_on(train):
    from threestep.training import save

    train("c.yaml", "--out", "a", "-q")
    save("a/last.npz", load_run("a")[0])
    code, _, err = train("resume", "a")
    assert code == 3 and "holds weights, and no run that could go on: use --init-from" in err


def test_init_from_starts_with_the_weights_of_a_checkpoint(train):
    train("c.yaml", "--out", "a", "-q")
    code, _, _ = train("c.yaml", "--out", "b", "-q", "--init-from", "a/best.npz", "optimizer.lr=0", "train.epochs=1")
    assert code == 0 and np.array_equal(load_run("b")[0].theta, load_run("a/best.npz")[0].theta)
    code, _, err = train("c.yaml", "--out", "c", "--init-from", "a/last.npz", "model.0.out_features=7")
    assert code == 3 and not Path("c").exists()
    expected = (
        "does not fit this model: layer 0 Dense W is (6, 2) in the file, (7, 2) here (layers are counted from 0)."
    )
    assert err == f"error: {Path('a/last.npz')} {expected}\n"
    assert train("c.yaml", "--out", "c", "--init-from", "nowhere.npz")[0] == 3


def test_a_folder_with_a_run_is_kept_unless_told_otherwise(train):
    stopped(train, "a", 7, "train.checkpoint_steps=1")
    before = contents("a")
    code, _, err = train("c.yaml", "--out", "a")
    assert code == 2
    assert err == "error: a holds a run (epoch 2 of 4). Resume: train.py resume a. Or give another --out.\n"
    assert contents("a") == before
    assert train("c.yaml", "--out", "a", "--overwrite", "-q", "train.epochs=1")[0] == 0
    assert read_checkpoint("a/last.npz")[1]["epoch"] == 1
    Path("a/thesis.txt").write_text("mine")
    code, _, err = train("c.yaml", "--out", "a", "--overwrite")
    assert code == 2 and "a holds thesis.txt, which is no file of a run" in err and Path("a/last.npz").exists()


def test_a_run_that_diverged_is_not_resumed(train):
    code, _, err = train("c.yaml", "--out", "a", "optimizer=SGD", "optimizer.lr=1e4", "train.epochs=50")
    assert code == 4
    assert re.fullmatch(
        r"error: loss is (nan|inf) at epoch \d+, step \d+ \(lr 10000; largest gradient: layer \d Dense [Wb], \de.\d\d\)"
        r"\. Weights before this step are in last\.npz\. Try optimizer\.lr=1000 or train\.clip_norm=1\.\n",
        err,
    ), err
    assert "loss is" in Path("a/train.log").read_text()
    assert np.isfinite(load_run("a")[0].theta).all()
    code, _, err = train("resume", "a")
    assert code == 2 and "a diverged in step" in err and f"--init-from {Path('a/last.npz')} optimizer.lr=" in err


def test_what_may_diverge_is_told_by_the_words_that_are_promised(train):
    code, _, err = train("c.yaml", "--out", "a", "optimizer=SGD", "optimizer.lr=1e25", "train.clip_norm=1e30")
    assert code == 4 and err.endswith("are in last.npz. Try optimizer.lr=1e+24.\n")


def test_plugins_must_be_given_again(train):
    Path("mine.py").write_text("from layers import ReLU\n\n\nclass Mine(ReLU):\n    pass\n")
    Path("other.py").write_text("from layers import ReLU\n\n\nclass Other(ReLU):\n    pass\n")
    stopped(train, "a", 5, "--plugins", "mine.py", "model.1=Mine")
    told = f"error: a has classes of its own: give --plugins {Path('mine.py').resolve()} again\n"
    assert train("resume", "a")[::2] == train("eval", "a")[::2] == (2, told)
    assert "no layer 'Mine'" in train("resume", "a", "--plugins", "other.py")[2]
    Path("mine.py").write_text("from layers import ReLU\n\n\nclass Mine(ReLU):\n    slope = 1\n")
    code, _, err = train("resume", "a", "--plugins", "mine.py")
    assert code == 2 and "--plugins: " in err and "in the run" in err
    Path("mine.py").write_text("from layers import ReLU\n\n\nclass Mine(ReLU):\n    pass\n")
    assert train("resume", "a", "--plugins", "mine.py", "-q")[0] == 0


def test_the_environment_is_on_record(train, monkeypatch):
    monkeypatch.setattr("sys.argv", ["train.py", "c.yaml"])
    train("c.yaml", "--out", "a", "-q")
    env = json.loads(Path("a/env.json").read_text())
    assert env["fingerprint"]["numpy"] == np.__version__ and len(env["data_sha256"]) == 64
    assert env["command"] == ["train.py", "c.yaml"]
    assert set(env["fingerprint"]) == {"numpy", "blas", "threads", "processor"}


def test_a_save_that_fails_ends_the_run_and_leaves_what_was_there(train):
    from threestep.training import files

    replace, calls = os.replace, []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) == 40:
            raise OSError(28, "No space left on device")
        return replace(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "replace", full)
        code, _, err = train("c.yaml", "--out", "a", "-q", "train.checkpoint_steps=1", "train.epochs=20")
    assert code == 3 and "cannot save" in err and "No space left on device" in err
    facts = read_checkpoint("a/last.npz")[1]
    assert facts["step"] > 10
    train("c.yaml", "--out", "whole", "-q", "train.checkpoint_steps=1", "train.epochs=20")
    assert train("resume", "a", "-q")[0] == 0 and contents("a") == contents("whole")


def test_a_verbose_run_tells_the_layers_and_every_epoch(train):
    code, out, _ = train("c.yaml", "--out", "a", "-v", "train.epochs=50")
    assert code == 0 and "output shape" in out and "37 of 50" in out
    shutil.rmtree("a")
    assert "37 of 50" not in train("c.yaml", "--out", "a", "train.epochs=50")[1]
