"""Figures over several seeds that README states."""

from pathlib import Path

import numpy as np

from benchmarks.accuracy import main, measure
from threestep.data import CSV

ROOT = Path(__file__).resolve().parents[1]


def test_digits_mean_over_five_seeds_is_at_least_97_percent():
    found = [measure(ROOT / "configs" / "digits_mlp.yaml", seed)["accuracy"] for seed in range(5)]
    assert np.mean(found) >= 0.97, found


def test_auto_mpg_comes_clearly_nearer_than_a_linear_fit(monkeypatch):
    """The mean absolute error in miles a gallon on the cars kept for the test, over five seeds and splits."""
    monkeypatch.chdir(ROOT)  # the config's path counts from there
    found, linear = [], []
    for seed in range(5):
        found.append(measure("configs/auto_mpg.yaml", seed, [f"data.CSV.seed={seed}"])["mean_error"])
        data = CSV("configs/auto_mpg.csv", "mpg", seed=seed)
        (x, y), (x_test, y_test) = ((np.c_[x, np.ones(len(x))], y) for x, y in (data.train, data.test))
        weights = np.linalg.lstsq(x, y, rcond=None)[0]
        linear.append(np.abs(x_test @ weights - y_test).mean())
    figures = (
        f"the network {np.mean(found):.2f} {np.round(found, 2)}, linear {np.mean(linear):.2f} {np.round(linear, 2)}"
    )
    print(figures)
    assert np.mean(found) < 1.95 and 2.3 < np.mean(linear) < 2.7, figures
    assert np.mean(found) < 0.8 * np.mean(linear) and np.all(np.array(found) < linear), figures


def test_the_script_prints_each_seed_and_the_mean(capsys):
    main(ROOT / "configs" / "xor.yaml", 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed 0: loss 0.0") and lines[-1].startswith("accuracy: mean ")
