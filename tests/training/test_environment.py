"""What env.json says of data, threads and processor, by which a run that goes on knows them again."""

import io

import numpy as np
import pytest

from threestep.training import environment
from threestep.training.environment import THREADS, data_hash, fingerprint

X, Y = np.arange(6.0).reshape(2, 3), np.array([0, 1])


@pytest.mark.parametrize(
    "parts",
    [
        {"train": (X.reshape(3, 2), Y)},
        {"train": (X.view(np.int64), Y)},
        {"valid": (X, Y)},
        {"train": (X + 1, Y)},
        {"train": (X, Y[::-1])},
        {"train": (X, Y), "test": (X[:0], Y[:0])},
    ],
    ids=["shape", "dtype", "name", "numbers", "labels", "parts"],
)
def test_other_data_has_another_hash(parts):
    assert data_hash(parts) != data_hash({"train": (X, Y)})


def test_the_hash_is_of_the_numbers_however_they_lie_in_memory():
    assert data_hash({"train": (np.asfortranarray(X), Y)}) == data_hash({"train": (X.copy(), Y)})


def test_the_first_variable_that_is_set_tells_the_threads(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(environment, "processors", lambda: 64)
    told = [fingerprint()["threads"]]
    for threads, name in enumerate(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), start=1):
        monkeypatch.setenv(name, str(threads))
        told.append(fingerprint()["threads"])
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "")  # is as if it were not set
    assert [*told, fingerprint()["threads"]] == ["64", "1", "2", "3", "2"]


@pytest.mark.parametrize(
    ("cpuinfo", "name"),
    [
        ("processor\t: 0\nmodel name\t: Some CPU @ 2: fast\nmodel name\t: another\n", "Some CPU @ 2: fast"),
        ("processor\t: 0\n", "arm64"),
        (None, "arm64"),
    ],
)
def test_the_processor_is_named_as_linux_does_or_else_as_python_does(monkeypatch, cpuinfo, name):
    def read(path, **text):
        if cpuinfo is None:
            raise FileNotFoundError(path)
        return io.StringIO(cpuinfo)

    monkeypatch.setattr(environment, "open", read, raising=False)
    monkeypatch.setattr(environment.platform, "processor", lambda: "")
    monkeypatch.setattr(environment.platform, "machine", lambda: "arm64")
    assert fingerprint()["processor"] == name
