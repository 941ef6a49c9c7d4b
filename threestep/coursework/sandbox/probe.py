"""Probe: a player that tries what a submission must not be able to do, and notes what it could do.

It runs in the place of checks/diagnosis/play.py, in the same process and under the same limits as any submission.
"""

import os
import signal
import socket
import statistics  # noqa: F401  a module that nothing has loaded yet: a level in which Python cannot be read is no use
from contextlib import suppress
from pathlib import Path


def play(script, arrays, namespace):
    notes = {}
    for word, attempt in ATTEMPTS.items():
        try:
            notes[word] = bool(attempt(script))
        except (OSError, MemoryError):
            notes[word] = False
    return {}, notes


def reaches_the_grader(script):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, suppress(OSError):
        return datagrams.sendto(b"probe", ("127.0.0.1", script["port"]))
    with socket.create_connection(("127.0.0.1", script["port"]), timeout=1):
        return True


def writes_outside(script):
    return Path(script["outside"], "written").write_text("by the probe")


def reads_the_reference(script):
    return any(can_read(path) for path in script["reference"])


def can_read(path):
    try:
        return Path(path).read_bytes()
    except OSError:
        return False


def signals_the_grader_or_multiplies(script):
    children = []
    try:
        for _ in range(script["limits"]["processes"] + 1):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        return True
    except OSError:
        os.kill(script["grader"], 0)  # signal 0 is not sent, only checked
        return True
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def takes_too_much_memory(script):
    return len(bytearray(script["limits"]["memory"] + 1))


def fills_the_disk(script):
    piece = 2**20
    for number in range(script["limits"]["disk"] // piece + 1):
        Path(f"piece{number}").write_bytes(bytes(piece))
    return True


def becomes_root(script):
    os.setuid(0)
    return True


ATTEMPTS = {
    "network": reaches_the_grader,
    "file system writes": writes_outside,
    "reading the reference": reads_the_reference,
    "processes": signals_the_grader_or_multiplies,
    "memory": takes_too_much_memory,
    "disk space": fills_the_disk,
    "privileges": becomes_root,
}
