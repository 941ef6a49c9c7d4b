"""The dry run before training: what it prints, what it warns of, how it ends."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from layers import Dense, ReLU
from threestep import cli
from threestep.training import load_config
from threestep.training.prepare import prepare
from threestep.training.verbs.check import check, duration

ROOT = Path(__file__).resolve().parents[3]
DIGITS, XOR, CARS = (ROOT / "configs" / f"{name}.yaml" for name in ("digits_mlp", "xor", "auto_mpg"))


def checked(capsys, path, *overrides):
    """(the exit code, what was printed, the warnings as one text)."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        code = check(load_config(path, overrides))
    return code, capsys.readouterr().out, "\n".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize("name", ["xor", "digits_mlp", "digits_cnn", "digits_residual", "auto_mpg"])
def test_shipped_configs_can_be_trained(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = [f"data.path={ROOT / 'configs' / 'auto_mpg.csv'}"] if name == "auto_mpg" else []
    code, out, doubts = checked(capsys, ROOT / "configs" / f"{name}.yaml", *table)
    assert code == 0 and out.endswith("\nIt can be trained.\n"), out
    assert "FAIL" not in out and "kink" not in out and " ok\n" in out
    assert "inputs" not in doubts
    assert not list(tmp_path.iterdir())  # nothing is written


def test_lenet_can_be_trained(mnist_folder, capsys):
    code, out, doubts = checked(capsys, ROOT / "configs" / "mnist_lenet.yaml")
    assert code == 0 and "61,706" in out and not doubts


def test_what_it_prints(capsys):
    _, out, doubts = checked(capsys, DIGITS, "train.batch_size=100")
    for text in (
        "digits_mlp.yaml: nothing is trained, nothing is written",
        "Digits: 1,258 to train on, 180 to watch progress with, 359 kept for the test",
        "examples of 8 x 8 x 1, from 0 to 1",
        "10 classes, from 122 examples (label 8) to 128 (label 3)",
        "for a batch of 100 examples",
        "2 Dense        (100, 256)          16,640      0.10 MB",
        "layer 2 Dense W",
        "a model that knows nothing has 2.303, ln 10",
        "of Adam (lr 0.004): the loss on that batch goes from",
        "parameters 0.08 MB, gradient 0.08 MB, Adam 0.15 MB, activations 0.34 MB",
        "13 steps an epoch, 260 in 20 epochs: about ",
    ):
        assert text in out, out
    assert not doubts


def test_a_loss_of_four_has_as_many_digits_as_the_one_beside_it(capsys):
    _, out, _ = checked(capsys, DIGITS)
    assert re.search(r"goes from \d\.\d{3} to \d\.\d{3}, lower", out), out


def test_quantities_and_columns(capsys):
    options = f"data.path={ROOT / 'configs' / 'auto_mpg.csv'}", "model=[{Dense: 8}, Tanh, {Dense: 1}]"
    _, out, doubts = checked(capsys, CARS, *options, "optimizer=SGD", "optimizer.lr=0.5")
    assert "targets from 9 to 46.6, with mean 23.37 and standard deviation 7.92" in out
    assert "the variance of the targets" in out and "layer 1 Tanh: 8 of 8 units saturated, at a bound for all" in out
    assert "inputs are large: Dense gets values of column 'weight' around" in doubts
    assert "times that of a model that knows nothing: the targets lie around 2" in doubts
    assert "at the start layer 1 Tanh: 8 of 8 units saturated" in doubts


def test_the_config_is_left_as_it_was(capsys):
    config, fresh = load_config(DIGITS), load_config(DIGITS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(config)
    prepare(fresh)
    assert np.array_equal(config.model.theta, fresh.model.theta) and config.optimizer.state == {"steps": 0}
    assert not config.model[0].fitted


def test_a_wrong_update_is_a_problem(capsys, monkeypatch):
    right = Dense.update

    def wrong(self):
        right(self)
        self.grads["W"] = 0.5 * self.grads["W"]

    monkeypatch.setattr(Dense, "update", wrong)
    assert cli.main(["check", str(XOR)]) == 2
    out = capsys.readouterr().out
    assert "2 problems: the gradient of layer 0 Dense W is wrong; the gradient of layer 2 Dense W is wrong." in out
    assert "layer 0 Dense b" in out and out.count("FAIL") == 2


def test_a_wrong_backward_is_seen_in_the_input(capsys, monkeypatch):
    monkeypatch.setattr(ReLU, "backward", lambda self, g, input_gradient=True: g)
    code, out, _ = checked(capsys, DIGITS)
    assert code == 2 and "the gradient of the input is wrong" in out


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (["optimizer=SGD", "optimizer.lr=30"], "one step of SGD (lr 30) took the loss from"),
        (
            ["model.5=ReLU", "model.4={Dense: {out_features: 10, init: zeros}}"],
            "disconnected: layer 2 Dense W, layer 2 Dense b, layer 4",
        ),
        (
            ["model.5={Dense: {out_features: 10, init: zeros}}"],
            "is zero at the start, dead or disconnected: layer 2 De",
        ),
        (["model.4=Softmax", "model.5=Softmax", "model.3={Dense: 10}"], "so softmax is applied twice: remove Softmax"),
    ],
)
def test_doubts(overrides, text, capsys):
    _, _, doubts = checked(capsys, DIGITS, *overrides)
    assert text in doubts


def test_labels_without_variety(tmp_path, capsys):
    x = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x, y=np.full(40, 7.0))
    np.savez(tmp_path / "b.npz", x=x, y=np.array([0, 2] * 20))
    options = "data.valid=0", "data.test=0", "model=[{Dense: 1}]", "loss=MSE"
    _, _, doubts = checked(capsys, XOR, f"data={{NPZ: {{path: {tmp_path / 'a.npz'}}}}}", *options)
    assert "targets: always 7, so there is nothing to learn" in doubts
    options = "model=[{Dense: 3}]", "loss=CrossEntropy"
    _, _, doubts = checked(capsys, XOR, f"data={{NPZ: {{path: {tmp_path / 'b.npz'}}}}}", *options)
    assert "no training example has the label 1" in doubts


def test_of_many_targets_the_first_are_shown(tmp_path, capsys):
    x = np.random.default_rng(0).random((40, 10)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x, y=x)
    model = "model=[{Dense: {out_features: 10, frozen: true}}]"
    code, out, doubts = checked(capsys, XOR, f"data={{NPZ: {{path: {tmp_path / 'a.npz'}}}}}", "loss=MSE", model)
    assert "target 7 from" in out and "target 8" not in out and "and 2 more targets" in out
    assert code == 0 and "nothing is trained: every layer is frozen" in doubts and "Dense W" not in out


def test_a_run_that_diverges_at_once_is_a_problem(capsys):
    code, out, _ = checked(capsys, DIGITS, "optimizer=SGD", "optimizer.lr=1e9", "train.l2=1")
    assert code == 2 and "1 problem: the first step" in out


def test_a_loss_that_refuses_the_second_prediction_is_a_problem(capsys):
    code, out, _ = checked(capsys, XOR, "model.2={Dense: {out_features: 1, init: zeros}}", "model.3=Identity")
    assert code == 2 and "the first step fails: BinaryCrossEntropy expected prediction in [0, 1]" in out
    code, out, _ = checked(capsys, XOR, "data=Moons", "model=[{Dense: {out_features: 1, init: zeros, bias: false}}]")
    assert code == 2 and "beside the start the loss fails: BinaryCrossEntropy expected prediction in [0, 1]" in out


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "a second"), (40, "40 seconds"), (89, "89 seconds"), (130, "2 minutes"), (3600 * 5.2, "5 hours")],
)
def test_times_in_words(seconds, text):
    assert duration(seconds) == text
