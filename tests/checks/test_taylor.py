"""The Taylor test: order 2 for a right gradient, order 1 for a wrong one, and no verdict out of rounding."""

import numpy as np
import pytest

from layers import Dense, Sequential, Tanh
from losses import MSE
from threestep.checks import taylor_test

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))


def wave(x):
    return float(np.sum(x * np.sin(x)))


def slope(x):
    return np.sin(x) + x * np.cos(x)


def test_the_change_falls_as_h_and_the_remainder_as_h_squared():
    found = taylor_test(wave, X, slope(X))
    assert found and found.ok
    assert found.order == pytest.approx(2, abs=0.01)
    assert np.allclose(found.change_orders[2:], 1, atol=0.02)
    assert np.allclose(found.remainder_orders[2:-1], 2, atol=0.01)
    assert found.steps.tolist() == pytest.approx([1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("factor", [0, -1, 0.5, 1.001, 1.00001])
def test_a_wrong_gradient_has_order_1(factor, seed):
    found = taylor_test(wave, X, factor * slope(X), rng=seed)
    assert not found
    assert found.order < 1.5
    assert "FAIL" in repr(found)


def test_one_wrong_entry_among_many():
    model = Sequential(Dense(8), Tanh(), Dense(2))
    model.build((3,), dtype=np.float64)
    criterion, y = MSE(), RNG.normal(size=(5, 2))

    def loss_at(theta):
        model.theta = theta
        return criterion.forward(model.forward(X), y)

    start = model.theta.copy()
    loss_at(start)
    model.backward(criterion.backward())
    model.update()
    gradient = model.gradient.copy()
    assert taylor_test(loss_at, start, gradient)
    gradient[7] += 1e-3
    assert not taylor_test(loss_at, start, gradient)


def test_where_the_remainder_is_rounding():
    linear = taylor_test(lambda x: float(3 * x.sum()), X, np.full(X.shape, 3.0))
    assert linear and linear.order == np.inf and "ok, no more than rounding" in repr(linear)
    assert not taylor_test(lambda x: float(3 * x.sum()), X, np.full(X.shape, 3.001))
    assert taylor_test(lambda x: 1.0, X, np.zeros(X.shape))


def test_a_higher_order_is_right_too():
    assert taylor_test(lambda x: float((x**3).sum()), np.zeros(2), np.zeros(2)).order == pytest.approx(3)


def test_the_order_that_is_asked_for():
    for power, right in ((1.8, False), (1.95, True)):
        found = taylor_test(lambda x, power=power: float((abs(x) ** power).sum()), np.zeros(2), np.zeros(2))
        assert found.order == pytest.approx(power) and found.ok == right


def test_not_finite_is_wrong():
    assert "not finite" in repr(taylor_test(lambda x: float("nan"), X, X))
    assert not taylor_test(lambda x: float("nan"), X, X)
    assert not taylor_test(wave, X, np.full(X.shape, np.nan))


def test_the_same_seed_gives_the_same_table_and_x_is_not_changed():
    before = X.copy()
    assert repr(taylor_test(wave, X, slope(X), rng=3)) == repr(taylor_test(wave, X, slope(X), rng=3))
    assert np.array_equal(X, before)


def test_the_table():
    found = repr(taylor_test(lambda x: float((x**2).sum()), np.array([3.0]), np.array([6.0]), rng=1))
    assert found.splitlines()[:4] == [
        "remainder of the linear approximation: ok, order 2.00, expected 2 or more",
        "h      change   order  remainder  order",
        "1e-01  6.1e-01           1.0e-02",
        "1e-02  6.0e-02   1.01    1.0e-04   2.00",
    ]


def test_shapes():
    with pytest.raises(ValueError, match=r"expected numbers in the shape of x, \(5, 3\), got float64 \(3,\)"):
        taylor_test(wave, X, X[0])
    with pytest.raises(ValueError, match=r"expected numbers in the shape of x, \(5, 3\), got object \(\)"):
        taylor_test(wave, X, slope)
    with pytest.raises(ValueError, match=r"x expected at least one entry, got shape \(0,\)"):
        taylor_test(wave, X[0, :0], X[0, :0])
    assert taylor_test(lambda x: float(np.sin(x)), 0.3, np.cos(0.3))


@pytest.mark.parametrize(
    ("f", "got"),
    [
        (lambda x: x.sum(axis=0), r"an array of shape \(3,\)"),
        (lambda x: np.array([1.0]), r"an array of shape \(1,\)"),
        (lambda x: None, "None"),
        (lambda x: 1j, "1j"),
    ],
)
def test_f_returns_a_number(f, got):
    with pytest.raises(ValueError, match=f"f expected to return a number, got {got}"):
        taylor_test(f, X, X)


@pytest.mark.parametrize("seed", range(5))
def test_steps_are_those_that_x_can_make(seed):
    """At 1e6 the step of 1e-6 is rounded by a ten-thousandth, which is far more than the remainder."""
    assert taylor_test(lambda x: float(np.sin(x).sum()), 1e6 * X, np.cos(1e6 * X), rng=seed).order > 1.99


def test_a_change_that_rounding_hides_is_not_passed():
    for f, gradient in (
        (lambda x: 1e12 + wave(x), slope(X)),
        (lambda x: 1e12 + wave(x), -slope(X)),
        (lambda x: 1 + 1e-12 * wave(x), -1e-12 * slope(X)),
    ):
        found = taylor_test(f, X, gradient)
        assert not found and "cannot tell: the changes of f are hardly more than rounding" in repr(found)


def test_orders_that_do_not_settle_say_what_may_be_the_reason():
    def single(x):
        x = x.astype(np.float32)
        return float((x * np.sin(x)).sum())

    found = taylor_test(single, X, slope(X))
    assert not found and "is f calculated in float32" in repr(found)
    assert "settle" not in repr(taylor_test(wave, X, 0.5 * slope(X)))


def test_f_may_write_into_what_it_gets():
    def spoiling(x):
        y = wave(x)
        x += 1
        return y

    assert taylor_test(spoiling, X, slope(X))
