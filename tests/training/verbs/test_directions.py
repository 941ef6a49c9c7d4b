"""Gradients along random directions: right ones pass, wrong ones fail, and kinks are not taken for mistakes."""

import numpy as np
import pytest

from layers import BatchNorm, Conv2d, Dense, Dropout, Flatten, Layer, MaxPool2d, ReLU, Sequential
from losses import MSE, CrossEntropy
from threestep.training.verbs.directions import check_directions

RNG = np.random.default_rng(0)
IMAGES, LABELS = RNG.random((8, 6, 6, 1)).astype(np.float32), np.arange(8) % 3


def verdicts(model, criterion=None, x=IMAGES, y=LABELS):
    if not model.built:
        model.build(x.shape[1:])
    found = check_directions(model, criterion or CrossEntropy(), x, y)
    return {name: verdict for name, _, verdict in found}


def images(*first):
    return Sequential(*first, ReLU(), MaxPool2d(2), Flatten(), Dense(3))


@pytest.mark.parametrize("first", [[Conv2d(8, 3)], [Conv2d(8, 3), BatchNorm()], [Conv2d(8, 3), Dropout(0.5)]])
def test_right_gradients_pass(first):
    model = images(*first)
    found = verdicts(model)
    assert list(found) == [None, *model.params]
    assert set(found.values()) == {"ok"}


def test_values_on_a_kink_are_moved_off_it():
    """With x and b 0 every ReLU stands at 0, where the difference of the loss is half the slope."""
    assert set(verdicts(images(Conv2d(8, 3)), x=np.zeros_like(IMAGES)).values()) == {"ok"}


def test_a_branch_that_starts_at_0_is_looked_through():
    class Wrong(Dense):
        def update(self):
            super().update()
            self.grads["W"] = self.grads["W"] * 1.01

    found = verdicts(Sequential(Flatten(), Wrong(5), ReLU(), Dense(3, init="zeros")))
    assert found == {None: "ok", "1.W": "FAIL", "1.b": "ok", "3.W": "ok", "3.b": "ok"}


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.001, np.nan])
def test_a_wrong_backward_fails_in_all_before_it(factor):
    class Wrong(ReLU):
        def backward(self, g):
            return super().backward(g) * factor

    found = verdicts(Sequential(Flatten(), Dense(20), Wrong(), Dense(3)))
    assert found == {None: "FAIL", "1.W": "FAIL", "1.b": "FAIL", "3.W": "ok", "3.b": "ok"}


def test_where_the_loss_is_rough_nothing_can_be_said():
    class Steps(Layer):
        """Rounds to a grid that is finer than any step of the differences is wide."""

        def forward(self, x):
            return np.round(x * 1e9) / 1e9 + 1e-3 * np.sin(x * 1e12)

        def backward(self, g):
            return 2 * g

    found = verdicts(Sequential(Flatten(), Dense(3), Steps()), MSE(), y=RNG.random((8, 3)))
    assert set(found.values()) == {"kink"}


def test_frozen_parameters_are_left_out_and_the_model_alone():
    model = images(Conv2d(8, 3))
    model.build(IMAGES.shape[1:])
    model[0].frozen = True
    before = model.theta.copy()
    assert list(verdicts(model)) == [None, "4.W", "4.b"]
    assert np.array_equal(model.theta, before) and model.dtype == np.float32


def test_a_gradient_that_is_0_but_for_rounding_is_right():
    """A bias before BatchNorm has no effect."""
    assert verdicts(images(Conv2d(8, 3), BatchNorm()))["0.b"] == "ok"
