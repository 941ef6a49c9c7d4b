"""A grader at work: what the tests of the sandbox share."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from threestep.coursework.sandbox import levels as sandbox

PLAYER = """
def play(script, arrays, namespace):
    namespace.update(script)
    return {"y": namespace["f"](arrays["x"])}, {"played": True}
"""
HONEST = "def f(x): return 2 * x"
X = np.arange(6.0).reshape(2, 3)


class Grader:
    x = X

    def __init__(self, folder):
        self.folder, self.temporary = folder, folder / "temporary"
        self.temporary.mkdir()
        self.player = folder / "player.py"
        self.player.write_text(PLAYER)

    def perform(self, source, script=None, hidden=(), name="hw1.py", **limits):
        file = self.folder / name
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        limits = sandbox.Limits(**{"seconds": 30, **limits})
        return sandbox.perform(file, script or {}, {"x": X}, limits, hidden)

    def is_fine(self):
        """Whether the next honest submission gets its answers, and nothing is left of those before."""
        performance = self.perform(HONEST)
        assert performance.error is None
        np.testing.assert_array_equal(performance.answers["y"], 2 * X)
        assert list(self.temporary.iterdir()) == []
        patience = time.monotonic() + 5  # what is killed may take a moment to be gone
        while left := self.processes():
            assert time.monotonic() < patience, left
            time.sleep(0.01)
        return True

    def processes(self):
        """The processes that were started in this grader's folder; Linux tells, by their environment."""
        mark, found = os.fsencode(self.temporary), []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes():
                    found.append(path.parent.name)
            except OSError:  # gone, or another user's
                continue
        return found


@pytest.fixture
def grader(monkeypatch):
    folder = Path(tempfile.mkdtemp()).resolve()
    folder.chmod(0o755)  # so that a spare user can reach it, who cannot reach tmp_path
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
    grader = Grader(folder)
    grader.temporary.chmod(0o755)
    monkeypatch.setattr(sandbox, "PLAY", grader.player)
    yield grader
    shutil.rmtree(folder)
