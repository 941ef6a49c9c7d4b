"""Finite differences: their order, their own error, and what they make of kinks, steps and noise."""

import numpy as np
import pytest

from threestep.checks import numerical_gradient
from threestep.checks.differences import EPS, POINTS, STEPS, Stencil, slope

X = np.random.default_rng(0).normal(size=(5, 7))


def cubic(x):
    return float((x**3).sum())


def test_orders_of_the_two_differences():
    x = np.array([1.0, 2])
    for method, order in (("forward", 1), ("central", 2)):
        errors = [abs(numerical_gradient(cubic, x, method, h) - 3 * x**2).max() for h in (1e-2, 1e-3)]
        assert np.log10(errors[0] / errors[1]) == pytest.approx(order, abs=0.01)


@pytest.mark.parametrize(("method", "error"), [("forward", 1e-6), ("central", 1e-9)])
def test_default_steps_are_near_the_best(method, error):
    x = np.random.default_rng(0).normal(size=(3, 2))
    before = x.copy()
    assert np.abs(numerical_gradient(cubic, x, method) - 3 * x**2).max() <= error
    assert np.array_equal(x, before)


def test_number_of_evaluations():
    calls = []
    for method, expected in (("central", 14), ("forward", 8)):
        calls.clear()
        numerical_gradient(lambda x: calls.append(1) or 0.0, np.zeros(7), method)
        assert len(calls) == expected


def test_unknown_method():
    with pytest.raises(ValueError, match="method expected 'central' or 'forward', got 'complex'"):
        numerical_gradient(cubic, X, "complex")


def test_the_step_grows_with_x():
    for x in (1e6, -1e9):
        assert numerical_gradient(cubic, np.array([x])) == pytest.approx(3 * x**2, rel=1e-9)


def slope_of(f, x, **others):
    """The Slope of a function of one number."""
    array, start = np.array([x]), f(x)
    found = slope(
        lambda: f(float(array[0])) - start, array, np.ones(1), **{"size": abs(start), "largest": 1.0} | others
    )
    assert array[0] == x
    return found


def test_the_stencil_has_order_four_and_knows_its_error():
    stencils = [Stencil([np.exp(1 + k * h) - np.e for k in POINTS], h, np.e) for h in (0.02, 0.01)]
    errors = [abs(stencil.value - np.e) for stencil in stencils]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.01)
    assert all(off <= stencil.error <= 200 * off for off, stencil in zip(errors, stencils, strict=True))


@pytest.mark.parametrize("x", [0.3, -1.7, 25.0])
@pytest.mark.parametrize(
    ("f", "df"),
    [
        (np.exp, np.exp),
        (np.sin, np.cos),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (lambda x: x**3, lambda x: 3 * x**2),
    ],
)
def test_the_error_is_known(f, df, x):
    found = slope_of(lambda x: float(f(x)), x)
    assert found.kind == "smooth" and found.low == found.high
    off = abs(found.low - df(x))
    assert off <= 5 * found.error and found.error <= 1e-9 * max(1, abs(f(x)), abs(df(x)))


def test_a_function_that_bends_sharply_gets_smaller_steps():
    for sharp in (1e4, 1e6):
        found = slope_of(lambda x, sharp=sharp: float(np.tanh(sharp * x)), 0.3 / sharp, largest=sharp)
        assert found.kind == "smooth" and found.low == pytest.approx(sharp * (1 - np.tanh(0.3) ** 2), rel=1e-6)


def test_a_smooth_function_takes_six_evaluations():
    calls = []
    slope(lambda: calls.append(1) or 0.0, np.zeros(7), np.ones(7), 1.0, 1.0)
    assert len(calls) == 6


@pytest.mark.parametrize("away", [1e-3, 3e-4, 1e-4, 2e-5, 3e-6, 1e-6, 1e-7])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_nearby_is_left_outside(away, side):
    found = slope_of(lambda x: abs(x - 0.5 - side * away), 0.5)
    assert found.kind == "smooth" and abs(found.low + side) <= 10 * found.error <= 1e-4


@pytest.mark.parametrize("away", [0, 1e-9, -3e-9, 1e-8])
def test_at_a_kink_the_slopes_of_both_sides_are_told(away):
    found = slope_of(lambda x: 3 * max(x - 0.5 - away, 0) - min(x - 0.5 - away, 0), 0.5)
    assert found.kind == "kink" and (found.low, found.high) == pytest.approx((-1, 3), abs=1e-5)
    assert [found.off(claim) for claim in (-2, 0, 3.5)] == pytest.approx([1, 0, 0.5], abs=1e-5)


@pytest.mark.parametrize(
    "f",
    [np.sign, lambda x: np.random.default_rng().random(), lambda x: np.tanh(np.float32(x)), lambda x: round(x, 5)],
    ids=["step", "noise", "float32", "stairs"],
)
def test_steps_and_noise_have_no_slope(f):
    assert slope_of(lambda x: float(f(x)), 0.0 if f is np.sign else 0.7).kind == "none"


def test_a_small_kink_is_left_outside_too():
    found = slope_of(lambda x: x + 1e-4 * abs(x - 0.50003), 0.5)
    assert found.kind == "smooth" and abs(found.low - (1 - 1e-4)) <= 10 * found.error <= 1e-8


def test_the_step_of_a_slope_grows_with_x():
    found = slope_of(lambda x: x * x / 2, 1e13)
    assert found.kind == "smooth" and found.low == pytest.approx(1e13, rel=1e-9)


def test_a_minimum_is_no_kink():
    found = slope_of(lambda x: x * x, 0.0, largest=0.0)
    assert found.kind == "smooth" and abs(found.low) <= 10 * found.error <= 1e-13


def test_noise_far_below_the_largest_slope_does_not_matter():
    stream = np.random.default_rng(0)
    found = slope_of(lambda x: 1e-10 * stream.random(), 0.5)
    assert found.kind == "smooth" and abs(found.low) <= 1e-5


def test_one_kink_is_seen_in_a_direction_of_many_entries():
    x = np.ones(40_000)
    x[7] = 0
    found = slope(lambda: float(np.sum(x) + abs(x[7]) - 39_999), x, np.ones(40_000), 1.0, 1.0)
    assert found.kind == "kink" and (found.low, found.high) == pytest.approx((39_999, 40_001), abs=1e-3)


def test_the_rounding_of_a_large_f_is_part_of_the_error():
    found = slope_of(lambda x: 1e6 + x, 0.5)
    assert found.kind == "smooth" and abs(found.low - 1) <= 10 * found.error and found.error >= EPS * 1e6 / STEPS[0]
