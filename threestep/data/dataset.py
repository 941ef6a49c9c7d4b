"""Dataset: examples in three parts, and the batches that training takes from them."""

from os import PathLike
from pathlib import Path

import numpy as np


class DataError(Exception):
    """Data that is missing, corrupt, or not what it should be."""


class Dataset:
    """Examples x and targets y, in the parts train, valid and test.

    Attributes:
        name; train, valid, test: pairs (x, y), of which the last two may hold no example; classes: K for labels from
        0 to K - 1, None for quantities.

    Raises DataError where x and y differ in length, an x or y is not finite (with its place), or a label is out of
    range.
    """

    def __init__(self, name, train, valid=None, test=None, classes=None):
        self.name, self.classes = name, classes
        x, y = train
        none = x[:0], y[:0]
        self.train, self.valid, self.test = train, valid or none, test or none
        for part in ("train", "valid", "test"):
            self._check(part, *getattr(self, part))

    def _check(self, part, x, y):
        where = f"{self.name}.{part}"
        if len(x) != len(y):
            raise DataError(f"{where}: {len(x)} examples but {len(y)} targets")
        for what, array in (("x", x), ("y", y)):
            if wrong := not_finite(what, array):
                raise DataError(f"{where}: {wrong}")
        if x.shape[1:] != self.train[0].shape[1:]:
            raise DataError(
                f"{where}: expected examples of shape {self.train[0].shape[1:]}, as in train, got {x.shape[1:]}"
            )
        if self.classes is not None and len(y) and not (y.min() >= 0 and y.max() < self.classes):
            wrong = y.min() if y.min() < 0 else y.max()
            raise DataError(f"{where}: expected labels from 0 to {self.classes - 1}, got {wrong}")

    def __repr__(self):
        sizes = ", ".join(f"{part} {len(getattr(self, part)[1]):,}" for part in ("train", "valid", "test"))
        return f"<{self.name}: {sizes}; x {self.train[0].shape[1:]}>"


def not_finite(name, array):
    """What is wrong with the first entry that is NaN or infinite, such as "x[3, 1] is nan"; "" where none is."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{name}[{', '.join(map(str, place))}] is {array[place]}, expected a number"


def require_positive(name, value):
    """ValueError unless the value is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} expected a whole number above 0, got {value!r}")


def generator(seed):
    """A numpy Generator; ValueError unless the seed is a whole number of 0 or more, or is one already."""
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0
    if not whole and not isinstance(seed, np.random.Generator):
        raise ValueError(f"seed expected a whole number of 0 or more, got {seed!r}")
    return np.random.default_rng(seed)


def absolute(path):
    """The path from the root on; ValueError for what can be none."""
    if not isinstance(path, (str, PathLike)) or "\0" in str(path):
        raise ValueError(f"path expected the name of a file or folder, got {path!r}")
    return Path(path).absolute()


def split(y, valid, test, seed, stratify=True):
    """Indices of train, valid and test: disjoint, seeded, in random order.

    valid, test: a share (below 1) or a number of examples. stratify: each part holds the labels y in their proportion
    in the whole, to within two examples.

    Raises ValueError for sizes that are out of range or leave nothing to train on.
    """
    rng, sizes = generator(seed), []
    for name, size in (("valid", valid), ("test", test)):
        sizes.append(part_size(name, size, len(y)))
        if sizes[-1] >= len(y):
            raise ValueError(f"{name} expected a share below 1 or fewer than {len(y)} examples, got {size!r}")
    if sum(sizes) >= len(y):
        raise ValueError(f"valid and test take {sum(sizes)} of {len(y)} examples and leave none to train on")
    order = rng.permutation(len(y))
    if stratify:  # deal the classes out evenly along the order, then cut it
        order = order[np.argsort(y[order], kind="stable")]
        counts = np.unique(y[order], return_counts=True)[1]
        rank = np.concatenate([(np.arange(count) + rng.random()) / count for count in counts])
        order = order[np.argsort(rank, kind="stable")]
    parts = np.split(order, np.cumsum(sizes))
    return [rng.permutation(part) for part in (parts[2], parts[0], parts[1])]


def split_file(path, x, y, valid, test, seed, stratify):
    """The pairs (x, y) of train, valid and test, as `split` draws them. DataError where the file holds too few."""
    needed = part_size("valid", valid, len(y)) + part_size("test", test, len(y)) + 1
    if len(y) < needed:
        raise DataError(f"{path}: {len(y)} examples are fewer than the {needed} that valid, test and training need")
    return [(x[part], y[part]) for part in split(y, valid, test, seed, stratify)]


def part_size(name, size, total):
    """A share or a number of examples as a number of examples."""
    if isinstance(size, bool) or not isinstance(size, (int, float, np.number)) or not 0 <= size < np.inf:
        raise ValueError(f"{name} expected a share below 1 or a number of examples, got {size!r}")
    if size >= 1 and size != int(size):
        raise ValueError(f"{name} expected a share below 1 or a whole number of examples, got {size!r}")
    return round(size * total) if size < 1 else int(size)


def batches(x, y, batch_size, rng=None):
    """Yields (x, y) of batch_size examples until all have been used once.

    x: an array, or a tuple of arrays for a model with several inputs, of which each batch then is a tuple too.
    rng: a numpy Generator shuffles, anew at every call; an int shuffles the same way at every call; None keeps the
    order. The last batch is smaller where the numbers do not divide; where it would hold one example alone, that
    example joins the batch before it (batch statistics need two).

    Raises ValueError where x and y differ in length or batch_size is not a whole number above 0.
    """
    for part in x if isinstance(x, tuple) else (x,):
        if len(part) != len(y):
            raise ValueError(f"x holds {len(part)} examples and y {len(y)}: expected as many")
    require_positive("batch_size", batch_size)
    return generate_batches(x, y, batch_size, rng)


def take(x, chosen):
    """The chosen examples of an array, or of each array of a tuple."""
    return tuple(part[chosen] for part in x) if isinstance(x, tuple) else x[chosen]


def generate_batches(x, y, batch_size, rng):
    n = len(y)
    order = None if rng is None else np.random.default_rng(rng).permutation(n)
    starts = list(range(0, n, batch_size))
    if n % batch_size == 1 and batch_size > 1 and len(starts) > 1:
        starts.pop()
    for start, stop in zip(starts, [*starts[1:], n], strict=False):  # without examples there are no starts
        chosen = slice(start, stop) if order is None else order[start:stop]
        yield take(x, chosen), y[chosen]
