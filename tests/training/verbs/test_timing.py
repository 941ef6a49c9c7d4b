"""What `time` prints: a line for each layer, in the model as it runs."""

import re
from pathlib import Path

import numpy as np
import pytest

from layers import Dense, Dropout, Flatten, ReLU, Residual, Sequential
from threestep import cli
from threestep.training import load_config
from threestep.training.prepare import prepare
from threestep.training.verbs.timing import figures, threads, time_layers
from threestep.training.verbs.watch import new_bytes, watched

CONFIGS = Path(__file__).resolve().parents[3] / "configs"


def test_a_line_for_each_layer(capsys, monkeypatch):
    monkeypatch.setattr("threestep.training.verbs.timing.SECONDS", 0)
    assert cli.main(["time", str(CONFIGS / "digits_residual.yaml"), "train.batch_size=16"]) == 0
    out = capsys.readouterr().out
    assert "digits_residual.yaml: one step on a batch of 16 examples, float32, " in out
    assert "medians of 5 repetitions in training mode" in out
    number = r" +\d+\.\d{3}"
    assert re.search(rf"\n0 Standardize{number}{number} +\d+\.\d %  +0  +< 0\.01 MB\n", out), out  # no backward, update
    assert re.search(rf"\n2 Graph{number * 4} +\d+\.\d %  +42,634\n", out), out
    assert re.search(rf"\n    2 Dense{number * 4} +\d+\.\d %  +16,512  +0\.01 MB\n", out), out  # nested
    assert re.search(rf"\nthe whole step{number} +100\.0 %\n", out), out
    for name in ("the model", "the loss", "AdamW", "  f2 Sequential"):
        assert f"\n{name} " in out
    assert re.search(r"\n[\d,]+ examples a second\n$", out)


def test_the_config_is_not_trained(capsys, monkeypatch):
    monkeypatch.setattr("threestep.training.verbs.timing.SECONDS", 0)
    config, fresh = (load_config(CONFIGS / "xor.yaml") for _ in range(2))
    time_layers(config)
    prepare(fresh)
    assert np.array_equal(config.model.theta, fresh.model.theta) and config.optimizer.state == {"steps": 0}


def test_a_step_that_leads_astray_is_timed_all_the_same(capsys, monkeypatch):
    """After a step the predictions are out of [0, 1], which the loss refuses: each step starts at the same place."""
    monkeypatch.setattr("threestep.training.verbs.timing.SECONDS", 0)
    model = "model=[{Dense: {out_features: 1, init: zeros, bias: false}}]"
    time_layers(load_config(CONFIGS / "xor.yaml", [model, "data=Moons"]))
    assert "examples a second" in capsys.readouterr().out


def test_threads_are_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads() == "OMP_NUM_THREADS=3"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert re.fullmatch(r"threads for \d+ processors?", threads())


def test_figures():
    assert figures([0.002, 0, 0.001], 0.03) == ["2.000", "", "1.000", "3.000", "10.0 %"]


def nested():
    model = Sequential(Dense(4), Residual(ReLU(), Dense(4)), Dropout(0.5))
    model.build((3,))
    return model


def test_watched_layers_tell_each_step_and_are_put_back():
    model, told, x = nested(), [], np.ones((5, 3), np.float32)
    with watched(model, lambda layer, step, seconds, arguments, result: told.append((layer.label, step, seconds))):
        g = model.forward(x)
        model.backward(g, input_gradient=False)
        model.update()
    names = [name for name, step, _ in told if step == "forward"]
    assert names == ["Dense", "ReLU", "Dense", "Residual", "Dropout", "Sequential"]
    assert [name for name, step, _ in told if step == "update"] == ["Dense", "Dense", "Residual", "Sequential"]
    assert all(seconds > 0 for *_, seconds in told)
    assert not any({"forward", "backward", "update"} & set(vars(layer)) for layer in model.walk())


def test_watched_layers_are_put_back_after_an_error():
    model = nested()
    with pytest.raises(ValueError, match="expected x of shape"), watched(model, print):
        model.forward(np.ones((5, 2), np.float32))
    assert not any({"forward", "backward", "update"} & set(vars(layer)) for layer in model.walk())


def test_an_output_in_the_memory_of_the_input_is_not_counted():
    x = np.ones((5, 2, 3), np.float32)
    assert new_bytes(x, Flatten().forward(x)) == 0 and new_bytes(x, ReLU().forward(x)) == x.nbytes
    assert new_bytes((x, x), (x, x + 1)) == x.nbytes
