"""Results into a pipe that nobody reads, onto a full disk, or nowhere at all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DIGITS, XOR = ROOT / "configs" / "digits_mlp.yaml", ROOT / "configs" / "xor.yaml"


def test_a_reader_who_leaves_does_not_end_the_run(tmp_path):
    program = f"{sys.executable} {ROOT / 'train.py'} {DIGITS} train.epochs=3 --out a | head -1"
    done = subprocess.run(program, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert "error" not in done.stderr and (tmp_path / "a" / "summary.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, ""),
        (["list", "layers"], 0, ""),
        (["schema"], 0, ""),
        (["new", "xor"], 0, ""),
        (["check", str(XOR)], 0, ""),
        (["check", str(XOR), "model.2=ReLU"], 2, "the first loss"),
    ],
)
def test_a_reader_who_is_gone_changes_no_verb(tmp_path, arguments, code, said, unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    program = [sys.executable, str(ROOT / "train.py"), *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(program, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writing)
    assert done.returncode == code and bool(done.stderr) == bool(said) and "pipe" not in done.stderr, done.stderr
    assert len(list(tmp_path.iterdir())) == 2 * ("new" in arguments)  # what it writes is written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full disk")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_result_that_does_not_fit_on_the_disk_is_told(unbuffered):
    program = [sys.executable, str(ROOT / "train.py"), "list"]
    with open("/dev/full", "w") as full:
        environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, env=environment)
    assert done.returncode == 2 and re.fullmatch("error: .*No space left on device\n", done.stderr), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX shell")
@pytest.mark.parametrize("closed", ["1>&-", "2>&-"])
def test_without_stdout_or_stderr_it_trains_all_the_same(tmp_path, closed):
    program = f"{sys.executable} {ROOT / 'train.py'} {XOR} train.epochs=3 --out a {closed}"
    assert subprocess.run(program, shell=True, cwd=tmp_path, capture_output=True).returncode == 0
    assert (tmp_path / "a" / "last.npz").exists()
