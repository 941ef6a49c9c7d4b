"""Checkpoints: named arrays and facts in one file, saved whole or not at all, and verified before anything is used.

A checkpoint is a zip archive, so that np.load and unzip open it. Its members are stored, not deflated: manifest.json,
{"format": 1, "arrays": {name: [dtype, shape]}, "facts": {...}}, then NAME.npy for each array. The archive's comment,
the last 64 bytes of the file, is the SHA-256 of all bytes before it in hexadecimal digits. All bytes but the contents
follow from the manifest, so a reader compares them instead of interpreting them: no header in a file can make it
allocate, run or write anything.
"""

import copy
import json
import struct
import zlib
from hashlib import sha256
from pathlib import Path, PureWindowsPath

import numpy as np

from .errors import CheckpointError, describe
from .files import write_whole

FORMAT = 1
MANIFEST = "manifest.json"
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
SEAL = 64  # the SHA-256's hexadecimal digits
LOCAL = struct.Struct("<4s5H3I2H")
LOCAL_SIZES = struct.Struct("<2H2Q")
CENTRAL = struct.Struct("<4s6H3I5H2I")
CENTRAL_SIZES = struct.Struct("<2H3Q")
END = struct.Struct("<4sQ2H2I4Q4sIQI4s4H2IH")
IN_64_BITS = 0xFFFFFFFF  # zip's word for: see the 64-bit field. Always used, so that large files are nothing special


def save(path, model):
    """Writes parameters and state of a built model into a checkpoint, exactly.

    The file appears under its name only when it is complete and on the disk, so a failure leaves what was there.

    Raises CheckpointError where the file cannot be written, ValueError for a model that is not built, or a part of a
    model that uses the parameters of another part.
    """
    if not model.built:
        raise ValueError("the model is not built, so there is nothing to save")
    inside = {id(layer) for layer in model.walk()}
    if any(layer.params and id(layer._owned) not in inside for layer in model.walk()):
        raise ValueError(f"{model.label} uses parameters of a layer outside it: save the whole model")
    write_checkpoint(path, model_arrays(model), {"input_shape": model.input_shape})


def load(path, model):
    """Fills the model with the parameters and state of a file; builds it first if it is not built. Returns the model.

    What else a run keeps in its checkpoints is left aside. The mode, training or evaluation, stays.

    Raises CheckpointError, before anything is changed, for a file that is missing or damaged, or holds another model.
    """
    arrays, facts = read_checkpoint(path)
    if "input_shape" not in facts:
        raise CheckpointError(f"{path} holds no weights of a model")
    input_shape = read_shape(path, facts["input_shape"])
    if not model.built:
        weights = (array for name, array in arrays.items() if is_weights(name))
        dtype = next((array.dtype for array in weights if array.dtype.kind == "f"), np.float32)
        try:
            trial = copy.deepcopy(model)
            trial.build(input_shape, dtype=dtype)
            fill_model(path, arrays, trial)
            model.build(input_shape, dtype=dtype)
        except (ValueError, TypeError, MemoryError) as error:
            raise CheckpointError(f"{path} does not fit this model: {error}") from None
    fill_model(path, arrays, model)
    return model


def read_shape(path, shape):
    """One example's shape, or a tuple of them for several inputs, from the lists that JSON has for tuples."""
    parts = shape if isinstance(shape, list) else [None]
    if not all(type(n) is int and n >= 0 for part in parts for n in (part if isinstance(part, list) else [part])):
        raise CheckpointError(f"{path} holds no weights of a model: its input_shape is {str(shape)[:40]}")
    return tuple(tuple(part) if isinstance(part, list) else part for part in parts)


def is_weights(name):
    return name.startswith(("params/", "state/"))


def model_arrays(model):
    """{"params/NAME": array, "state/NAME": array} of a built model: its own arrays, not copies."""
    arrays = {f"params/{name}": array for name, array in model.params.items()}
    return arrays | {f"state/{name}": array for name, array in model.state.items()}


def fill_model(path, arrays, model):
    """Copies a checkpoint's parameters and state into a built model, once all of them are known to fit.

    Raises CheckpointError, before anything is changed, that names `path` and the array that does not fit.
    """
    mine, theirs = model_arrays(model), {name: array for name, array in arrays.items() if is_weights(name)}
    kinds = {"params": "parameter", "state": "state"}
    for name in [*mine, *theirs]:
        kind, key = name.split("/", 1)
        if name not in theirs:
            raise CheckpointError(f"{path} does not fit this model: {describe(model, key)} is not in the file")
        if name not in mine:
            raise CheckpointError(f"{path} does not fit this model: it has no place for {kinds[kind]} {key}")
        saved, here = theirs[name], mine[name]
        if saved.shape != here.shape or saved.dtype != here.dtype:
            dtypes = (f"{saved.dtype} ", f"{here.dtype} ") if saved.dtype != here.dtype else ("", "")
            raise CheckpointError(
                f"{path} does not fit this model: {describe(model, key)} is {dtypes[0]}{saved.shape} in the file, "
                f"{dtypes[1]}{here.shape} here (layers are counted from 0)."
            )
    for name, array in theirs.items():
        mine[name][...] = array


def write_checkpoint(path, arrays, facts):
    """Writes a checkpoint, whole or not at all; the same contents give the same bytes.

    Args:
        arrays: {name: array} of booleans, integers and floats of up to 64 bits. facts: a dict of what JSON has, keys
        being texts; whole numbers of any size, floats and infinities come back exactly, tuples as lists.

    Raises CheckpointError where the file cannot be written, ValueError for a name or an array that it cannot hold,
    TypeError or ValueError for facts that JSON does not have.
    """
    arrays = {name: portable(name, np.asarray(array)) for name, array in arrays.items()}
    kinds = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    manifest = json.dumps({"format": FORMAT, "arrays": kinds, "facts": facts}).encode()

    def write(file):
        digest = sha256()
        for piece in pieces(manifest, arrays):
            file.write(piece)
            digest.update(piece)
        file.write(digest.hexdigest().encode())

    try:
        write_whole(path, write)
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"cannot save {path}: {reason}; what was there before is whole") from error


def portable(name, array):
    """The array in little-endian order; ValueError where it or its name cannot be in a checkpoint."""
    check_name(name)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype.str not in DTYPES:
        raise ValueError(f"{name} is {array.dtype}; a checkpoint holds booleans, integers and floats of up to 64 bits")
    return array


def check_name(name):
    """ValueError for a name that would lead an unpacked member out of its folder, on any system."""
    path = PureWindowsPath(name)  # knows what other systems' paths know, and drives and backslashes
    if not path.parts or path.anchor or ".." in path.parts or "\0" in name or len(name) > 1000:
        raise ValueError(f"{name[:60]!r} is no name for an array")


def read_checkpoint(path):
    """(arrays, facts) of a checkpoint, verified: its SHA-256, its manifest, and every other byte against the manifest.

    The arrays are fresh, writable and in C order. Nothing is unpickled, and no name in the file is looked up anywhere.

    Raises CheckpointError for a file that is missing, empty, damaged, no checkpoint, or of a newer format. Where
    best.npz or last.npz is refused and the other of the two is whole, the message says so.
    """
    path = Path(path)
    try:
        return parse_checkpoint(read_bytes(path), path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}{other_checkpoint(path)}") from None


def other_checkpoint(path):
    """What to say of the other checkpoint in a run's folder: nothing unless it is whole."""
    others = {"best.npz": "last.npz", "last.npz": "best.npz"}
    if path.name not in others:
        return ""
    other = path.with_name(others[path.name])
    try:
        _, facts = parse_checkpoint(read_bytes(other), other)
    except CheckpointError:
        return ""
    epoch = f" (epoch {facts['epoch']})" if isinstance(facts.get("epoch"), int) else ""
    return f". The other checkpoint is whole: {other}{epoch}."


def read_bytes(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"{path.absolute()} not found") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from None


def parse_checkpoint(data, path):
    """(arrays, facts) of a checkpoint's bytes, as read_checkpoint; `path` is for its messages."""
    if not data:
        raise CheckpointError(f"{path} is empty")
    if sha256(memoryview(data)[:-SEAL]).hexdigest().encode() != data[-SEAL:]:
        if MANIFEST.encode() in data[:SEAL] or data[-SEAL - 22 : -SEAL - 18] == b"PK\5\6":
            raise CheckpointError(f"{path} is truncated or damaged: its SHA-256 is not the one it was written with")
        raise CheckpointError(f"{path} is not a threestep checkpoint")
    try:
        start = LOCAL.size + len(MANIFEST) + LOCAL_SIZES.size
        manifest = data[start : start + LOCAL_SIZES.unpack_from(data, start - LOCAL_SIZES.size)[3]]
        kinds, facts = read_manifest(manifest)
        arrays, position = {}, start + len(manifest)
        for name, (dtype, shape) in kinds.items():
            position += LOCAL.size + len(member_name(name)) + LOCAL_SIZES.size + len(npy_header(dtype, shape))
            arrays[name] = np.ndarray(shape, dtype, buffer=data, offset=position)
            position += arrays[name].nbytes
        position = 0
        for piece in pieces(manifest, arrays):
            if not data.startswith(piece, position):
                raise ValueError(f"byte {position} and those after it are not what its manifest asks for")
            position += len(piece)
        if position != len(data) - SEAL:
            raise ValueError(f"it has bytes that its manifest does not ask for, from {position} on")
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read as a checkpoint: {error}") from None
    return {name: array.astype(array.dtype.newbyteorder("=")) for name, array in arrays.items()}, facts


def read_manifest(text):
    """({name: (dtype, shape)}, facts) of a manifest; ValueError for what is none."""
    manifest = json.loads(text.decode())
    version = manifest.get("format") if isinstance(manifest, dict) else None
    if type(version) is int and version > FORMAT:
        raise ValueError(f"its format is {version}, of a newer threestep; this one reads {FORMAT}")
    if type(version) is not int or version != FORMAT or manifest.keys() != {"format", "arrays", "facts"}:
        raise ValueError(f"its manifest expected format {FORMAT}, arrays and facts")
    kinds, facts = manifest["arrays"], manifest["facts"]
    if not isinstance(kinds, dict) or not isinstance(facts, dict):
        raise ValueError("its manifest expected arrays and facts to be objects")
    for name, kind in kinds.items():
        check_name(name)
        if not isinstance(kind, list) or len(kind) != 2 or kind[0] not in DTYPES or not isinstance(kind[1], list):
            raise ValueError(f"its manifest expected [dtype, shape] for {name}, got {str(kind)[:60]}")
        if not all(type(n) is int and n >= 0 for n in kind[1]):
            raise ValueError(f"its manifest expected lengths in the shape of {name}, got {str(kind[1])[:60]}")
    return {name: (dtype, tuple(shape)) for name, (dtype, shape) in kinds.items()}, facts


def pieces(manifest, arrays):
    """The bytes of a checkpoint, piece by piece, up to its SHA-256: members, their directory, and its end."""
    directory, position = [], 0
    for name in [None, *arrays]:
        if name is None:
            member, start, content = MANIFEST.encode(), b"", manifest
        else:
            array = arrays[name]
            member, start, content = member_name(name), npy_header(array.dtype.str, array.shape), array.tobytes()
        size, crc = len(start) + len(content), zlib.crc32(content, zlib.crc32(start))
        # as zip has it: version 4.5, names in UTF-8, stored, midnight of 1 January 1980
        fixed = (45, 0x800, 0, 0, 0x21, crc, IN_64_BITS, IN_64_BITS, len(member))
        header = LOCAL.pack(b"PK\3\4", *fixed, LOCAL_SIZES.size) + member + LOCAL_SIZES.pack(1, 16, size, size)
        readable = 0o100644 << 16  # a file of Unix, as unzip unpacks it
        entry = CENTRAL.pack(b"PK\1\2", 3 << 8 | 45, *fixed, CENTRAL_SIZES.size, 0, 0, 0, readable, IN_64_BITS)
        directory.append(entry + member + CENTRAL_SIZES.pack(1, 24, size, size, position))
        yield header + start
        yield content
        position += len(header) + size
    count, entries = len(directory), b"".join(directory)
    end = (b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(entries), position)
    locator = (b"PK\6\7", 0, position + len(entries), 1)
    yield entries + END.pack(*end, *locator, b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, IN_64_BITS, IN_64_BITS, SEAL)


def member_name(name):
    return f"{name}.npy".encode()


def npy_header(dtype, shape):
    """What stands before an array's bytes in an .npy file of version 1.0, padded to 64 bytes."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()
