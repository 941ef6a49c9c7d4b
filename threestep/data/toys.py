"""Toy data sets in the plane, two classes each: small enough to see what a network does."""

import numpy as np

from .dataset import Dataset, split


class Xor(Dataset):
    """The exclusive or: the four points of {0, 1}^2, labelled 1 where the coordinates differ. All are for training.

    x (4, 2), float32; y (4,), labels 0 and 1. No line separates the classes, so one layer cannot learn it.
    """

    def __init__(self):
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        super().__init__("Xor", (x, np.array([0, 1, 1, 0])), classes=2)


class Moons(Dataset):
    """Two interleaved half circles of radius 1.

    x (n, 2), float32; y (n,), labels 0 and 1, as many of each (0 has one more where n is odd).

    Args:
        n: number of points. noise: standard deviation of what is added to each coordinate. valid, test: a share or a
        number of examples, drawn stratified. seed: of points and parts.
    """

    def __init__(self, n=1000, noise=0.1, valid=0.1, test=0.2, seed=0):
        if isinstance(n, bool) or not isinstance(n, int) or n < 4:
            raise ValueError(f"n expected a whole number of 4 or more, got {n!r}")
        if isinstance(noise, bool) or not isinstance(noise, (int, float)) or not 0 <= noise < np.inf:
            raise ValueError(f"noise expected a number of 0 or more, got {noise!r}")
        rng = np.random.default_rng(seed)
        y = np.arange(n) % 2
        angle = rng.uniform(0, np.pi, n)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (n, 2)
        lower = np.array([1, 0.5]) - upper
        x = np.where(y[:, None] == 0, upper, lower) + noise * rng.standard_normal((n, 2))
        parts = split(y, valid, test, rng)
        super().__init__("Moons", *((x[part].astype(np.float32), y[part]) for part in parts), classes=2)
