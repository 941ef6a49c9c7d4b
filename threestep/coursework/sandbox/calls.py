"""Calls: the kernel refuses a student's process what no limit counts and no namespace holds (Linux).

That is memory which belongs to no process, or stays when it has ended; keys; queues of calls that are not looked at;
new namespaces; and sockets of families that a namespace of networks does not hold, such as one to a virtual machine's
host.
"""

import ctypes
import os
import struct

from .system import call

SECCOMP, FILTER = 22, 2  # prctl(2)
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the filter, see seccomp(2)
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where the filter finds them
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # with EPERM
OTHER_TABLE = 0x40000000  # from here on the numbers are of a second table, which is not for 64 bits
FAMILIES = (1, 2, 10)  # of sockets: of this machine, IPv4, IPv6
MACHINES = {  # {machine: (its number, that of socket, those refused)}
    # shmget, semget, msgget, add_key, request_key, keyctl, unshare, memfd_create, io_uring_setup, memfd_secret
    "x86_64": (0xC000003E, 41, (29, 64, 68, 248, 249, 250, 272, 319, 425, 447)),
    "aarch64": (0xC00000B7, 198, (194, 190, 186, 217, 218, 219, 97, 279, 425, 447)),
}


def refuse_calls():
    """From now on, for this process and all that it starts. OSError where the kernel has no filters."""
    machine = os.uname().machine
    if machine in MACHINES and struct.calcsize("P") == 8:
        code = filter_of(*MACHINES[machine])
        text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
        call("prctl", SECCOMP, FILTER, struct.pack("HP", len(code), ctypes.addressof(text)), 0, 0)


def filter_of(machine, socket, refused):
    """[(instruction, lines to skip if so, lines to skip if not, number)]; the last two lines refuse and allow."""
    last = 7 + len(refused) + len(FAMILIES)
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, last - 3, machine),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, last - 5, 0, OTHER_TABLE),
    ]
    code += [(EQUAL, last - 2 - line, 0, number) for line, number in enumerate(refused, len(code))]
    code += [(EQUAL, 0, last - 1 - len(code), socket), (LOAD, 0, 0, FIRST_ARGUMENT)]
    code += [(EQUAL, last - 1 - line, 0, family) for line, family in enumerate(FAMILIES, len(code))]
    return [*code, (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
