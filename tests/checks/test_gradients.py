"""The gradient check: right where it should be, and red where a gradient is wrong."""

import numpy as np
import pytest

from layers import Dense, Dropout, Layer, ReLU, Sequential, Sigmoid, Softmax
from losses import MSE
from threestep.checks import check_gradients, numerical_gradient

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
    assert "FAIL  dW  worst at [1, 2]" in repr(check_gradients(OneEntry(3), X))


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


def test_a_kink_beside_x_is_told():
    x = X.copy()
    x[2, 3] = 4e-6
    assert "no numerical gradient at [2, 3]: a kink" in check_gradients(ReLU(), x).failures[0].seen


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


def test_an_error_of_four_in_ten_million_is_found():
    class Slightly(Dense):
        def backward(self, g):
            return super().backward(g) * 1.0000004

    assert not check_gradients(Slightly(3), X)


def test_a_gradient_that_is_0_for_equal_g_is_found():
    """Softmax's dx is 0 where g is the same for all classes, so g must be random to see a dx of 0."""

    class Nothing(Softmax):
        def backward(self, g):
            return 0 * g

    assert not check_gradients(Nothing(), X)


def test_the_step_grows_with_x():
    for x in (1e6, -1e9):
        assert numerical_gradient(cubic, np.array([x])) == pytest.approx(3 * x**2, rel=1e-9)
