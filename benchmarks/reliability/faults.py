"""A fault at every file operation of a save: python -m benchmarks.reliability.faults

A save is run once to list its file operations, then again for each of them and each fault: with the operation failing
once, and with all failing from there on; over an older checkpoint, and where there was none. After each, the name must
hold the old or the new checkpoint whole, the error must have been raised, and no temporary may be left.
"""

import errno
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

from threestep.training import CheckpointError, files
from threestep.training.storage import read_checkpoint, write_checkpoint

FAULTS = [OSError(code, os.strerror(code)) for code in (errno.ENOSPC, errno.EIO, errno.EACCES)] + [KeyboardInterrupt()]
OLD, NEW = ({"w": np.full((100, 100), value)} for value in (1.0, 2.0))
FULL_DISK = """
import resource, signal, sys
import numpy as np
from threestep.training import CheckpointError
from threestep.training.storage import write_checkpoint

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that the write beyond the limit fails instead of ending the program
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_checkpoint(sys.argv[1], {"w": np.full((100, 100), 2.0)}, {})
except CheckpointError as error:
    sys.exit(str(error))
"""


class Operations:
    """Stands in for `open` and `os` of threestep.training.files; operation number `at`, from 0, meets the fault.

    fault: an exception to raise, or "short" for a write of half the bytes, as the system may do. stays: whether every
    later operation fails too. done: the names of the operations so far.
    """

    def __init__(self, at=None, fault=None, stays=False):
        self.at, self.fault, self.stays, self.done = at, fault, stays, []

    def __getattr__(self, name):
        return getattr(os, name)

    def meets(self, name):
        """Whether this operation meets the fault."""
        self.done.append(name)
        number = len(self.done) - 1
        return self.at is not None and (number == self.at or (self.stays and number > self.at))

    def check(self, name):
        if self.meets(name) and self.fault != "short":
            raise self.fault

    def open(self, path, mode_or_flags):
        self.check("open folder" if isinstance(mode_or_flags, int) else "open")
        if isinstance(mode_or_flags, int):
            return os.open(path, mode_or_flags)
        return io.BufferedWriter(RawFile(path, self), buffer_size=20_000)

    def fsync(self, descriptor):
        self.check("fsync")
        os.fsync(descriptor)

    def replace(self, source, target):
        self.check("replace")
        os.replace(source, target)

    def close(self, descriptor):
        os.close(descriptor)
        self.check("close folder")


class RawFile(io.FileIO):
    """A file below its buffer, whose writes and closing are operations."""

    def __init__(self, path, operations):
        super().__init__(path, "wb")
        self.operations = operations

    def write(self, data):
        meets, fault = self.operations.meets("write"), self.operations.fault
        if not meets:
            return super().write(data)
        written = super().write(memoryview(data)[: len(data) // 2 + 1])
        if fault != "short":
            raise fault
        return written

    def close(self):
        if not self.closed:
            super().close()
            self.operations.check("close")


def save_with(operations, path, arrays):
    """The exception of a save whose file operations go through `operations`, or None."""
    with mock.patch.multiple(files, open=operations.open, os=operations, create=True):
        try:
            write_checkpoint(path, arrays, {})
        except (CheckpointError, KeyboardInterrupt) as error:
            return error


def content(path):
    """The checkpoint's bytes, once they have been read as one; None where there is no file."""
    if not path.exists():
        return None
    read_checkpoint(path)
    return path.read_bytes()


def try_all(folder):
    """[(operation, fault, stays, over an old checkpoint, what is wrong or None)], one for each save with a fault."""
    path, results = Path(folder) / "last.npz", []
    listing = Operations()
    save_with(listing, path, NEW)
    new = content(path)
    write_checkpoint(path, OLD, {})
    old = content(path)
    for at, name in enumerate(listing.done):
        for fault in [*FAULTS, "short"] if name == "write" else FAULTS:
            for stays in (False, True):
                for before in (old, None):
                    path.write_bytes(before) if before else path.unlink(missing_ok=True)
                    error = save_with(Operations(at, fault, stays), path, NEW)
                    in_place = fault == "short" or at > listing.done.index("replace")
                    wrong = None
                    if content(path) != (new if in_place else before):
                        wrong = "the checkpoint is neither the old nor the new one"
                    elif (error is None) != (fault == "short"):
                        wrong = f"the save ended with {error!r}"
                    elif isinstance(fault, OSError) and os.strerror(fault.errno) not in str(error):
                        wrong = f"the error is not the fault's: {error}"
                    elif set(os.listdir(folder)) - {path.name}:
                        wrong = f"the folder holds {os.listdir(folder)}"
                    results.append((name, fault, stays, before is not None, wrong))
    return results


def fill_disk(path, limit):
    """What a program says that saves where a file may have `limit` bytes; POSIX only."""
    program = [sys.executable, "-c", FULL_DISK, str(path), str(limit)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr.strip()


def main():
    with tempfile.TemporaryDirectory() as folder:
        results = try_all(folder)
    wrong = [result for result in results if result[-1]]
    for result in wrong:
        print(*result)
    names = ", ".join(dict.fromkeys(name for name, *_ in results))
    print(f"{len(results)} saves with a fault, at {names}: {len(wrong)} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
