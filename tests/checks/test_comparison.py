"""Large arrays: one wrong entry in a million is seen and named, and so are the entries at kinks."""

import numpy as np
import pytest

from layers import Layer
from threestep.checks import check_gradients
from threestep.checks.comparison import DIRECTIONS, FEW, HALVINGS
from threestep.checks.differences import POINTS, STEPS


class Square(Layer):
    """y = x^2 / 2, with errors in dx at given entries of the flattened x."""

    def __init__(self, errors=None):
        self.errors = errors or {}

    def forward(self, x):
        self.x = x
        return x * x / 2

    def backward(self, g):
        dx = g * self.x
        for entry, error in self.errors.items():
            dx.flat[entry] += error
        return dx


class Rectifier(Layer):
    def __init__(self, at_zero, factor=1.0):
        self.at_zero, self.factor = at_zero, factor

    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g):
        dx = g * np.where(self.x == 0, self.at_zero, self.x > 0)
        dx.flat[7_777] *= self.factor
        return dx


def draw(shape, zeros=()):
    x = np.random.default_rng(5).uniform(0.2, 2, shape)
    x.flat[list(zeros)] = 0
    return x


@pytest.mark.parametrize(("shape", "seed"), [((5, 300), 0), ((4, 10, 500), 1), ((1000, 1000), 2)])
def test_one_wrong_entry_is_seen_and_named(shape, seed):
    """Wrong by a thousandth of what gradients are here."""
    entry = int(np.random.default_rng(seed).integers(np.prod(shape)))
    index = ", ".join(map(str, np.unravel_index(entry, shape)))
    (row,) = check_gradients(Square({entry: 1e-3}), draw(shape), rng=seed).failures
    assert f"entries along 10 directions, worst at [{index}]: " in row.seen and "off by 1.0e-03" in row.seen


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(5))
def test_two_that_are_wrong_by_as_much_cannot_hide_each_other(seed, sign):
    (row,) = check_gradients(Square({7: 1e-3, 19_999: sign * 1e-3}), draw((20, 1000)), rng=seed).failures
    assert "worst at [0, 7]: " in row.seen or "worst at [19, 999]: " in row.seen


def test_all_entries_may_be_wrong():
    (row,) = check_gradients(Square(dict.fromkeys(range(1000), 0.5)), draw((10, 100))).failures
    assert "off by 5.0e-01" in row.seen and "worst at [" in row.seen


@pytest.mark.parametrize(("worse", "index"), [(7, "[0, 7]"), (1990, "[1, 990]")])
def test_the_worse_half_is_looked_into(worse, index):
    (row,) = check_gradients(Square({7: 1e-3, 1990: 1e-3} | {worse: 0.1}), draw((2, 1000))).failures
    assert f"worst at {index}: " in row.seen


def test_halving_ends_with_the_first_wrong_entry():
    tries = []

    class Counting(Square):
        def forward(self, x):
            tries.append(len(x))
            return super().forward(x)

    assert not check_gradients(Counting(dict.fromkeys(range(1024), 0.5)), draw((1, 1024)))
    assert len(tries) == len(POINTS) * (DIRECTIONS + 2 * 10) + 2


class Crossed(Layer):
    """x, and what a step or a kink makes of its sum just beyond 1.5e-7."""

    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return x + self.function(np.sum(x) - 1.5e-7)

    def backward(self, g):
        return g.copy()


@pytest.mark.parametrize("function", [np.sign, lambda x: max(x, 0)])
def test_directions_that_cross_a_step_or_a_kink_by_chance_are_left_out(function):
    x = draw((1, 300))
    x = np.concatenate([x, -x])
    report = check_gradients(Crossed(lambda x: function(x) - function(-1)), x)
    assert report and "kink" not in report.rows[0].seen


def test_kinks_that_no_single_entry_crosses_are_moved_off_too():
    x = draw((1, 20_000))
    x = np.concatenate([x, -x])
    report = check_gradients(Crossed(lambda x: max(x, 0)), x)
    assert not report and "0 or more at kinks" in report.rows[0].seen and "moved off" in report.rows[0].seen


def test_few_entries_are_taken_one_by_one_and_many_together():
    few, many = (check_gradients(Square(), draw((1, n))).rows[0].seen for n in (FEW, FEW + 1))
    assert few.startswith("200 entries, worst at [0, ") and many.startswith("201 entries along 10 directions, worst: ")
    assert check_gradients(Square(), draw((1, 1))).rows[0].seen.startswith("1 entry, worst at [0, 0]: ")


def test_many_entries_take_few_evaluations():
    tries = []

    class Counting(Square):
        def forward(self, x):
            tries.append(len(x))
            return super().forward(x)

    assert check_gradients(Counting(), draw((20, 1000)))
    assert len(tries) == DIRECTIONS * len(POINTS) + 2  # for y, and whether y is the same again


@pytest.mark.parametrize("at_zero", [0, 0.5, 1])
def test_kinks_among_many_entries_are_found_and_counted(at_zero):
    report = check_gradients(Rectifier(at_zero), draw((20, 1000), zeros=[4_321, 19_999]))
    assert report and "20,000 entries along 10 directions, 2 at kinks, worst: " in report.rows[0].seen
    assert "anything goes" not in report.rows[0].seen  # the worst is one that was compared


@pytest.mark.parametrize("at_zero", [-0.1, 1.5])
def test_what_cannot_be_at_a_kink_is_found_among_many(at_zero):
    report = check_gradients(Rectifier(at_zero), draw((20, 1000), zeros=[4_321, 19_999]))
    assert "worst at [4, 321]: " in report.rows[0].seen or "worst at [19, 999]: " in report.rows[0].seen
    assert not report and "at a kink, off by" in report.rows[0].seen


def test_a_wrong_entry_is_seen_beside_kinks():
    report = check_gradients(Rectifier(0, factor=1.01), draw((20, 1000), zeros=[4_321, 19_999]))
    assert not report and "worst at [7, 777]: " in report.rows[0].seen


@pytest.mark.parametrize("at_zero", [0, 1.5])
def test_kinks_everywhere_are_told_as_at_least_so_many(at_zero):
    tries = []

    class Counting(Rectifier):
        def forward(self, x):
            tries.append(len(x))
            return super().forward(x)

    x = draw((10, 1000), zeros=range(0, 10_000, 2))
    report = check_gradients(Counting(at_zero), x)
    if at_zero == 0:
        assert report and " or more at kinks, worst" in report.rows[0].seen
    else:
        assert not report and " at a kink, off by" in report.rows[0].seen
    assert len(tries) < len(STEPS) * len(POINTS) * (2 * DIRECTIONS + 2 * HALVINGS)  # at x, then moved off the kinks


def test_a_step_among_many_entries_is_named():
    class Sign(Layer):
        def forward(self, x):
            self.x = x
            return np.sign(x) + x

        def backward(self, g):
            return g.copy()

    report = check_gradients(Sign(), draw((20, 1000), zeros=[4_321]))
    assert "no numerical gradient at [4, 321]: a step" in report.failures[0].seen
