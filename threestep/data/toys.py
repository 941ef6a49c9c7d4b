"""Toy data sets in the plane: small enough to see what a network does."""

import numpy as np

from .dataset import Dataset, generator, split

MOST = 1_000_000  # points


class Xor(Dataset):
    """The exclusive or: the four points of {0, 1}^2, labelled 1 where the coordinates differ. All are for training.

    x (4, 2), float32; y (4,), labels 0 and 1. No line separates the classes, so one layer cannot learn it.
    """

    def __init__(self):
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        super().__init__("Xor", (x, np.array([0, 1, 1, 0])), classes=2)


class Noisy(Dataset):
    """n points on curves, one curve for each class, moved by noise; as many of each class, to within one.

    place(y, rng): the points (n, 2) on the curves of the labels y. The other arguments are the subclasses' own.
    """

    def __init__(self, place, n, noise, classes, valid, test, seed):
        if not is_whole(n) or not 4 <= n <= MOST:
            raise ValueError(f"n expected a whole number from 4 to {MOST:,}, got {n!r}")
        if classes > n // 2:
            raise ValueError(f"classes expected a whole number from 2 to {n // 2}, half of n, got {classes!r}")
        if not is_number(noise) or noise < 0:
            raise ValueError(f"noise expected a number of 0 or more, got {noise!r}")
        rng = generator(seed)
        y = np.arange(n) % classes
        x = place(y, rng) + noise * rng.standard_normal((n, 2))
        parts = split(y, valid, test, rng)
        pairs = ((x[part].astype(np.float32), y[part]) for part in parts)
        super().__init__(type(self).__name__, *pairs, classes=classes)


class Moons(Noisy):
    """Two interleaved half circles of radius 1.

    x (n, 2), float32; y (n,), labels 0 and 1, as many of each (0 has one more where n is odd).

    Args:
        n: number of points, up to a million. noise: standard deviation of what is added to each coordinate. valid,
        test: a share or a number of examples, drawn stratified. seed: of points and parts.
    """

    def __init__(self, n=1000, noise=0.1, valid=0.1, test=0.2, seed=0):
        super().__init__(self.place, n, noise, 2, valid, test, seed)

    @staticmethod
    def place(y, rng):
        upper = on_circle(rng.uniform(0, np.pi, len(y)))
        lower = np.array([1, 0.5]) - upper
        return np.where(y[:, None] == 0, upper, lower)


class Circles(Noisy):
    """Two circles around the origin: label 0 on the one of radius 1, label 1 on the inner one, of radius `factor`.

    x (n, 2), float32; y (n,). factor: above 0 and below 1. The other arguments are as Moons has them.
    """

    def __init__(self, n=1000, noise=0.05, factor=0.5, valid=0.1, test=0.2, seed=0):
        if not is_number(factor) or not 0 < factor < 1:
            raise ValueError(f"factor expected a number above 0 and below 1, got {factor!r}")

        def place(y, rng):
            radius = np.where(y == 0, 1, factor)
            return radius[:, None] * on_circle(rng.uniform(0, 2 * np.pi, len(y)))

        super().__init__(place, n, noise, 2, valid, test, seed)


class Spirals(Noisy):
    """Spirals of Archimedes around the origin, one for each class, turned against each other by equal angles.

    Each goes outwards by 1 in a turn, from radius 0.25, so that neighbours are about 1 / classes apart
    everywhere; points lie about as densely inside as outside.

    x (n, 2), float32; y (n,), labels 0 to classes - 1. classes: 2 or more. turns: how often each goes round, above 0
    and up to 1000. The other arguments are as Moons has them.
    """

    def __init__(self, n=1000, noise=0.1, classes=2, turns=1.5, valid=0.1, test=0.2, seed=0):
        if not is_whole(classes) or classes < 2:
            raise ValueError(f"classes expected a whole number of 2 or more, got {classes!r}")
        if not is_number(turns) or not 0 < turns <= 1000:
            raise ValueError(f"turns expected a number above 0 and up to 1000, got {turns!r}")

        def place(y, rng):
            # a turn's length grows with its radius, so the radius' square is what is spread evenly
            radius = np.sqrt(rng.uniform(0.25**2, (0.25 + turns) ** 2, len(y)))
            return radius[:, None] * on_circle(2 * np.pi * (radius + y / classes))

        super().__init__(place, n, noise, classes, valid, test, seed)


def on_circle(angle):
    """Points (n, 2) at these angles on the circle of radius 1."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < np.inf
