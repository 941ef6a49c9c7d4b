"""Weights in a file: saved whole or not at all, loaded only where they fit."""

import copy
import json
import os
from pathlib import Path

import numpy as np

from .errors import CheckpointError, describe


def save(path, model):
    """Writes parameters and state of a built model into an .npz file, exactly.

    The file appears under its name only when it is complete and on the disk, so a failure leaves what was there.

    Raises ValueError for a model that is not built, or a part of a model that uses the parameters of another part.
    """
    if not model.built:
        raise ValueError("the model is not built, so there is nothing to save")
    inside = {id(layer) for layer in model.walk()}
    if any(layer.params and id(layer._owned) not in inside for layer in model.walk()):
        raise ValueError(f"{model.label} uses parameters of a layer outside it: save the whole model")
    arrays = {f"params/{name}": array for name, array in model.params.items()}
    arrays |= {f"state/{name}": array for name, array in model.state.items()}
    write_whole(path, lambda file: np.savez(file, input_shape=np.array(json.dumps(model.input_shape)), **arrays))


def load(path, model):
    """Fills the model with the parameters and state of a file; builds it first if it is not built. Returns the model.

    Raises CheckpointError, before anything is changed, for a file that is missing or corrupt, or holds another model.
    """
    arrays = read_arrays(path)
    if "input_shape" not in arrays:
        raise CheckpointError(f"{path} holds no weights of a model")
    input_shape = read_shape(path, arrays.pop("input_shape"))
    if not model.built:
        dtype = next((array.dtype for array in arrays.values() if array.dtype.kind == "f"), np.float32)
        try:
            trial = copy.deepcopy(model)
            trial.build(input_shape, dtype=dtype)
            fill_model(path, arrays, trial)
            model.build(input_shape, dtype=dtype)
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{path} does not fit this model: {error}") from None
    fill_model(path, arrays, model)
    return model


def read_shape(path, text):
    """One example's shape, or a tuple of them for several inputs, as `save` wrote it."""
    try:
        shape = json.loads(str(text))
        return tuple(tuple(part) if isinstance(part, list) else int(part) for part in shape)
    except (ValueError, TypeError):
        raise CheckpointError(f"{path} cannot be read as weights: its input_shape is {str(text)[:40]!r}") from None


def fill_model(path, arrays, model):
    """Copies the arrays into a built model, once all of them are known to fit."""
    mine = {f"params/{name}": array for name, array in model.params.items()}
    mine |= {f"state/{name}": array for name, array in model.state.items()}
    for name in [*mine, *arrays]:
        kind, key = name.split("/", 1) if "/" in name else ("", name)
        if name not in arrays:
            raise CheckpointError(f"{path} does not fit this model: {describe(model, key)} is not in the file")
        if name not in mine:
            raise CheckpointError(f"{path} does not fit this model: it has no place for {kind} {key}")
        theirs, here = arrays[name], mine[name]
        if theirs.shape != here.shape or theirs.dtype != here.dtype:
            raise CheckpointError(
                f"{path} does not fit this model: {describe(model, key)} is {theirs.dtype} {theirs.shape} in the file, "
                f"{here.dtype} {here.shape} here (layers are counted from 0)"
            )
    for name, array in arrays.items():
        mine[name][...] = array


def read_arrays(path):
    """All arrays of an .npz file, none of them pickled."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        raise CheckpointError(f"{Path(path).absolute()} not found") from None
    except Exception as error:  # a corrupt zip raises anything: BadZipFile, NotImplementedError, struct.error, ...
        raise CheckpointError(f"{path} cannot be read as weights: {error}") from None


def write_whole(path, write):
    """Calls write(file) on a temporary file beside `path`, brings it to the disk, and gives it the name in one move."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
