"""NPZ: arrays that somebody saved with numpy.savez as a data set."""

import numpy as np

from .dataset import DataError, Dataset, absolute, not_finite, split_file


class NPZ(Dataset):
    """The arrays x and y of an .npz file; or x_train and y_train. Where x_test and y_test are there too, they are test.

    x (N, ...), float32. Bytes (uint8) are taken for pixels: they are divided by 255, so that they lie in [0, 1], and
    images of them (N, H, W) get a channel axis, (N, H, W, 1). Other numbers keep their values and shape.

    y: whole numbers (N,) are labels, int64, of as many classes as the largest + 1; other numbers are quantities,
    float32, (N,) or (N, M).

    Args:
        path: the file. valid, test: a share or a number of examples, drawn from `seed`, stratified for labels; `test`
        says nothing where the file has x_test.

    Raises DataError, with file and array, for what cannot be read as such arrays; pickled objects are never loaded.
    """

    def __init__(self, path, valid=0.1, test=0.2, seed=0):
        path = absolute(path)
        arrays = read_arrays(path)
        names = list(arrays)
        for x, y in zip(names[::2], names[1::2], strict=True):
            require_pair(path, x, arrays[x], y, arrays[y])
        for first, other in zip(names[:2], names[2:], strict=False):  # nothing where the file has no test part
            require_alike(path, first, arrays[first], other, arrays[other])
        x, y, *given = (
            as_inputs(path, name, array) if name.startswith("x") else as_targets(path, name, array)
            for name, array in arrays.items()
        )
        classes = None
        if y.dtype.kind == "i":
            classes = 1 + int(max(part.max() for part in (y, *given[1:])))
            if y.min() == y.max():
                raise DataError(f"{path}: every label in {names[1]} is {y[0]}, expected two classes or more")
        train, chosen, drawn = split_file(path, x, y, valid, 0 if given else test, seed, stratify=classes is not None)
        super().__init__("NPZ", train, chosen, tuple(given) or drawn, classes)


def read_arrays(path):
    """{name: array} of x and y to train on, in this order, then of those to test with, where there are any."""
    try:
        with open(path, "rb") as file:  # not left to NumPy, which does not close a file that is no archive
            return pick_arrays(path, load_archive(path, file))
    except FileNotFoundError:
        raise DataError(f"{path} not found") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def load_archive(path, file):
    try:
        archive = np.load(file, allow_pickle=False)
    except Exception:  # what NumPy and zipfile raise for a file that is something else depends on its bytes
        raise DataError(f"{path} is no .npz file, or not a whole one") from None
    if isinstance(archive, np.ndarray):
        raise DataError(f"{path} holds one array without a name (.npy): save x and y in one file with numpy.savez")
    return archive


def pick_arrays(path, archive):
    pairs = [pair for pair in (["x", "y"], ["x_train", "y_train"]) if set(pair) <= set(archive.files)]
    tests = [name for name in ("x_test", "y_test") if name in archive.files]
    if len(pairs) != 1 or len(tests) == 1:
        raise DataError(
            f"{path}: expected the arrays x and y, or x_train and y_train, with both or none of x_test and y_test; "
            f"got {', '.join(archive.files) or 'none'}"
        )
    return {name: read_array(path, archive, name) for name in pairs[0] + tests}


def read_array(path, archive, name):
    """An array of numbers."""
    try:
        array = archive[name]
    except Exception as error:  # as above
        if "Object arrays" in str(error):
            raise DataError(f"{path}: {name} holds pickled objects, which are not loaded: save numbers") from None
        raise DataError(f"{path}: {name} cannot be read: {error}") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise DataError(f"{path}: {name} holds {getattr(array, 'dtype', 'no array')}, expected numbers")
    return array


def require_pair(path, x_name, x, y_name, y):
    """DataError unless there are examples, with as many targets."""
    if x.ndim < 2 or not x.size:
        raise DataError(f"{path}: {x_name} has shape {x.shape}, expected (N, D), or images (N, H, W) or (N, H, W, C)")
    if not y.ndim or len(x) != len(y):
        raise DataError(f"{path}: {x_name} has shape {x.shape} and {y_name} {y.shape}, expected as many examples")
    if y.dtype.kind != "f" and y.ndim > 1:
        raise DataError(
            f"{path}: {y_name} holds {y.dtype} of shape {y.shape}: expected labels (N,), or quantities as floats"
        )


def require_alike(path, first, array, other, test):
    """DataError unless the test part is of the training part's shape and means the same."""
    pixels_or_labels = [
        part.dtype == np.uint8 if first.startswith("x") else part.dtype.kind != "f" for part in (array, test)
    ]
    if array.shape[1:] != test.shape[1:] or pixels_or_labels[0] != pixels_or_labels[1]:
        raise DataError(
            f"{path}: {first} holds {array.dtype} of shape {array.shape} and {other} {test.dtype} of shape "
            f"{test.shape}: expected the same kind and shape of examples"
        )


def as_inputs(path, name, x):
    if x.dtype != np.uint8:
        return as_float32(path, name, x)
    x = np.divide(x, np.float32(255), dtype=np.float32)
    return x[..., None] if x.ndim == 3 else x


def as_targets(path, name, y):
    if y.dtype.kind == "f":
        return as_float32(path, name, y)
    labels = y.astype(np.int64)
    if labels.min() < 0:
        place = int(np.argmax(labels < 0))
        raise DataError(f"{path}: {name}[{place}] is {labels[place]}, expected labels from 0")
    return labels


def as_float32(path, name, array):
    with np.errstate(over="ignore"):  # told below, with the place
        converted = array.astype(np.float32)
    if wrong := not_finite(name, array) or not_finite(f"{name} as float32", converted):
        raise DataError(f"{path}: {wrong}")
    return converted
