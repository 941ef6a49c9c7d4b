"""The calls that the kernel refuses to a submission: the filter, carried out by hand, and for real."""

import os
import sys

import pytest

from threestep.coursework.sandbox.calls import (
    ALLOW,
    ARCHITECTURE,
    AT_LEAST,
    EQUAL,
    FAMILIES,
    FIRST_ARGUMENT,
    LOAD,
    MACHINES,
    NUMBER,
    REFUSE,
    RETURN,
    filter_of,
)


def verdict(code, machine, number, argument=0):
    """What the filter returns for a call."""
    seen, loaded, line = {ARCHITECTURE: machine, NUMBER: number, FIRST_ARGUMENT: argument}, None, 0
    while True:
        instruction, so, not_so, value = code[line]
        if instruction == RETURN:
            return value
        if instruction == LOAD:
            loaded, skipped = seen[value], 0
        else:
            skipped = so if {EQUAL: loaded == value, AT_LEAST: loaded >= value}[instruction] else not_so
        line += 1 + skipped


@pytest.mark.parametrize("name", MACHINES)
def test_the_filter_refuses_what_is_listed_and_no_more(name):
    machine, socket, refused = MACHINES[name]
    code = filter_of(machine, socket, refused)
    got = {number for number in range(600) if verdict(code, machine, number, FAMILIES[0]) == REFUSE}
    assert got == set(refused) and verdict(code, machine, 3) == ALLOW
    assert {family for family in range(64) if verdict(code, machine, socket, family) == ALLOW} == set(FAMILIES)
    assert verdict(code, machine, 3 + 2**30) == REFUSE  # the same call by its number in another table
    assert verdict(code, machine ^ 1, 3) == REFUSE  # or as another kind of program


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in MACHINES, reason="no filter is known for this machine"
)
@pytest.mark.parametrize(
    "attempt",
    [
        "os.memfd_create('beside the limits')",
        "socket.socket(40, socket.SOCK_STREAM)",  # to the host of this virtual machine
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "call('shmget', 0, 2**20, 0o1777)",
        "call('unshare', 0x10000000)",
    ],
)
def test_a_submission_is_refused(attempt, grader):
    source = f"""
import ctypes, os, socket
def call(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def f(x):
    {attempt}
"""
    assert "[Errno 1] " in grader.perform(source).error
    assert grader.is_fine()
