"""What a network learns from: data sets and batches."""

from .arrays import NPZ
from .dataset import DataError, Dataset, batches, split
from .images import MNIST, Digits, FashionMNIST, fetch
from .tables import CSV
from .toys import Circles, Moons, Spirals, Xor

DATASETS = {
    dataset.__name__: dataset for dataset in (Digits, MNIST, FashionMNIST, CSV, NPZ, Moons, Circles, Spirals, Xor)
}


def load(name, **options):
    """The data set of that name, made with these options; ValueError with the names there are."""
    if name not in DATASETS:
        raise ValueError(f"no data set {name!r}: expected one of {', '.join(DATASETS)}")
    return DATASETS[name](**options)


__all__ = [
    "CSV",
    "Circles",
    "DATASETS",
    "DataError",
    "Dataset",
    "Digits",
    "FashionMNIST",
    "MNIST",
    "Moons",
    "NPZ",
    "Spirals",
    "Xor",
    "batches",
    "fetch",
    "load",
    "split",
]
