"""Confine: how the process that the grader starts becomes one in which a stranger's code can run.

The process forks. What was there first stays behind as a warden, which trusts nobody: it waits, ends what has to end,
and tells the grader how it ended. What comes out of `confine` is the student's process. With namespaces (Linux) the
first process in them stands in between; when it ends, the kernel ends everything within.
"""

import os
import select
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path

from .calls import refuse_calls
from .system import call
from .view import fence, new_root

NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = (  # unshare(2)
    *(0x00020000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
)
DIE_WITH_PARENT, ADOPT_ORPHANS, NO_NEW_PRIVILEGES = 1, 36, 38  # prctl(2)
CAPABILITIES_VERSION = 0x20080522  # capset(2)


def confine(level, limits, hidden, folder, numpy_folders, answer, report):
    """Returns in the student's process only, which stands in folder/work; in the processes above it, it never returns.

    level: "namespaces", "user" or "limits". hidden: what must not be readable, even where it lies within what Python
    needs. answer: the student's pipe to the grader, which the others close. report: the warden's, in which it writes
    the wait status and the processor time of the student's process, or "trouble: ..." if it cannot do what it should.
    """
    try:
        user = spare_user() if os.geteuid() == 0 and level != "limits" else None
        if level == "namespaces":
            unshare()
        elif sys.platform == "linux":
            call("prctl", ADOPT_ORPHANS, 1, 0, 0, 0)
        inner = os.fork()
        if inner == 0:
            if sys.platform == "linux":
                call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
                with suppress(OSError):  # where the machine's memory runs out, the kernel ends this and not the grader
                    Path("/proc/self/oom_score_adj").write_text("1000")
            if level == "namespaces":
                call("prctl", DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
                new_root(folder, limits, hidden, numpy_folders)
                stay_as_init(answer, report)
            elif sys.platform == "linux":
                with suppress(OSError):  # a kernel without Landlock: `isolation` tells what that means
                    fence(folder / "work", hidden, numpy_folders)
            become_student(user, folder / "work", limits)
            os.close(report)
            return
        os.close(answer)
        ended = watch(inner)
        if level != "namespaces":
            end_all(inner, user)
            tell(report, *ended)
    except OSError as error:
        os.write(report, f"trouble: {error}\n".encode())
    os._exit(0)


def spare_user():
    """The number of a user who owns no file and runs nothing else, so that a limit on processes is the student's own.

    Systems give out none above 2,000,000,000; in a container that has fewer numbers it is one above 60,000.
    """
    with suppress(OSError):
        ranges = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
        if max(first + count for first, _, count in ranges) > 2_100_000_000:
            return 2_000_000_000 + os.getpid()
    return 60_000 + os.getpid() % 1_000


# The warden


def watch(process):
    """Waits until the process has ended, or ends it when the grader says so or is gone: (status, processor time)."""
    wake, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ring)  # so that the end of the process is seen at once
    while True:
        ended, status, usage = os.wait4(process, os.WNOHANG)
        if ended:
            return status, usage.ru_utime + usage.ru_stime
        if 0 in select.select([0, wake], [], [])[0]:  # stdin: the grader's line to the warden
            os.kill(process, signal.SIGKILL)
            _, status, usage = os.wait4(process, 0)
            return status, usage.ru_utime + usage.ru_stime
        os.read(wake, 64)


def stay_as_init(answer, report):
    """Forks, and returns in the new process; the old one, first in its namespace, is every orphan's parent."""
    student = os.fork()
    if student == 0:
        return
    os.close(answer)
    ended = None
    while ended != student:
        ended, status, usage = os.wait4(-1, 0)
    tell(report, status, usage.ru_utime + usage.ru_stime)
    os._exit(0)


def end_all(process, user):
    """Ends what the student's process has left behind: its group, what runs as its user, and all orphans."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    if user is not None:
        ender = os.fork()
        if ender == 0:
            with suppress(OSError):
                os.setuid(user)
                os.kill(-1, signal.SIGKILL)
            os._exit(0)
        os.waitpid(ender, 0)
    while found := children():
        for child in found:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def children():
    """The processes whose parent is this one, also those that it has adopted (Linux)."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone by now
            name, _, rest = file.read_text().rpartition(")")
            if int(rest.split()[1]) == os.getpid():
                found.append(int(name.split()[0]))
    return found


def tell(report, status, seconds):
    os.write(report, f"{status} {seconds}\n".encode())


def unshare():
    """What this process starts from now on sees no other process, no network, and mounts of its own."""
    user, group = os.geteuid(), os.getegid()
    call("unshare", NEW_MOUNTS | NEW_PIDS | NEW_NETWORK | NEW_IPC | NEW_NAMES | (NEW_USER if user else 0))
    if user:  # in a namespace of its own an ordinary user may do the rest, too
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


# The student's process


def become_student(user, work, limits):
    """Gives up every right, and takes the limits on."""
    os.setsid()  # a signal to its own group reaches nobody above
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if user is not None:
        for path in (work, *work.iterdir()):
            os.chown(path, user, user)
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    if sys.platform == "linux":  # in a namespace of his own an ordinary user has rights, too
        call("capset", struct.pack("Ii", CAPABILITIES_VERSION, 0), bytes(24))
        with suppress(OSError):  # a kernel without such filters
            refuse_calls()
    set_limits(limits)
    os.umask(0o077)
    os.chdir(work)


def set_limits(limits):
    import resource  # not on Windows

    wanted = {
        "RLIMIT_AS": (limits["memory"],) * 2,
        "RLIMIT_CPU": (limits["processor"], limits["processor"] + 1),  # a signal that says why, then one that ends
        "RLIMIT_NPROC": (limits["processes"],) * 2,
        "RLIMIT_FSIZE": (limits["disk"],) * 2,
        "RLIMIT_NOFILE": (limits["files"],) * 2,
        "RLIMIT_CORE": (0, 0),
    }
    for name, values in wanted.items():
        with suppress(AttributeError, ValueError, OSError):  # one that is not known here, or is lower already
            resource.setrlimit(getattr(resource, name), values)
