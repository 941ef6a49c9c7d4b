"""The command line as a user meets it: what it prints, what it leaves, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from threestep import cli
from threestep.data import DataError
from threestep.training import CheckpointError, ConfigError, Diverged, fit, load_config, load_run
from threestep.training.prepare import prepare
from threestep.training.signals import signals

ROOT = Path(__file__).resolve().parents[1]

DIGITS, MNIST, XOR = (ROOT / "configs" / f"{name}.yaml" for name in ("digits_mlp", "mnist_mlp", "xor"))


def run_folder(tmp_path):
    (folder,) = tmp_path.glob("runs/*/*")
    return folder


def test_digits_train_in_words_and_leave_a_folder(command, tmp_path):
    done = command(DIGITS)
    assert done.returncode == 0, done.stderr
    assert "step" not in done.stderr  # no bar where there is no terminal
    folder = run_folder(tmp_path)
    for text in (
        "1,258 to train on",
        "19,210 parameters",
        "valid accuracy",
        "20 of 20",
        "examples never used in training",
    ):
        assert text in done.stdout
    assert re.search(
        r"On the 359 examples never used in training: 3\d\d of 359 right, loss 0.\d+, accuracy 9\d.\d\d %", done.stdout
    )
    assert done.stdout.count(folder.name) == 4  # first and last
    names = {"config.yaml", "resolved.yaml", "env.json", "metrics.csv", "timing.csv", "train.log"}
    names |= {"best.npz", "last.npz", "summary.json"} | ({"curves.png"} if find_spec("matplotlib") else set())
    assert {path.name for path in folder.iterdir()} == names
    assert (folder / "config.yaml").read_bytes() == DIGITS.read_bytes()
    rows = (folder / "metrics.csv").read_text().splitlines()
    assert rows[0] == "epoch,train_loss,valid_loss,valid_accuracy" and len(rows) == 21
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "finished" and summary["test"]["accuracy"] >= 0.97
    model, config = load_run(folder)
    x, y = config.make_data().test
    assert np.mean(model.eval().forward(x).argmax(axis=1) == y) == summary["test"]["accuracy"]


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(command, tmp_path):
    for out in ("a", "b"):
        assert command(DIGITS, "train.epochs=3", "--out", out, "-q").returncode == 0
    for name in ("metrics.csv", "last.npz", "resolved.yaml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert command(DIGITS, "train.epochs=3", "seed=1", "--out", "c", "-q").returncode == 0
    assert (tmp_path / "a" / "last.npz").read_bytes() != (tmp_path / "c" / "last.npz").read_bytes()


@pytest.mark.slow
def test_the_resolved_config_trains_to_the_same_bytes(command, tmp_path):
    command(DIGITS, "train.epochs=2", "model.2.out_features=16", "--out", "a", "-q")
    done = command(tmp_path / "a" / "resolved.yaml", "--out", "b", "-q")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a" / "last.npz").read_bytes() == (tmp_path / "b" / "last.npz").read_bytes()


def test_xor_is_learnt(command):
    done = command(XOR)
    assert "On the 4 training examples: 4 of 4 right" in done.stdout, done.stderr


def test_one_is_told_as_one(command):
    done = command(XOR, "train.epochs=1", "train.batch_size=1")
    assert "1 epoch, 1 example a step" in done.stdout, done.stderr


def test_quiet_prints_the_result_only(command):
    done = command(XOR, "train.epochs=2", "-q")
    assert "Training" not in done.stdout and "epoch" not in done.stdout.split("A row")[0] and "runs" in done.stdout


def test_the_three_ways_to_call_it(tmp_path):
    outs = []
    for program in ([str(ROOT / "train.py")], ["-m", "threestep"]):
        done = subprocess.run([sys.executable, *program, "--help"], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0
        outs.append(done.stdout)
    assert outs[0] == outs[1] and "train.py CONFIG" in outs[0]


def test_without_arguments_it_says_what_it_can_do(command):
    done = command()
    assert done.returncode == 2 and "train.py CONFIG [key=value ...]" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.yaml"], 2, "nowhere.yaml not found. Expected a config file, such as"),
        (
            [XOR, "model.0.out_feature=3"],
            2,
            r"^model.0.out_feature=3:1:9: error: Linear has no option.*Did you",
        ),
        ([XOR, "optimizer=Adamm"], 2, "^optimizer=Adamm:1:11: error: no optimizer 'Adamm'. Did you mean 'Adam'"),
        (
            [XOR, "train.epochs=ten"],
            2,
            '^train.epochs=ten:1:14: error: train.epochs must be a whole number, got text "ten".',
        ),
        ([XOR, "model.3=Tanh"], 2, r"xor.yaml:\d+:7: error: BinaryCrossEntropy expected prediction in \[0, 1\], got"),
        (
            [XOR, "model.2.out_features=3"],
            2,
            r"xor.yaml:\d+:5: error: the last layer gives 3 values; Xor has 2 classes, which Binary",
        ),
        (
            [DIGITS, "model.5.out_features=100"],
            2,
            r"digits_mlp.yaml:\d+:5: error: the last layer gives 100 values; Digits has 10 classes.",
        ),
        (
            [DIGITS, "model.1=ReLU"],
            2,
            r"layer 2 Dense needs flat input, but layer 1 ReLU gives \(8, 8, 1\). Add '- Flatten' before line \d+.",
        ),
        ([DIGITS, "model.2.out_features=100000000000000"], 2, "layer 2 Dense: a weight of shape .* needs .* GB"),
        (
            [DIGITS, "data.valid=1797"],
            2,
            "data.valid=1797:1:12: error: valid must be a share below 1 or fewer than 1797 ",
        ),
        ([DIGITS, "data.valid=1500"], 2, "data.valid=1500:1:12: error: valid and test take 1859 of 1797 examples"),
        ([DIGITS, "--wrong"], 2, "unrecognized arguments: --wrong"),
        (
            [DIGITS, "--epochs", "5"],
            2,
            "arguments: --epochs 5. A value of the config is replaced as in train.epochs=5$",
        ),
        (["eval", "a run", "--wrong"], 2, "unrecognized arguments: --wrong$"),
        (["--quiet"], 2, "arguments are required: CONFIG$"),
        (["resume"], 2, "arguments are required: RUN$"),
        (
            ["run", DIGITS],
            2,
            "^error: 'run' is neither a verb nor a config file. A verb is one of train, resume, check,",
        ),
        ([MNIST], 3, "train-images-idx3-ubyte.gz not found"),
        ([MNIST, "data.path=here"], 3, r"looked in .*here\)"),
        (
            [DIGITS, "optimizer=SGD", "optimizer.lr=1e30"],
            4,
            "loss is .* at epoch 1, step .*lr 1e.30; largest gradient: lay",
        ),
        ([DIGITS, "data.valid=.inf"], 2, "data.valid=.inf:1:12: error: .inf is not a finite number"),
        ([DIGITS, "metrics=[[1]]"], 2, "no metric .1.. Metrics: accuracy, error"),
        (
            [DIGITS, "optimizer.Adam.lr=-1"],
            2,
            "^optimizer.Adam.lr=-1:1:19: error: lr must be a number of 0 or more, got -1.",
        ),
        ([DIGITS, "--out", "/proc/nowhere"], 2, "the run's folder /proc/nowhere cannot be made"),
        (["fetch", "mnist"], 2, "invalid choice: 'mnist'"),
        (["chek", DIGITS], 2, "^error: 'chek' is no config file. Did you mean the verb 'check'?"),
        (["-q", "check", DIGITS], 2, r"Did you mean the verb .check.\? It comes first: train.py check"),
        (["new", "xor", "a" * 300], 2, r"^error: a+: \w"),
    ],
)
def test_a_users_mistake_is_one_line_and_a_code(command, tmp_path, arguments, code, message):
    done = command(*arguments, THREESTEP_DATA="", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == code, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    if code in (2, 3):
        assert not (tmp_path / "runs").exists()  # nothing half-written
        what, *pointed = done.stderr.splitlines()
        assert not pointed or (len(pointed) == 2 and pointed[1].strip() == "^") or "usage:" in what


def test_every_mistake_in_a_config_is_shown_where_it_is(command, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "data: Xor\nmodel: [Dense: ten]\nloss: MSEE\noptimizer: Adam\ntrain: {epochs: 1}\n"
    )
    done = command("show", "c.yaml")
    assert done.returncode == 2
    assert done.stderr == (
        'c.yaml:2:16: error: out_features must be a whole number, got text "ten".\n'
        "model: [Dense: ten]\n               ^\n"
        "c.yaml:3:7: error: no loss 'MSEE'. Did you mean 'MSE'? See: train.py list losses\nloss: MSEE\n      ^\n"
    )


def test_debug_shows_the_traceback(command):
    done = command("nowhere.yaml", "--debug")
    assert done.returncode == 1 and "Traceback" in done.stderr and "ConfigError" in done.stderr


def test_divergence_keeps_the_last_finite_weights(command, tmp_path):
    done = command(DIGITS, "optimizer=SGD", "optimizer.lr=1e4", "--out", "a")
    assert done.returncode == 4
    with np.load(tmp_path / "a" / "last.npz") as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files if "/" in name)
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["status"] == "diverged"


def test_an_existing_folder_is_not_overwritten(command, tmp_path):
    (tmp_path / "a").mkdir()
    done = command(XOR, "--out", "a")
    assert done.returncode == 2 and "a exists already and is not overwritten" in done.stderr
    assert not list((tmp_path / "a").iterdir())


def test_a_folder_that_cannot_be_made_is_told(command, tmp_path):
    (tmp_path / "a").write_text("a file")
    done = command(XOR, "--out", "a/b")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "a/b" in done.stderr


def test_classic_mistakes_are_warned_about(command):
    done = command(DIGITS, "model.3=Softmax", "model.4=Identity", "model.5=Softmax", "train.epochs=1")
    assert done.returncode == 2  # Softmax is no Dense 10
    done = command(XOR, "loss=BinaryCrossEntropyWithLogits", "train.epochs=1")
    assert done.stderr.startswith("warning: the model ends with Sigmoid and the loss takes logits"), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_after_saving(tmp_path, number, code):
    program = [sys.executable, str(ROOT / "train.py"), str(DIGITS), "train.epochs=100000", "--out", "a"]
    run = subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    metrics = tmp_path / "a" / "metrics.csv"
    while not (metrics.exists() and metrics.read_text().count("\n") > 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(number)
    stdout, stderr = run.communicate(timeout=60)
    assert run.returncode == code, stderr
    assert "Stopped by a signal" in stdout and "Traceback" not in stderr
    model, _ = load_run(tmp_path / "a")
    assert np.isfinite(model.theta).all()
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["status"] == "interrupted"


def test_mnist_from_its_files_in_a_short_run(command, mnist_folder, tmp_path):
    """A reduced version: 2 epochs. README's table has the whole run's figure and how to print it."""
    done = command(MNIST, "train.epochs=2", "--out", "a", "-q", THREESTEP_DATA=str(mnist_folder.parent))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["test"]["accuracy"] >= 0.965


def test_a_file_name_that_the_terminal_cannot_show(command, tmp_path):
    (tmp_path / "dïgits.yaml").write_bytes(XOR.read_bytes())
    done = command("dïgits.yaml", "train.epochs=2", PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and "d\\xefgits" in done.stdout, done.stderr


def test_weights_that_are_not_finite_are_not_kept(command, tmp_path):
    done = command(XOR, "optimizer.lr=1e60", "train.epochs=1", "--out", "a")
    assert done.returncode == 4 and "Weights after step 0 are in last.npz" in done.stderr
    assert re.match(r"error: a parameter is not finite at epoch 1, step 1 \(lr 1e\+60; not finite: layer", done.stderr)
    assert np.isfinite(load_run(tmp_path / "a")[0].theta).all()
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["status"] == "diverged"


def test_the_seed_moves_the_start_and_the_order(tmp_path):
    """Two seeds differ in the start of the parameters, and with that put aside, in the order of the examples."""
    thetas = []
    for seed in (0, 1):
        config = load_config(DIGITS, [f"seed={seed}", "train.epochs=1", "model.2.init=zeros", "model.5.init=zeros"])
        config.model.layers[4].p = 0.0
        parts = prepare(config)
        fit(config.model, config.loss, config.optimizer, *parts["train"], rng=np.random.default_rng(config.seed))
        thetas.append(config.model.theta)
    assert not np.array_equal(*thetas)
    starts = []
    for seed in (0, 1):
        config = load_config(DIGITS, [f"seed={seed}"])
        prepare(config)
        starts.append(config.model.theta.copy())
    assert not np.array_equal(*starts)


@pytest.mark.slow
def test_run_uses_the_seed_for_the_order(command, tmp_path):
    still = ["model=[Flatten, Dense: {out_features: 10, init: zeros}]", "train.epochs=1", "-q"]
    for seed in (0, 1):
        assert command(DIGITS, f"seed={seed}", *still, "--out", f"s{seed}").returncode == 0
    one, other = (load_run(tmp_path / f"s{seed}")[0].theta for seed in (0, 1))  # the files differ in the seed itself
    assert not np.array_equal(one, other)


@pytest.mark.slow
def test_one_column_and_one_hot_targets_have_the_accuracy_they_should(command, tmp_path):
    untrained = ["loss=MSE", "metrics=accuracy", "optimizer.lr=0", "train.epochs=1", "-q"]
    command(XOR, "model=[Linear: {out_features: 1, init: zeros}]", *untrained, "--out", "a")
    assert json.loads((tmp_path / "a" / "summary.json").read_text())["train"]["accuracy"] == 0.5
    bits = "model=[Flatten, Dense: 64, ReLU, Dense: 10, Sigmoid]"
    done = command(DIGITS, bits, "loss=BinaryCrossEntropy", "train.epochs=5", "--out", "b")
    assert done.returncode == 0, done.stderr
    model, config = load_run(tmp_path / "b")
    x, y = config.make_data().test
    found = json.loads((tmp_path / "b" / "summary.json").read_text())["test"]["accuracy"]
    assert found == np.mean(model.forward(x).argmax(axis=1) == y)
    assert "metrics" not in config.values and load_run(tmp_path / "a")[1].metrics == ["accuracy"]


@pytest.mark.parametrize(
    ("raised", "code"),
    [(ConfigError, 2), (DataError, 3), (CheckpointError, 3), (Diverged, 4), (KeyboardInterrupt, 130)],
)
def test_each_kind_of_failure_has_its_code(monkeypatch, capsys, raised, code):
    def verb(options):
        raise raised("what happened")

    monkeypatch.setitem(cli.VERBS, "train", verb)
    assert cli.main(["c.yaml"]) == code
    assert capsys.readouterr().err.startswith("error: ")


def test_a_bar_is_drawn_where_it_is_asked_for_only(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert cli.main([str(XOR), "train.epochs=2", "--out", str(tmp_path / "a"), "--no-progress"]) == 0
    assert "step" not in capsys.readouterr().err
    assert cli.main([str(XOR), "train.epochs=2", "--out", str(tmp_path / "b")]) == 0
    assert "step" in capsys.readouterr().err


def test_missing_matplotlib_is_told_beside_the_results(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli.main([str(XOR), "train.epochs=2", "--out", str(tmp_path / "a")]) == 0
    printed = capsys.readouterr()
    assert "needs matplotlib" not in printed.out and "curves.png needs matplotlib" in printed.err
    assert cli.main([str(XOR), "train.epochs=2", "--out", str(tmp_path / "b"), "-q"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Trained in") and not printed.err


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_second_signal_leaves_at_once(tmp_path):
    program = """
import os, signal, time
from threestep.training.signals import signals
with signals() as caught:
    caught.patient = True
    os.kill(os.getpid(), signal.SIGTERM)
    assert caught.number == signal.SIGTERM
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)
    print("still here")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    before = signal.getsignal(signal.SIGINT)
    with signals():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_schedule_penalty_and_limits_are_told(command):
    done = command(ROOT / "configs" / "digits_residual.yaml", "train.epochs=3", "train.l2=1e-4", "--no-progress")
    assert done.returncode == 0, done.stderr
    for text in (
        "Standardize > Flatten > Graph of 6",
        "CrossEntropy(label_smoothing=0.05), lowered by AdamW (lr 0.002)",
        "Cosine(warmup_epochs=2.0) moves lr at every step",
        "l2 0.0001, gradient's norm at most 5",
    ):
        assert text in done.stdout, done.stdout
    assert re.search(r"epoch +train loss +valid loss +valid accuracy +train penalty +lr\n", done.stdout)
    assert re.search(r"2 of 3 .* 0\.002\n", done.stdout), done.stdout


def test_labels_that_are_ignored_are_not_counted_as_right(command):
    changes = ["data=Moons", "model=[Dense: 2]", "loss={CrossEntropy: {ignore_index: 0}}", "train.batch_size=2"]
    done = command(ROOT / "configs" / "digits_mlp.yaml", *changes, "train.epochs=1", "--no-progress")
    assert done.returncode == 0, done.stderr
    right, total = re.search(r"(\d+) of (\d+) right", done.stdout).groups()
    assert int(total) == 100 and int(right) <= 100


def test_a_schedule_longer_than_the_run_is_told_before_anything_is_written(command, tmp_path):
    done = command(ROOT / "configs" / "digits_residual.yaml", "train.epochs=2")
    assert done.returncode == 2
    assert "Cosine: warmup_epochs 2 is as long as the run of 2 epochs" in done.stderr
    assert not (tmp_path / "runs").exists()
