"""Reduced versions of the studies in benchmarks/reliability that end processes; README has the whole ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.reliability import injections, repeats
from threestep.training import loop

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(("study", "runs"), [("kills", 9), ("signals", 12)])
def test_runs_that_are_ended_go_on_to_the_same_bytes(study, runs):
    program = [sys.executable, "-W", "ignore", "-m", f"benchmarks.reliability.{study}", str(runs), "3"]
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{runs} runs ") and done.stdout.count(": 0 ") == 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("study", "broken"),
    [
        ("kills", "from threestep.training import loop; restore = loop.restore_callbacks; "
                  "loop.restore_callbacks = lambda callbacks, *start: None"),
        ("signals", "from threestep.training.checkpoint import Saver; save = Saver.save; "
                    "Saver.save = lambda self, progress: progress.stop or save(self, progress)"),
    ],
)  # fmt: skip
def test_what_is_broken_is_seen(study, broken):
    """Those studies can fail."""
    program = f"{broken}\nimport sys\nfrom benchmarks.reliability import {study}\nsys.exit(bool({study}.main(6, 3)))"
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, env=env, capture_output=True)
    assert done.returncode == 1


@pytest.mark.slow
def test_what_is_not_finite_is_named_before_the_parameters_move(capsys):
    assert injections.main(12, seed=1) == 0 and "12 runs" in capsys.readouterr().out


@pytest.mark.slow
def test_a_check_that_is_missing_is_seen(monkeypatch):
    check = loop.require_finite
    monkeypatch.setattr(
        loop, "require_finite", lambda progress, name, v: "optimizer" in name or check(progress, name, v)
    )
    assert injections.main(6, seed=1) == 1


@pytest.mark.slow
def test_a_name_that_is_missing_is_seen(monkeypatch):
    monkeypatch.setattr(loop, "describe", lambda *_: "somewhere")
    assert injections.main(6, seed=1) == 5  # all but the learning rate


@pytest.mark.slow
def test_fresh_processes_end_with_the_same_bytes():
    assert repeats.main(2) == 0
