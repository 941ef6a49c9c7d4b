"""The gradient check: right where it should be, and red where a gradient is wrong."""

import re

import numpy as np
import pytest

from layers import Dense, Dropout, Layer, ReLU, Sequential, Sigmoid, Softmax
from losses import MSE
from threestep.checks import check_gradients
from threestep.checks.differences import EPS, STEPS

X = np.random.default_rng(0).normal(size=(5, 7))


class Transposed(Dense):
    def backward(self, g):
        self.g = g
        return (g @ self.params["W"]) * 1.00001


class Averaged(Dense):
    def update(self):
        super().update()
        self.grads["b"] = self.g.mean(axis=0)


class OneEntry(Dense):
    def update(self):
        super().update()
        self.grads["W"][1, 2] *= 1.0001


class NoMask(ReLU):
    def backward(self, g):
        return g


class NotANumber(Sigmoid):
    def backward(self, g):
        return super().backward(g) * np.nan


@pytest.mark.parametrize(
    ("layer", "wrong"),
    [(Transposed(3), ["dx"]), (Averaged(3), ["db"]), (OneEntry(3), ["dW"]), (NoMask(), ["dx"]), (NotANumber(), ["dx"])],
)
def test_a_wrong_gradient_is_found_and_the_others_are_not_blamed(layer, wrong):
    report = check_gradients(layer, X)
    assert not report and [row.what for row in report.failures] == wrong


def test_the_worst_entry_is_named():
    assert "worst at [1, 2]" in check_gradients(OneEntry(3), X).failures[0].seen
    assert "FAIL  dW  21 entries, worst at [1, 2]: " in repr(check_gradients(OneEntry(3), X))


def test_a_gradient_of_another_shape_is_told():
    class Rows(Layer):
        def forward(self, x):
            return x

        def backward(self, g):
            return g[0]

    assert check_gradients(Rows(), X).failures[0].seen == (
        "ValueError: Rows.backward returned shape (7,), expected x's shape (5, 7)"
    )


def test_a_wrong_loss_is_found():
    class Half(MSE):
        def backward(self):
            return super().backward() / 2

    assert not check_gradients(Half(), X, X * 2)
    assert check_gradients(MSE(), X, X * 2)


def test_a_mask_drawn_anew_in_backward_is_found():
    class NewMask(Dropout):
        def backward(self, g):
            return g * (self.rng.random(g.shape) >= self.p) / (1 - self.p)

    assert not check_gradients(NewMask(), X)


def test_the_subject_is_left_alone():
    model = Sequential(Dense(3), Dropout(), Dense(2))
    model.build((7,))
    before, state = model.theta.copy(), model[1].rng.bit_generator.state
    assert check_gradients(model, X)
    assert model.theta.dtype == np.float32 and np.array_equal(model.theta, before)
    assert model[1].rng.bit_generator.state == state


def steps(forward, backward):
    """A layer from two functions."""

    class Made(Layer):
        def forward(self, x):
            self.x = x
            return forward(x)

        def backward(self, g):
            return backward(self.x, g)

    return Made()


def test_infinity_hides_nothing():
    def backward(x, g):
        dx = 7 * g
        dx[0, 0] = np.inf
        return dx

    assert not check_gradients(steps(lambda x: 2 * x, backward), X)


def test_infinity_is_wrong_where_the_truth_is_0_too():
    def backward(x, g):
        dx = g * (x > 0)
        dx[x < 0] = -np.inf
        return dx

    assert not check_gradients(steps(lambda x: np.maximum(x, 0), backward), X)


def test_noise_is_no_excuse():
    noisy = steps(lambda x: x * np.random.default_rng().random(x.shape), lambda x, g: 0 * g)
    report = check_gradients(noisy, X)
    assert [row.what for row in report.failures] == ["forward", "dx"]
    assert "no numerical gradient at" in report.failures[1].seen


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_x_and_g_cannot_be_mistaken_for_each_other(seed):
    """Whatever small seed x was drawn from."""
    x = np.random.default_rng(seed).standard_normal((5, 7))
    assert not check_gradients(steps(lambda x: x * x / 2, lambda x, g: g * g), x, rng=seed)
    assert not check_gradients(steps(lambda x: x * x / 2, lambda x, g: x * x), x, rng=seed)
    assert check_gradients(steps(lambda x: x * x / 2, lambda x, g: x * g), x, rng=seed)


def test_missing_and_foreign_gradients_are_told():
    class Plain:
        def __init__(self):
            self.params, self.grads = {"a": np.ones(7), "b": np.zeros(7)}, {}

        def forward(self, x):
            self.x = x
            return self.params["a"] * x + self.params["b"]

        def backward(self, g):
            self.g = g
            return g * self.params["a"]

        def update(self):
            self.grads["A"] = (self.g * self.x).sum(axis=0)

    rows = {row.what: row.seen for row in check_gradients(Plain(), X).failures}
    assert rows["da"] == "expected shape (7,), got nothing" and rows["dA"] == "there is no parameter 'A'"


def test_parameters_that_are_not_found_are_told():
    class Hidden:
        def forward(self, x):
            return 2 * x

        def backward(self, g):
            return 2 * g

    report = check_gradients(Hidden(), X)
    assert report and "only dx was checked" in report.rows[-1].seen


def test_a_frozen_layer_is_checked_too():
    layer = Dense(3)
    layer.frozen = True
    assert check_gradients(layer, X) and layer.frozen


def test_a_class_is_no_instance():
    with pytest.raises(TypeError, match="got the class Dense: write Dense"):
        check_gradients(Dense, X)


def test_a_class_that_is_no_layer_can_be_checked():
    class Plain:
        def __init__(self):
            self.params, self.grads = {"a": np.full(7, 2.0)}, {}

        def forward(self, x):
            self.x = x
            return self.params["a"] * x

        def backward(self, g):
            self.g = g
            return g * self.params["a"]

        def update(self):
            self.grads["a"] = (self.g * self.x).sum(axis=0)

    report = check_gradients(Plain(), X)
    assert report and [row.what for row in report.rows] == ["dx", "da"]


@pytest.mark.parametrize("error", [4e-7, 4e-8])
def test_an_error_of_four_in_ten_million_is_found_and_a_tenth_of_it_let_go(error):
    class Slightly(Dense):
        def backward(self, g):
            return super().backward(g) * (1 + error)

    assert bool(check_gradients(Slightly(3), X)) == (error < 1e-7)


def test_a_gradient_that_is_0_for_equal_g_is_found():
    """Softmax's dx is 0 where g is the same for all classes, so g must be random to see a dx of 0."""

    class Nothing(Softmax):
        def backward(self, g):
            return 0 * g

    assert not check_gradients(Nothing(), X)


def by_global_generator(draw=np.random.rand):
    """A dropout as students write it."""

    class Drops(Layer):
        def forward(self, x):
            self.mask = draw(*x.shape) > 0.3
            return x * x * self.mask

        def backward(self, g):
            return 2 * g * self.x * self.mask

    class Kept(Drops):
        def forward(self, x):
            self.x = x
            return super().forward(x)

    return Kept()


def test_the_global_generator_is_put_back_before_each_evaluation_and_left_as_it_was():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.rand(3)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    assert check_gradients(by_global_generator(), X)
    assert np.array_equal(np.random.rand(3), expected)  # noqa: NPY002


def test_the_global_generator_is_left_as_it_was_by_a_forward_that_raises_too():
    def raises(*shape):
        np.random.rand(*shape)  # noqa: NPY002
        raise IndexError("too far")

    np.random.seed(3)  # noqa: NPY002
    expected = np.random.rand(3)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    report = check_gradients(by_global_generator(raises), X)
    assert [row.seen for row in report.failures] == ["IndexError: too far"]
    assert np.array_equal(np.random.rand(3), expected)  # noqa: NPY002


def test_the_global_generator_draws_the_same_where_kinks_were_left():
    class Kinked(Layer):
        def forward(self, x):
            self.x, self.mask = x, np.random.rand(*x.shape) > 0.3  # noqa: NPY002
            return np.maximum(x, 0) * self.mask

        def backward(self, g):
            return g * (self.x > 0) * self.mask

    report = check_gradients(Kinked(), X * 0)
    assert report and " at kinks" in report.rows[0].seen


def test_what_rounds_y_is_allowed_for():
    (row,) = check_gradients(steps(lambda x: x + 1e6, lambda x, g: g.copy()), X).rows
    assert row.ok and float(row.seen.split()[-1]) >= 10 * EPS * 1e6 / STEPS[0]
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=(5, 7))
        assert check_gradients(steps(lambda x: (x + 1e5) - 1e5, lambda x, g: g.copy()), x, rng=seed)


def test_a_legacy_generator_in_an_attribute_is_put_back_too():
    class Drops(Layer):
        def __init__(self):
            self.random = np.random.RandomState(0)

        def forward(self, x):
            self.mask = self.random.rand(*x.shape) > 0.3
            return x * self.mask

        def backward(self, g):
            return g * self.mask

    assert check_gradients(Drops(), X)


@pytest.mark.parametrize("world", [True, False])
def test_a_random_loss_draws_the_same_every_time(world):
    class Noisy(MSE):
        rng = None

        def forward(self, prediction, target):
            draw = np.random.standard_normal if world else self.rng.standard_normal
            return super().forward(prediction + draw(prediction.shape), target)

    loss = Noisy()
    loss.rng = np.random.default_rng(7)
    assert check_gradients(loss, X, X * 2)


def test_a_forward_that_writes_into_x_has_right_gradients_all_the_same():
    def doubled(x):
        x *= 2
        return x

    assert check_gradients(steps(doubled, lambda x, g: 2 * g), X)


@pytest.mark.parametrize(
    ("forward", "got"),
    [(lambda x: x.astype(np.float32), "float32"), (lambda x: x / 0, "NaN or infinity")],
)
def test_a_y_that_cannot_be_differentiated_is_told(forward, got):
    with np.errstate(all="ignore"):
        report = check_gradients(forward_of(forward), X)
    assert f"forward expected to return finite float64 for x of float64, got {got}" in report.failures[0].seen


def forward_of(function):
    class Plain:
        def forward(self, x):
            return function(x)

        def backward(self, g):
            return g

    return Plain()


def test_float32_within_forward_is_told_as_steps():
    report = check_gradients(
        steps(lambda x: np.tanh(np.float32(x)).astype(float), lambda x, g: g * (1 - np.tanh(x) ** 2)), X
    )
    assert "a step or noise there, as of float32" in report.failures[0].seen


def test_a_parameter_that_an_attribute_names_too_is_moved_for_both():
    class Plain:
        def __init__(self):
            self.a = np.full(7, 2.0)
            self.params, self.grads = {"a": self.a}, {}

        def forward(self, x):
            self.x = x
            return self.a * x

        def backward(self, g):
            self.g = g
            return g * self.a

        def update(self):
            self.grads["a"] = (self.g * self.x).sum(axis=0)

    assert check_gradients(Plain(), X)


def test_any_memory_order_of_x_will_do():
    assert check_gradients(Dense(3), np.asfortranarray(X)) and check_gradients(Dense(3), X[:, ::-1])


def test_a_row_reads():
    class Averaging(Dense):
        def update(self):
            super().update()
            self.grads["b"] /= 5

    row = check_gradients(Averaging(3), X).failures[0]
    number = r"-?\d\.\d+"
    assert re.fullmatch(
        rf"3 entries, worst at \[\d\]: {number}, numerically {number}, off by \d\.\de[+-]\d\d, allowed \d\.\de-\d\d",
        row.seen,
    )
