"""What several tests need: the real MNIST and Fashion-MNIST where they are, and the command line as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from threestep.data import DataError, FashionMNIST
from threestep.data.images import find_folder

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items):
    """Tests marked slow run where THREESTEP_SLOW is set, as in .ci/run; elsewhere a skip says so."""
    if not os.environ.get("THREESTEP_SLOW"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes seconds: THREESTEP_SLOW=1 pytest runs it"))


@pytest.fixture
def mnist_folder():
    """The folder of the real MNIST, or a skip that says what is missing."""
    folder = Path(os.environ.get("THREESTEP_DATA", "")) / "mnist"
    if not os.environ.get("THREESTEP_DATA") or not folder.is_dir():
        pytest.skip("the real MNIST is not here: set THREESTEP_DATA to the folder that holds mnist/")
    return folder.resolve()


@pytest.fixture
def fashion_mnist_folder():
    """The folder of the real Fashion-MNIST, or a skip that says what is missing."""
    try:
        return find_folder(FashionMNIST, None)
    except DataError as error:
        pytest.skip(f"the real Fashion-MNIST is not here: {error}")


@pytest.fixture
def command(tmp_path):
    """Runs `python train.py ...` in an empty folder; returns the finished process."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, str(ROOT / "train.py"), *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            timeout=170,
        )

    return run
