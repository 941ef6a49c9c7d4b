"""Parcel: a JSON value and named arrays of numbers as bytes, which cross between the grader and a student's process.

The first line is JSON; the arrays follow as .npy, one after the other. Nothing is pickled, either way.
"""

import io
import json
from math import prod

import numpy as np
from numpy.lib import format as npy

NUMBERS = "biuf"  # the kinds of dtype that cross: truth values, integers, floats
LONGEST_HEAD = 2**18  # bytes of JSON, which takes many times as much memory once it is read


def pack(head, arrays):
    """The bytes. ValueError for an array that holds no numbers, and for a NaN in `head`, which JSON does not have."""
    stream = io.BytesIO()
    stream.write(json.dumps({"head": head, "names": list(arrays)}, allow_nan=False).encode() + b"\n")
    for name, array in arrays.items():
        array = np.asarray(array)
        if array.dtype.kind not in NUMBERS:
            raise ValueError(f"{name} expected an array of numbers, got dtype {array.dtype}")
        npy.write_array(stream, array, version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def unpack(data):
    """(head, arrays) of what `pack` made. ValueError for anything else; whoever wrote the bytes may mean harm."""
    stream = io.BytesIO(data)
    try:
        first = json.loads(stream.readline(LONGEST_HEAD), parse_constant=refuse)
        head, names = first["head"], first["names"]
        arrays = {str(name): read_array(stream) for name in names}
    except Exception as error:  # json and NumPy's reader raise many kinds, also RecursionError and MemoryError
        raise ValueError(f"{type(error).__name__}: {str(error)[:200]}") from None
    if len(arrays) < len(names) or stream.read(1):
        raise ValueError("there is more than was announced")
    return head, arrays


def read_array(stream):
    """The next .npy, for which no more memory is taken than there are bytes, whatever its header claims."""
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("the .npy is not of version 1.0")
    shape, fortran, dtype = npy.read_array_header_1_0(stream)
    if dtype.kind not in NUMBERS or min(shape, default=0) < 0:
        raise ValueError(f"expected an array of numbers, got dtype {dtype} and shape {shape}")
    data = bytearray(stream.read(prod(shape) * dtype.itemsize))
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")  # which counts the bytes


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")
