"""Examples from a file, in the form that a trained run takes."""

import warnings
from pathlib import Path

import numpy as np

from layers.guards import batch
from threestep.data import DataError
from threestep.data.dataset import not_finite
from threestep.data.tables import as_floats, numbers, read_table


def read_inputs(path, shape, columns=None, delimiter=",", pixels=False):
    """The examples in a file, float32 (N, *shape).

        .npy, .npz    (N, *shape), or one example; images may lack the axis of their one channel. Of several arrays in
                      an .npz the one called x. Bytes are divided by 255 where the run has seen pixels.
        .csv          a table with a header line: the columns of these names in any place, others left aside; without
                      names all columns in order, as many as an example has entries.

    Args:
        shape: one example's. columns: the names of a table that was trained on. delimiter: between a table's cells.
        pixels: whether the run has seen numbers in [0, 1] only.

    Raises DataError for a file that is missing, is something else, holds NaN or infinity, or does not fit.
    """
    path = Path(path)
    readers = {".npy": read_arrays, ".npz": read_arrays, ".csv": None}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path}: expected a file that ends in {', '.join(readers)}")
    if path.suffix.lower() == ".csv":
        x = fit_shape(path, read_columns(path, columns, delimiter, shape), shape)
    else:
        x = fit_shape(path, read_arrays(path), shape)
        if x.dtype == np.uint8 and pixels and (len(shape) > 1 or x.max(initial=0) > 1):
            warnings.warn(f"{path} holds bytes, taken for pixels: they are divided by 255", stacklevel=2)
            x = x / np.float32(255)
    if wrong := not_finite("x", x):
        raise DataError(f"{path}: {wrong}")
    if pixels and x.size and (x.max() > 1.5 or x.min() < -0.5):
        warnings.warn(
            f"{path} holds numbers from {x.min():.4g} to {x.max():.4g}, but the run was trained on numbers in [0, 1]",
            stacklevel=2,
        )
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    if wrong := not_finite("x as float32", x):
        raise DataError(f"{path}: {wrong}")
    return x


def read_arrays(path):
    """The array of an .npy file, or the one called x, or the only one, of an .npz file."""
    try:
        with open(path, "rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return require_numbers(path, found)
            name = "x" if "x" in found.files else found.files[0] if len(found.files) == 1 else None
            if name is not None:
                return require_numbers(path, found[name])
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{path.absolute()} not found") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # what NumPy and zipfile raise for a file that is something else depends on its bytes
        unsafe = "pickle" in str(error)  # NumPy advises to allow it
        why = "it is no NumPy file, or holds Python's objects" if unsafe else error
        raise DataError(f"{path} cannot be read as arrays of numbers: {why}") from None
    raise DataError(f"{path}: expected an array x, or one array alone, got {', '.join(found.files) or 'none'}")


def require_numbers(path, array):
    if array.dtype.kind not in "biuf":
        raise DataError(f"{path}: holds {array.dtype}, expected numbers")
    return array


def fit_shape(path, x, shape):
    """x as (N, *shape)."""
    if x.shape == shape:
        return x[None]
    if shape[-1:] == (1,) and len(shape) > 1 and x.shape == shape[:-1]:
        return x[None, ..., None]
    if shape[-1:] == (1,) and len(shape) > 1 and x.shape[1:] == shape[:-1]:
        return x[..., None]
    if x.shape[1:] != shape or not x.ndim:
        raise DataError(f"{path}: expected examples of shape {batch(shape)}, or one {shape}, got {x.shape}")
    return x


def read_columns(path, columns, delimiter, shape):
    """The table's columns that count, float32 (N, D), or (N, *shape) where they are as many as its entries."""
    names, lines, cells = read_table(path.absolute(), delimiter, [])
    if columns is None:
        if len(names) != np.prod(shape, dtype=int):
            entries = " x ".join(map(str, shape))
            raise DataError(f"{path}: {len(names)} columns, expected {np.prod(shape, dtype=int)} for {entries} entries")
        if as_floats(names) is not None:
            warnings.warn(f"{path}, line 1 is taken for the columns' names, though it holds numbers", stacklevel=2)
        return numbers(path, lines, cells, names).reshape(len(lines), *shape)
    missing = [name for name in columns if name not in names]
    if missing:
        raise DataError(f"{path}, line 1: no column {', '.join(map(repr, missing))}. There are: {', '.join(names)}")
    return numbers(path, lines, cells, columns)
