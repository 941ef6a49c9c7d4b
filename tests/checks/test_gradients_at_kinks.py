"""Kinks: counted, held between their slopes, and moved off; and what has no slope at all."""

import numpy as np
import pytest

from layers import CELU, ELU, Dense, Layer, MaxPool2d, ReLU, Sequential, Softsign
from losses import MAE, MSE, Loss
from threestep.checks import check_gradients

X = np.random.default_rng(0).normal(size=(5, 7))


def with_zeros():
    x = X.copy()
    x[0, 1:3] = x[4, 6] = 0
    return x


class Rectifier(Layer):
    def __init__(self, at_zero):
        self.at_zero = at_zero

    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g):
        return g * np.where(self.x == 0, self.at_zero, self.x > 0)


@pytest.mark.parametrize("at_zero", [0, 0.3, 0.5, 1])
def test_any_slope_between_the_two_sides_will_do(at_zero):
    report = check_gradients(Rectifier(at_zero), with_zeros())
    assert report and "35 entries, 3 at kinks, worst at [" in report.rows[0].seen
    report = check_gradients(Rectifier(at_zero), 0 * X)
    assert report and "35 entries, 35 at kinks, worst at [" in report.rows[0].seen


@pytest.mark.parametrize("at_zero", [-0.1, -1e-5, 1 + 1e-5, 1.5, np.nan])
def test_no_slope_outside_will(at_zero):
    report = check_gradients(Rectifier(at_zero), with_zeros())
    assert not report and any(f"worst at {place}: " in report.rows[0].seen for place in ("[0, 1]", "[0, 2]", "[4, 6]"))


@pytest.mark.parametrize("away", [4e-6, -2e-5, 3e-4, -1e-7])
def test_a_kink_beside_x_is_none_of_its(away):
    x = X.copy()
    x[2, 3] = away
    report = check_gradients(ReLU(), x)
    assert report and "kink" not in report.rows[0].seen


def test_what_is_right_at_the_kinks_alone_is_found():
    class Nothing(Rectifier):
        def backward(self, g):
            return 0 * g

    report = check_gradients(Nothing(0), 0 * X)
    assert not report and "35 at kinks, worst at [" in report.rows[0].seen
    assert "moved off the kinks: 35 entries, worst at [" in report.rows[0].seen


def test_what_has_a_kink_wherever_it_is_moved_is_told():
    class Follows(Layer):
        """The distance from where x last was when all of it was moved."""

        here = np.full(X.shape, np.inf)

        def forward(self, x):
            if (x != self.here).sum() > 1:
                self.here = x
            return abs(x - self.here)

        def backward(self, g):
            return 0 * g

    (row,) = check_gradients(Follows(), X).failures
    assert row.seen.startswith("kinks wherever x is moved, so nothing to compare with: 35 entries, 35 at kinks, worst")


def test_that_one_array_leaves_its_kinks_does_not_clear_the_others():
    class Follows(Layer):
        here = np.full(X.shape, np.inf)

        def build(self, input_shape, rng=0, dtype=np.float32):
            self.params["a"] = np.zeros(1)
            return input_shape

        def forward(self, x):
            if (x != self.here).sum() > 1:
                self.here = x
            return abs(x - self.here) + np.abs(self.params["a"])

        def backward(self, g):
            self.g = g
            return 0 * g

        def update(self):
            self.grads["a"] = self.g.sum() * np.sign(self.params["a"])

    report = check_gradients(Follows(), X)
    assert [row.what for row in report.failures] == ["dx"] and "1 entry, 1 at kinks" in report.rows[1].seen


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3, 1e6])
def test_the_minimum_of_a_loss_is_no_kink(scale):
    for x in np.random.default_rng(0).normal(0, scale, (20, 5, 7)):
        report = check_gradients(MSE(), x, x)
        assert report and "kink" not in report.rows[0].seen


def test_ties_are_kinks():
    report = check_gradients(MaxPool2d(2), np.ones((3, 4, 4, 2)))
    assert report and "96 entries, 96 at kinks" in report.rows[0].seen
    for seed in range(5):  # several windows' ties meet in one entry
        assert check_gradients(MaxPool2d(3, stride=1), np.zeros((3, 4, 4, 2)), rng=seed)


@pytest.mark.parametrize("layer", [ELU(), CELU(0.4), Softsign()])
def test_a_kink_of_the_derivative_is_none(layer):
    for seed in range(5):
        report = check_gradients(layer, 0 * X, rng=seed)
        assert report and "kink" not in report.rows[0].seen


def test_parameters_have_kinks_too():
    class Magnitude(Layer):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.params["a"] = np.zeros(input_shape)
            return input_shape

        def forward(self, x):
            self.x = x
            return np.abs(self.params["a"]) * x

        def backward(self, g):
            self.g = g
            return g * np.abs(self.params["a"])

        def update(self):
            self.grads["a"] = (self.g * self.x).sum(axis=0) * np.sign(self.params["a"])

    report = check_gradients(Magnitude(), X)
    assert report and "da  7 entries, 7 at kinks, " in repr(report)


def test_kinks_of_one_of_several_inputs():
    class Largest(Layer):
        several_inputs = True

        def output_shape(self, input_shape):
            return input_shape[0]

        def forward(self, x):
            self.x = x
            return np.maximum(x[0], 0) + x[1]

        def backward(self, g):
            return g * (self.x[0] > 0), g.copy()

    report = check_gradients(Largest(), (with_zeros(), X))
    assert report and ["3 at kinks" in row.seen for row in report.rows] == [True, False]


def test_a_loss_has_kinks_too():
    target = np.where(X > 0, X, 0)
    report = check_gradients(MAE(), X, target)
    assert report and f"35 entries, {(X > 0).sum()} at kinks, worst" in report.rows[0].seen

    class Steep(MAE):
        def backward(self):
            dx = super().backward()
            return np.where(dx == 0, 2, dx)

    assert not check_gradients(Steep(), X, target)


def test_where_kinks_of_a_model_meet_anything_goes_until_it_is_moved():
    model = Sequential(Dense(20), ReLU(), Dense(3))
    report = check_gradients(model, 0 * X)
    assert report and "35 entries, 35 at kinks" in report.rows[0].seen and "anything goes" in report.rows[0].seen

    class Unmasked(ReLU):
        def backward(self, g):
            return g

    report = check_gradients(Sequential(Dense(20), Unmasked(), Dense(3)), 0 * X)
    assert not report and "moved off the kinks" in report.rows[0].seen


def test_a_step_has_no_gradient():
    class Sign(Layer):
        def forward(self, x):
            self.x = x
            return np.sign(x)

        def backward(self, g):
            return 0 * g

    assert check_gradients(Sign(), X)
    assert "no numerical gradient at [" in check_gradients(Sign(), with_zeros()).failures[0].seen


def test_labels_stay_integers():
    class Hinge(Loss):
        """The mean over examples of the sum over classes of max(0, 1 + p - p of the label)."""

        def forward(self, p, labels):
            assert labels.dtype == np.int64
            self.labels, rows = labels, np.arange(len(p))
            self.margins = 1 + p - p[rows, labels][:, None]
            self.margins[rows, labels] = 0
            return float(np.maximum(self.margins, 0).sum() / len(p))

        def backward(self):
            dp = (self.margins > 0) / len(self.labels)
            dp[np.arange(len(dp)), self.labels] = -dp.sum(axis=1)
            return dp

    labels = np.array([0, 6, 2, 3, 1])
    assert check_gradients(Hinge(), X, labels)
    report = check_gradients(Hinge(), np.eye(7)[labels], labels)  # each margin is at its kink
    assert report and "35 entries, 35 at kinks" in report.rows[0].seen
