import errno
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.reliability import faults
from threestep.training import CheckpointError, files
from threestep.training.files import write_whole
from threestep.training.storage import read_checkpoint, write_checkpoint


def write(path, content):
    write_whole(path, lambda file: file.write(content))


@pytest.fixture
def gone():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_file_is_written_and_replaced(tmp_path):
    for content in (b"one", b"two"):
        write(tmp_path / "a.txt", content)
        assert (tmp_path / "a.txt").read_bytes() == content and os.listdir(tmp_path) == ["a.txt"]


def test_the_operations_and_their_order(tmp_path):
    operations = faults.Operations()
    assert faults.save_with(operations, tmp_path / "last.npz", faults.NEW) is None
    done = [name for name in operations.done if name != "write"]
    folder = [] if os.name == "nt" else ["open folder", "fsync", "close folder"]
    assert done == ["open", "fsync", "close", "replace", *folder]
    assert operations.done[1] == "write" and operations.done.count("write") >= 3
    assert operations.done.index("fsync") == 1 + operations.done.count("write")  # all is written when it is synced


def test_after_every_fault_the_old_or_the_new_checkpoint_is_whole(tmp_path):
    results = faults.try_all(tmp_path)
    assert len(results) > 100
    assert [result for result in results if result[-1]] == []


@pytest.mark.skipif(os.name == "nt", reason="limits on a file's size are POSIX's")
@pytest.mark.parametrize("limit", [0, 100, 50_000])
def test_a_full_disk(tmp_path, limit):
    path = tmp_path / "last.npz"
    write_checkpoint(path, faults.OLD, {})
    before = path.read_bytes()
    reason = os.strerror(errno.EFBIG)
    assert faults.fill_disk(path, limit) == (1, f"cannot save {path}: {reason}; what was there before is whole")
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["last.npz"]
    assert faults.fill_disk(path, 100_000) == (0, "")
    assert np.array_equal(read_checkpoint(path)[0]["w"], faults.NEW["w"])


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "no" / "a.txt", b"")
    with pytest.raises(
        CheckpointError, match="last.npz: No such file or directory; what was there before is whole"
    ) as caught:
        write_checkpoint(tmp_path / "no" / "last.npz", {}, {})
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_the_error_is_the_first_one_also_where_the_temporary_cannot_be_removed(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise PermissionError("not removed")

    monkeypatch.setattr(files.Path, "unlink", fail)
    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "a.txt", lambda file: 1 / 0)


def test_temporaries_of_killed_processes_are_removed(tmp_path, gone):
    mine, alive = os.getpid(), os.getppid()
    names = [
        f".a.npz.{gone}.part",
        f".a.npz.{alive}.part",
        f".b.npz.{gone}.part",
        f".a.npz.{gone}.party",
        ".a.npz.x.part",
    ]
    names += [f".a.npz.{mine}.part", f".axnpz.{gone}.part", f".a.npz.{'9' * 30}.part"]
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ZeroDivisionError):
        write_whole(tmp_path / "a.npz", lambda file: 1 / 0)
    assert (tmp_path / names[0]).exists()
    write(tmp_path / "a.npz", b"")
    removed = {f".a.npz.{mine}.part", f".a.npz.{gone}.part"} | ({f".a.npz.{alive}.part"} if os.name == "nt" else set())
    assert set(os.listdir(tmp_path)) == {*names, "a.npz"} - removed


def test_a_temporary_that_cannot_be_removed_is_no_failure(tmp_path, gone):
    (tmp_path / f".a.npz.{gone}.part").mkdir()
    write(tmp_path / "a.npz", b"whole")
    assert (tmp_path / "a.npz").read_bytes() == b"whole"


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
@pytest.mark.parametrize(("code", "raised"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_without_fsync_on_folders(tmp_path, monkeypatch, code, raised):
    fsync = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        fsync(descriptor)

    monkeypatch.setattr(files.os, "fsync", refuse)
    if raised:
        with pytest.raises(OSError, match="Input/output error"):
            write(tmp_path / "a.txt", b"whole")
    else:
        write(tmp_path / "a.txt", b"whole")
    assert (tmp_path / "a.txt").read_bytes() == b"whole"


def test_another_user_s_process_is_running(monkeypatch):
    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(files.os, "kill", refuse)
    assert files.is_running(1) == (os.name != "nt")
