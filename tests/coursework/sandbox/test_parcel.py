"""Parcels: what is packed comes out, and bytes that mean harm are refused by a ValueError and nothing else."""

import pickle

import numpy as np
import pytest

from threestep.coursework.sandbox.parcel import pack, unpack

ARRAYS = {
    "x": np.arange(6, dtype=np.float32).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "labels": np.array([1, 2]),
    "mask": np.array([True, False]),
    "number": np.array(1.5),
    "none": np.empty((0, 4)),
    "big endian": np.arange(3, dtype=">f8"),
}
GOOD = pack({"a": 1}, {"x": ARRAYS["x"]})


def test_what_is_packed_comes_out():
    head, arrays = unpack(pack({"a": [1, None, "é\n"]}, ARRAYS))
    assert head == {"a": [1, None, "é\n"]}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].flags.writeable


@pytest.mark.parametrize(
    "array", [np.array([object()]), np.array(["text"]), np.array(1j), np.array([(1, 2.0)], dtype="i4,f8")]
)
def test_only_numbers_are_packed(array):
    with pytest.raises(ValueError, match="y expected an array of numbers, got dtype"):
        pack({}, {"y": array})


def test_a_nan_is_not_packed_as_json():
    with pytest.raises(ValueError, match="not JSON"):
        pack({"loss": float("nan")}, {})


def announce(header, data=b""):
    """A parcel of one array with this .npy header."""
    text = header.encode() + b"\n"
    return b'{"head": {}, "names": ["y"]}\n\x93NUMPY\x01\x00' + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"[]\n",
        b"[" * 100_000 + b"\n",
        b'{"head": ' + b" " * 2**18 + b'{}, "names": []}\n',
        b'{"head": NaN, "names": []}\n',
        b'{"head": Infinity, "names": []}\n',
        b'{"head": {}, "names": 3}\n',
        b'{"head": {}, "names": []}\nmore',
        b'{"head": {}, "names": ["y", "y"]}\n' + GOOD.split(b"\n", 1)[1] * 2,
        GOOD[:-1],
        GOOD + b"x",
        GOOD.replace(b"NUMPY\x01", b"NUMPY\x02"),
        pickle.dumps(print),
        announce("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps([print])),
        announce("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }"),
        announce("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", bytes(8)),
        announce("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }", bytes(8)),
        announce("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 5000 + ")" * 5000 + ", }"),
        announce("{'descr': '<f8', 'fortran_order': False, 'shape': (1L,), }", bytes(7)),
        announce("__import__('os').abort()"),
        announce(" " * 60_000),
    ],
)
@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
def test_what_was_not_packed_is_refused(data):
    with pytest.raises(ValueError):
        unpack(data)
