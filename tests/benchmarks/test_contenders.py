"""The benchmark's parts work and compare the same thing; no time is asserted here."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import matrix_product_peak, operations
from benchmarks.contenders import CASES, SYSTEMS, threestep_step

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("case", CASES)
def test_a_step_learns(case):
    sizes, batch_size, options, _ = CASES[case]
    step = threestep_step(sizes, batch_size, {**options, "lr": 0.1})
    losses = [step() for _ in range(20)]
    assert losses[-1] < losses[0] < 2 * np.log(10)


def test_operations_of_a_step():
    assert operations((3, 5, 2), 7) == 2 * 7 * (3 * 3 * 5 - 3 * 5 + 3 * 5 * 2)


def test_peak_is_a_speed():
    assert 0.1 < matrix_product_peak(128, 2) < 1e5


def test_a_contender_answers_each_line():
    program = [sys.executable, "-m", "benchmarks.contenders", "threestep", "mlp-64-32-10"]
    done = subprocess.run(program, input="5\n5\n", cwd=ROOT, capture_output=True, text=True)
    ready, *times = done.stdout.split()
    assert ready == "ready" and all(0 < float(time) < 1 for time in times) and len(times) == 2


def test_both_systems_take_part():
    assert set(SYSTEMS) == {"threestep", "torch"}
