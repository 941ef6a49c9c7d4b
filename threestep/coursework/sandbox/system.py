"""System: functions of the C library that Python does not offer, with errors as Python's own raise them."""

import ctypes
import os


def call(name, *arguments):
    """What the function of the C library returns; OSError where that is -1."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long if name == "syscall" else ctypes.c_int
    result = function(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def system_call(number, *arguments):
    """A system call for which the C library may have no function."""
    return call(
        "syscall", *(ctypes.c_long(value) if isinstance(value, int) else value for value in (number, *arguments))
    )
