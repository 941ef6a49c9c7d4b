"""Runs on tables and archives that somebody brings: targets, losses and metrics that go together, and paths."""

import json
from pathlib import Path

import numpy as np
import pytest

from threestep.data import CSV
from threestep.training import Config, ConfigError, load_run, train
from threestep.training.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a table of 60 examples, whose c and d follow from a and b, and the same as an archive."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).standard_normal((60, 2))
    y = np.stack([x[:, 0] - 2 * x[:, 1], x[:, 1] + 1], axis=1)
    kind = np.where(y[:, :1] > 0, 1, 0)
    rows = np.concatenate([x, y, kind], axis=1)
    np.savetxt("table.csv", rows, delimiter=",", header="a,b,c,d,kind", comments="")
    np.savez("two.npz", x=x, y=y)
    np.savez("one.npz", x=x, y=y[:, 0])
    return tmp_path


def config(data, outputs, loss="MSE", **more):
    return Config(
        {
            "data": data,
            "model": [{"Dense": outputs}],
            "loss": loss,
            "optimizer": {"Adam": {"lr": 0.05}},
            "train": {"epochs": 80, "batch_size": 8},
            **more,
        }
    )


@pytest.mark.parametrize(
    ("data", "outputs"),
    [
        ({"CSV": {"path": "table.csv", "target": "c"}}, 1),
        ({"CSV": {"path": "table.csv", "target": ["c"]}}, 1),
        ({"CSV": {"path": "table.csv", "target": ["d", "c"]}}, 2),
        ({"NPZ": "one.npz"}, 1),
        ({"NPZ": "two.npz"}, 2),
    ],
)
def test_one_or_several_quantities_are_learnt(folder, data, outputs):
    made = config(data, outputs, metrics=["mean_error"])
    (folder / "c.yaml").write_text(made.to_yaml())
    train("c.yaml", out="run", quiet=True)
    summary = json.loads((folder / "run" / "summary.json").read_text())
    assert summary["test"]["mean_error"] < 0.05
    model, again = load_run("run")
    x, y = again.make_data().test
    assert np.abs(model.forward(x) - y.reshape(len(y), -1)).mean() == pytest.approx(summary["test"]["mean_error"])


def test_labels_of_a_table_are_learnt(folder):
    made = config({"CSV": {"path": "table.csv", "target": "kind", "labels": True}}, 2, "CrossEntropy")
    (folder / "c.yaml").write_text(made.to_yaml())
    train("c.yaml", out="run", quiet=True)
    assert json.loads((folder / "run" / "summary.json").read_text())["test"]["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("data", "outputs", "loss", "message"),
    [
        ({"NPZ": "one.npz"}, 2, "MSE", "gives 2 values; NPZ has 1 for each example, which MSE cannot"),
        ({"NPZ": "two.npz"}, 1, "MSE", "gives 1 value; NPZ has 2 for each example, which MSE cannot"),
        (
            {"NPZ": "two.npz"},
            2,
            "CrossEntropy",
            "loss.CrossEntropy: CrossEntropy wants labels, and NPZ has quantities: use MSE",
        ),
    ],
)
def test_what_does_not_go_together_is_told(folder, data, outputs, loss, message):
    with pytest.raises(ConfigError, match=message):
        prepare(config(data, outputs, loss))


def test_a_constructors_refusal_has_the_configs_path():
    with pytest.raises(ConfigError, match=r"^data.CSV.delimiter: delimiter must be one character"):
        config({"CSV": {"path": "t.csv", "target": "c", "delimiter": ";;"}}, 1).make_data()
    with pytest.raises(
        ConfigError, match=r"^data.CSV: CSV needs path and target, as in CSV: {path: ..., target: ...}."
    ):
        config({"CSV": "table.csv"}, 1)


def test_the_shipped_table_is_what_its_note_says():
    data = CSV(ROOT / "configs" / "auto_mpg.csv", "mpg", valid=0, test=0)
    x, y = data.train
    assert x.shape == (392, 9) and y.mean() == pytest.approx(23.4459, abs=1e-4) and y.min() == 9
    assert y.max() == pytest.approx(46.6) and sorted(set(x[:, 5])) == list(range(70, 83))
    assert np.array_equal(x[:, -3:].sum(axis=0), [245, 68, 79])
    note = (ROOT / "configs" / "auto_mpg.md").read_text()
    assert all(f"`{name}`" in note for name in ["mpg", *data.columns])


def test_the_shipped_config_from_another_folder(command):
    done = command(ROOT / "configs" / "auto_mpg.yaml")
    assert done.returncode == 3 and "auto_mpg.csv not found" in done.stderr
    path = ROOT / "configs" / "auto_mpg.csv"
    done = command(ROOT / "configs" / "auto_mpg.yaml", f"data.CSV.path={path}", "train.epochs=2")
    assert done.returncode == 0, done.stderr
    assert "275 to train on" in done.stdout and "mean error" in done.stdout
