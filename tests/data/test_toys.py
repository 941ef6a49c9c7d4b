import numpy as np
import pytest

from threestep.data import Circles, Moons, Spirals, Xor

NOISY = [Moons, Circles, Spirals]
SIZES = [3, 10.0, True, "9", 10**12, 10**90]


def everything(data):
    x, y = zip(data.train, data.valid, data.test, strict=True)
    return np.concatenate(x), np.concatenate(y)


def test_xor():
    x, y = Xor().train
    assert [(int(a), int(b), int(label)) for (a, b), label in zip(x, y, strict=True)] == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    ]


def test_moons_are_half_circles():
    x, y = everything(Moons(n=200, noise=0))
    centres = np.where(y[:, None] == 0, [0, 0], [1, 0.5])
    assert np.allclose(np.linalg.norm(x - centres, axis=1), 1, atol=1e-6)
    assert (x[y == 0, 1] >= 0).all() and (x[y == 1, 1] <= 0.5).all()


def test_circles_have_radius_1_and_factor():
    x, y = everything(Circles(n=200, noise=0, factor=0.3))
    assert np.allclose(np.linalg.norm(x, axis=1), np.where(y == 0, 1, 0.3), atol=1e-6)
    for label in (0, 1):  # all the way round
        angle = np.sort(np.arctan2(*x[y == label].T))
        assert np.diff(angle).max() < 0.4 and angle[0] < -2.7 and angle[-1] > 2.7


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_spirals_are_of_archimedes_and_keep_their_distance(classes):
    x, y = everything(Spirals(n=3000, noise=0, classes=classes, turns=2))
    radius = np.linalg.norm(x, axis=1)
    turn = np.arctan2(x[:, 1], x[:, 0]) / (2 * np.pi)
    off = radius + y / classes - turn  # a whole number: the radius is the angle in turns
    assert np.abs(off - np.round(off)).max() < 1e-5
    assert 0.25 <= radius.min() < 0.3 and 2.2 < radius.max() <= 2.25
    distance = np.linalg.norm(x[y == 0][:, None] - x[y == 1][None], axis=2).min()
    assert 0.8 / classes < distance <= 1.01 / classes
    inner, outer = (radius < 1.25).mean(), (radius >= 1.25).mean()
    assert abs(inner / outer - (1.25**2 - 0.25**2) / (2.25**2 - 1.25**2)) < 0.05


@pytest.mark.parametrize("make", NOISY)
def test_parts_are_disjoint_balanced_and_seeded(make):
    first, same, other = make(n=301), make(n=301), make(n=301, seed=1)
    x, y = everything(first)
    assert x.dtype == np.float32 and len(np.unique(x, axis=0)) == 301
    assert np.bincount(y).tolist() == [151, 150]
    assert [len(part[1]) for part in (first.train, first.valid, first.test)] == [211, 30, 60]
    assert abs(np.bincount(first.test[1])[0] - 30) <= 1
    assert np.array_equal(first.train[0], same.train[0]) and not np.array_equal(first.train[0], other.train[0])
    assert first.name == make.__name__ and first.classes == 2


@pytest.mark.parametrize("make", NOISY)
def test_noise_is_independent_in_the_coordinates(make):
    quiet, loud = (make(n=4000, noise=noise, valid=0, test=0).train[0] for noise in (0, 2.0))
    quiet, loud = (part[np.lexsort(part.T)] for part in (quiet, loud))
    assert abs(np.corrcoef(*loud.T)[0, 1]) < 0.3
    assert np.allclose(loud.var(axis=0) - quiet.var(axis=0), 4, atol=0.5)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        *((make, {"n": n}, "n expected a whole number from 4 to 1,000,000, got ") for make in NOISY for n in SIZES),
        *((make, {"noise": v}, "noise expected a number of 0") for make in NOISY for v in (-1, "a", np.nan, True)),
        *((Circles, {"factor": v}, "factor expected a number above 0 and below 1") for v in (0, 1, -0.5, "a", np.nan)),
        *((Spirals, {"classes": v}, "classes expected a whole number of 2 or more") for v in (1, 2.0, True)),
        *((Spirals, {"turns": v}, "turns expected a number above 0") for v in (0, np.inf, 1e308, "a")),
        (Spirals, {"classes": 5, "n": 9}, "classes expected a whole number from 2 to 4, half of n, got 5"),
    ],
)
def test_arguments_that_are_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)
