"""Figures over several seeds that README states."""

from pathlib import Path

import numpy as np

from benchmarks.accuracy import main, measure

ROOT = Path(__file__).resolve().parents[1]


def test_digits_mean_over_five_seeds_is_at_least_97_percent():
    found = [measure(ROOT / "configs" / "digits_mlp.yaml", seed)["accuracy"] for seed in range(5)]
    assert np.mean(found) >= 0.97, found


def test_the_script_prints_each_seed_and_the_mean(capsys):
    main(ROOT / "configs" / "xor.yaml", 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed 0: loss 0.0") and lines[-1].startswith("accuracy: mean ")
