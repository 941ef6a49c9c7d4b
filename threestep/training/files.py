"""Files that are written whole or not at all."""

import errno
import os
import re
from contextlib import suppress
from pathlib import Path


def write_whole(path, write):
    """Calls write(file) on a temporary file beside `path`, brings it to the disk, and gives it the name in one move.

    After any failure, also of the power, `path` is what it was or all of what was written, and no temporary is left.
    A killed process leaves one, .NAME.PID.part; the next successful write of `path` removes it.

    Raises OSError as the system does. Only where the last step fails, which brings the folder to the disk, does `path`
    hold what was written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None  # a write names none, and people know no temporary
        raise
    sync_folder(path.parent)
    with suppress(OSError):
        remove_partials(path)


def append(path, text):
    """Adds text to a file. Raises OSError as the system does, always with the file's name."""
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        error.filename = str(path)
        raise


def sync_folder(folder):
    """Brings a folder's names to the disk; Windows opens no folders, and does it unasked."""
    if os.name == "nt":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno != errno.EINVAL:  # so says a file system that has no such operation on folders
            raise
    finally:
        os.close(opened)


def remove_partials(path):
    """Removes the temporaries of `path` whose processes are gone."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d{{1,9}})\.part")
    for other in path.parent.iterdir():
        match = pattern.fullmatch(other.name)
        if match and not is_running(int(match[1])):
            other.unlink()


def is_running(pid):
    """Whether there is such a process. Always False on Windows, which itself refuses to remove a file that is open."""
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)  # signal 0 is not sent, only checked; on Windows it would be Ctrl+C
    except ProcessLookupError:
        return False
    except PermissionError:  # a process of another user
        pass
    return True
