"""Every shipped config passes `check`, and trains; those that need MNIST's form of data on images of noise."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from threestep.cli import main
from threestep.data.images import FILES
from threestep.training import load_run

CONFIGS = sorted((Path(__file__).resolve().parents[1] / "configs").glob("*.yaml"))


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """A folder with 300 images of noise to train on and 40 to test with, as MNIST's files."""
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for name in FILES:
        n = 300 if name.startswith("train") else 40
        shape = (n, 28, 28) if "images" in name else (n,)
        entries = rng.integers(0, 256 if "images" in name else 10, shape).astype(np.uint8)
        header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">i4").tobytes()
        (folder / name).write_bytes(gzip.compress(header + entries.tobytes()))
    return folder


def test_there_are_configs():
    assert len(CONFIGS) == 8


def with_patience(path):
    return pytest.param(path, marks=pytest.mark.slow) if path.stem == "fashion_resnet" else path


@pytest.mark.parametrize("config", [with_patience(path) for path in CONFIGS], ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::UserWarning")  # check's doubts
def test_it_passes_check_and_trains(config, images, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(config.parents[1])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    noise = [f"data.path={images}", "data.valid=60"] if "MNIST:" in config.read_text() else []
    assert main(["check", str(config), *noise]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("\nIt can be trained.\n") and "FAIL" not in printed
    if noise:
        noise.append("train.epochs=1")
        noise += ["schedule.warmup_epochs=0"] * ("warmup_epochs" in config.read_text())
    out = tmp_path / "run"
    epochs = [] if noise else ["train.epochs=3"]
    assert main([str(config), "--out", str(out), "-q", *epochs, *noise]) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert summary["status"] == "finished" and summary["epoch"] == (1 if noise else 3)
    assert np.isfinite(load_run(out)[0].theta).all()
