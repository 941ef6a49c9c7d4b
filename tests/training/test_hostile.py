"""Files made to do harm. Each has a right SHA-256, so that it is the structure that is refused."""

import io
import json
import pickle
import struct
import sys
import tracemalloc
import zipfile
import zlib
from hashlib import sha256
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.reliability.flips import flipped
from threestep.training import CheckpointError
from threestep.training.storage import npy_header, parse_checkpoint, pieces, read_checkpoint, write_checkpoint

W = np.arange(6, dtype=np.float32).reshape(2, 3)
ARRAYS = {"params/0.W": W, "params/0.b": np.zeros(2, np.float32)}
HEADER = npy_header("<f4", (2, 3))
KINDS = {name: [array.dtype.str, list(array.shape)] for name, array in ARRAYS.items()}
TERABYTES = [10**6, 10**7]


def seal(body):
    """The bytes with their SHA-256 behind them."""
    return body + sha256(body).hexdigest().encode()


RIGHT = {"format": 1, "arrays": KINDS, "facts": {}}


def checkpoint(manifest=RIGHT, arrays=ARRAYS):
    """A checkpoint whose layout is right and whose manifest, bytes or what JSON has, is what it is told to be."""
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return seal(b"".join(pieces(text, arrays)))


class Lie:
    """W, said to be of another dtype and shape."""

    def __init__(self, dtype, shape):
        self.dtype, self.shape = SimpleNamespace(str=dtype), tuple(shape) if isinstance(shape, list) else shape

    def tobytes(self):
        return W.tobytes()


def kind(dtype, shape):
    """A checkpoint whose manifest and headers agree on the dtype and shape of an array that has another."""
    return checkpoint({"format": 1, "arrays": {"w": [dtype, shape]}, "facts": {}}, {"w": Lie(dtype, shape)})


def named(name):
    """A checkpoint with an array of this name."""
    return checkpoint(RIGHT | {"arrays": {name: ["<f4", [2, 3]]}}, {name: W})


def edited(old, new, place=0):
    """A right checkpoint with some bytes replaced; place says which of their occurrences, as an index."""
    body = checkpoint()[:-64]
    at = [i for i in range(len(body)) if body.startswith(old, i)][place]
    return seal(body[:at] + new + body[at + len(old) :])


def header(new):
    """A right checkpoint with another header of an array."""
    return edited(HEADER, new)


def npy_text(text, version=(1, 0)):
    """An .npy header that says this text."""
    text = text.encode().ljust(len(HEADER) - 11) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text


def archive(members, compression=zipfile.ZIP_STORED, prefix=b""):
    """A zip archive of any members, as zipfile writes it, with its SHA-256 as the comment."""
    file = io.BytesIO()
    file.write(prefix)
    with zipfile.ZipFile(file, "a" if prefix else "w", compression) as writer:
        for name, content in members:
            writer.writestr(zipfile.ZipInfo(name), content, compression)
        writer.comment = b"0" * 64
    return seal(file.getvalue()[:-64])


def members(**changes):
    """The members of a right checkpoint, some of them replaced."""
    with zipfile.ZipFile(io.BytesIO(checkpoint())) as reader:
        return list(({name: reader.read(name) for name in reader.namelist()} | changes).items())


def npy(array):
    """The bytes of an .npy file, pickled where it takes it."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def twice():
    """An archive with a member twice, of which the last one would win."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        return archive([*members(), (NPY, npy(W + 1))])


class Harm:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return exec, ("import sys; sys.harm_is_done = True",)


NPY = "params/0.W.npy"
LOCAL, END = b"PK\3\4", b"PK\5\6"
MEMBER = LOCAL + checkpoint().split(LOCAL)[2]  # params/0.W.npy
LAST = checkpoint().split(b"PK\6\6")[0][-8:]  # where the directory says that the last member starts
CHECK_SUM = struct.pack("<I", zlib.crc32(HEADER + W.tobytes()))
MODERN = struct.pack("<2H", 45, 0x800)  # version and flags of every member
FILES = {
    "no bytes but the hash": lambda: seal(b""),
    "zeros": lambda: seal(bytes(5000)),
    "a pickle": lambda: seal(pickle.dumps(Harm())),
    "an empty archive": lambda: archive([]),
    "no manifest": lambda: archive(members()[1:]),
    "the manifest last": lambda: archive(members()[::-1]),
    "a bomb, deflated": lambda: archive(members(**{NPY: bytes(10**8)}), zipfile.ZIP_DEFLATED),
    "a manifest that is a bomb": lambda: archive([("manifest.json", b" " * 10**8)], zipfile.ZIP_DEFLATED),
    "bzip2": lambda: archive(members(), zipfile.ZIP_BZIP2),
    "lzma": lambda: archive(members(), zipfile.ZIP_LZMA),
    "a member beside the manifest's": lambda: archive([*members(), ("x.npy", npy(W))]),
    "a member that is missing": lambda: archive(members()[:-1]),
    "a member above the folder": lambda: archive([*members(), ("../x.npy", npy(W))]),
    "an absolute member": lambda: archive([*members(), ("/tmp/x.npy", npy(W))]),
    "a pickled member": lambda: archive(members(**{NPY: npy(np.array([Harm()]))})),
    "a pickle as a member": lambda: archive(members(**{NPY: pickle.dumps(Harm())})),
    "junk before": lambda: archive(members(), prefix=b"#!/bin/sh\n"),
    "junk before ours": lambda: seal(b"MZ" + checkpoint()[:-64]),
    "junk behind ours": lambda: seal(checkpoint()[:-64] + b"x"),
    "a checkpoint behind ours": lambda: seal(checkpoint() + checkpoint()[:-64]),
    "junk between members": lambda: edited(LOCAL, b"junk" + LOCAL, 1),
    "a member twice": lambda: edited(MEMBER, 2 * MEMBER),
    "a member twice, as zipfile has it": twice,
    "an entry twice": lambda: edited(b"params/0.b.npy", b"params/0.W.npy", -1),
    "another name in the directory": lambda: edited(b"params/0.W.npy", b"../../etc/cron", -1),
    "encrypted": lambda: edited(LOCAL + MODERN, LOCAL + struct.pack("<2H", 45, 0x801), 1),
    "encrypted in the directory": lambda: edited(MODERN, struct.pack("<2H", 45, 0x801), -1),
    "deflated, as the header has it": lambda: edited(LOCAL + MODERN + b"\0", LOCAL + MODERN + b"\x08", 1),
    "deflated, as the directory has it": lambda: edited(MODERN + b"\0", MODERN + b"\x08", -1),
    "sizes of terabytes": lambda: edited(struct.pack("<2Q", 152, 152), struct.pack("<2Q", 40 << 40, 40 << 40)),
    "sizes of terabytes in the directory": lambda: edited(
        struct.pack("<2Q", 152, 152), bytes(7) + b"\1" + bytes(8), -1
    ),
    "a manifest of terabytes": lambda: edited(b"\1\0\x10\0", b"\1\0\x10\0" + struct.pack("<2Q", 40 << 40, 40 << 40)),
    "a field of 64 bits that is not": lambda: edited(b"\1\0\x18\0", b"\1\0\x08\0", 1),
    "sizes of 32 bits": lambda: edited(b"\xff" * 8, struct.pack("<2I", 152, 152), 1),
    "members that overlap": lambda: edited(LAST, bytes(8), -1),
    "the end of 64 bits elsewhere": lambda: edited(b"PK\6\7" + bytes(4), b"PK\6\7" + bytes(4) + b"\xff" * 8, -1),
    "more entries than there are": lambda: edited(struct.pack("<2Q", 3, 3), struct.pack("<2Q", 2**63, 2**63)),
    "another disk": lambda: edited(END + b"\0\0", END + b"\1\0", -1),
    "a longer comment": lambda: edited(b"\xff" * 12 + b"\x40\0", b"\xff" * 12 + b"\x41\0", -1),
    "another check sum": lambda: edited(CHECK_SUM, bytes(4)),
    "no .npy": lambda: header(b"\x93NUMPX" + HEADER[6:]),
    "an .npy of version 2": lambda: header(
        npy_text("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", (2, 0))
    ),
    "an .npy of version 255": lambda: header(npy_text("{}", (255, 255))),
    "a header of 65,535 bytes": lambda: header(HEADER[:8] + b"\xff\xff" + HEADER[10:]),
    "a header of 10 MB": lambda: header(npy_text("{" + " " * 10**7, (2, 0))),
    "a nested header": lambda: header(npy_text("(" * 30_000 + ")" * 30_000)),
    "a header that calls": lambda: header(npy_text("__import__('sys').__dict__.update(harm_is_done=True)")),
    "Fortran order": lambda: header(HEADER.replace(b"False, ", b"True,  ")),
    "another shape in the header": lambda: header(HEADER.replace(b"(2, 3)", b"(3, 2)")),
    "terabytes in the header": lambda: header(npy_text(f"{{'descr': '<f4', 'shape': {(10**13,)}}}")),
    "objects in the header": lambda: header(HEADER.replace(b"<f4", b"|O8")),
    "big-endian in the header": lambda: header(HEADER.replace(b"<f4", b">f4")),
    "terabytes": lambda: kind("<f4", TERABYTES),
    "one number more": lambda: kind("<f4", [7]),
    "one number less": lambda: kind("<f4", [5]),
    "more than a size can say": lambda: kind("<f4", [2**62, 2**62]),
    "a length of 400 digits": lambda: kind("<f4", [10**400]),
    "no numbers, in a length of 400 digits": lambda: kind("<f4", [0, 10**400]),
    "100 axes": lambda: kind("<f4", [1] * 100),
    "negative lengths": lambda: kind("<f4", [-2, -3]),
    "a length that is negative": lambda: kind("<f4", [-1]),
    "a length that is not finite": lambda: kind("<f4", [float("nan")]),
    "infinite lengths": lambda: kind("<f4", [float("inf"), 3]),
    "lengths that are floats": lambda: kind("<f4", [2.0, 3.0]),
    "lengths that are truths": lambda: kind("|u1", [True, 24]),
    "a shape that is text": lambda: kind("<f4", "23"),
    "a shape that is an object": lambda: checkpoint(RIGHT | {"arrays": {"w": ["<f4", {}]}}, {"w": np.float32(1)}),
    "a shape that is a number": lambda: kind("<f4", 6),
    "objects": lambda: kind("|O", [3]),
    "big-endian": lambda: kind(">f4", [2, 3]),
    "dates": lambda: kind("<M8[s]", [3]),
    "texts": lambda: kind("<U2", [3]),
    "nothing, often": lambda: kind("|V0", [10**12]),
    "a dtype with parts": lambda: kind("f4,f4", [3]),
    "a dtype that is a list": lambda: kind([["a", "<f4"], ["b", "<f4"]], [3]),
    "a dtype by another name": lambda: kind("float32", [2, 3]),
    "a dtype with a shape": lambda: kind("(1000000,)f4", [0, 3]),
    "an array that is not there": lambda: checkpoint(arrays={"params/0.W": W}),
    "an array that the manifest lacks": lambda: checkpoint(arrays=ARRAYS | {"x": W}),
    "arrays in another order": lambda: checkpoint(arrays=dict(reversed(ARRAYS.items()))),
    "a name above the folder": lambda: named("../../x"),
    "a name above the folder, of Windows": lambda: named("..\\x"),
    "an absolute name": lambda: named("/tmp/x"),
    "a name on a drive": lambda: named("C:x"),
    "an empty name": lambda: named(""),
    "a name with a zero": lambda: named("x\0"),
    "a name that is half a character": lambda: checkpoint(RIGHT | {"arrays": {"\ud800": ["<f4", [2, 3]]}}, {"x": W}),
    "a name of 60,000 letters": lambda: named("x" * 60_000),
}
MANIFESTS = {
    "nothing": b"",
    "no JSON": b"{'format': 1}",
    "a pickle": pickle.dumps(Harm()),
    "a nested list": b"[" * 10**6 + b"]" * 10**6,
    "nested facts": b'{"format": 1, "arrays": {}, "facts": ' + b'{"a":' * 10**5 + b"1" + b"}" * 10**5 + b"}",
    "a list": [1, {}, {}],
    "a number": 1,
    "null": None,
    "UTF-16": json.dumps({"format": 1, "arrays": {}, "facts": {}}).encode("utf-16"),
    "bytes that are no text": b'{"format": 1, "arrays": {}, "facts": {"a": "\xff"}}',
    "a number of 5,000 digits": b'{"format": 1, "arrays": {}, "facts": {"a": ' + b"9" * 5000 + b"}}",
    "no facts": {"format": 1, "arrays": KINDS},
    "more than it should": {"format": 1, "arrays": KINDS, "facts": {}, "module": "os"},
    "facts that are a list": {"format": 1, "arrays": KINDS, "facts": []},
    "arrays that are a list": {"format": 1, "arrays": list(KINDS.items()), "facts": {}},
    "an array that is text": {"format": 1, "arrays": {"params/0.W": "<f4"}, "facts": {}},
    "an array of one part": {"format": 1, "arrays": {"params/0.W": ["<f4"]}, "facts": {}},
    "an array that is an object": {"format": 1, "arrays": {"params/0.W": {"<f4": 1, "shape": [2, 3]}}, "facts": {}},
    "an array that is null": {"format": 1, "arrays": {"params/0.W": None}, "facts": {}},
    "format 0": {"format": 0, "arrays": KINDS, "facts": {}},
    "format true": {"format": True, "arrays": KINDS, "facts": {}},
    "format 1.0": {"format": 1.0, "arrays": KINDS, "facts": {}},
    "a format that is text": {"format": "1", "arrays": KINDS, "facts": {}},
    "a format that is a list": {"format": [2], "arrays": KINDS, "facts": {}},
}
FILES |= {f"a manifest: {name}": lambda m=manifest: checkpoint(m) for name, manifest in MANIFESTS.items()}


def test_what_is_not_changed_is_read(tmp_path):
    (tmp_path / "w.npz").write_bytes(checkpoint())
    arrays, facts = read_checkpoint(tmp_path / "w.npz")
    assert arrays.keys() == ARRAYS.keys() and np.array_equal(arrays["params/0.W"], W) and facts == {}
    write_checkpoint(tmp_path / "again.npz", ARRAYS, {})
    assert (tmp_path / "again.npz").read_bytes() == checkpoint()
    parse_checkpoint(named("a/..b"), "w.npz")


@pytest.mark.parametrize("name", FILES)
def test_hostile_files_are_refused(tmp_path, name):
    path = tmp_path / "run" / "last.npz"
    path.parent.mkdir()
    path.write_bytes(FILES[name]())
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError) as caught:
            read_checkpoint(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(f"{path} cannot be read as a checkpoint: ")
    assert len(str(caught.value)) < len(str(path)) + 300
    assert peak < 64e6
    assert not hasattr(sys, "harm_is_done")
    assert set(tmp_path.rglob("*")) == {path.parent, path}


def test_every_bit_is_what_the_manifest_and_the_check_sums_ask_for():
    right = checkpoint()
    for bit in range(8 * (len(right) - 64)):
        with pytest.raises(CheckpointError, match="cannot be read as a checkpoint: "):
            parse_checkpoint(seal(flipped(right, bit)[:-64]), "w.npz")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a manifest: a number", "its manifest expected format 1, arrays and facts"),
        ("a manifest: a format that is text", "its manifest expected format 1, arrays and facts"),
        ("a manifest: facts that are a list", "its manifest expected arrays and facts to be objects"),
        ("a manifest: an array that is text", "its manifest expected [dtype, shape] for params/0.W, got <f4"),
        ("a shape that is text", "its manifest expected [dtype, shape] for w, got ['<f4', '23']"),
        ("negative lengths", "its manifest expected lengths in the shape of w, got [-2, -3]"),
        ("lengths that are floats", "its manifest expected lengths in the shape of w, got [2.0, 3.0]"),
        ("junk behind ours", "it has bytes that its manifest does not ask for, from 937 on"),
        ("junk between members", "byte 160 and those after it are not what its manifest asks for"),
        ("a name on a drive", "'C:x' is no name for an array"),
    ],
)
def test_what_is_wrong_is_told(name, said):
    with pytest.raises(CheckpointError) as caught:
        parse_checkpoint(FILES[name](), "w.npz")
    assert str(caught.value) == f"w.npz cannot be read as a checkpoint: {said}"


@pytest.mark.parametrize("version", [2, 10**30])
def test_a_newer_format_is_told(version):
    data = checkpoint({"format": version, "weights": []}, {})
    with pytest.raises(CheckpointError, match=rf"its format is {version}, of a newer threestep; this one reads 1$"):
        parse_checkpoint(data, "w.npz")
