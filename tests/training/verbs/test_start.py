"""What is odd about a model before training: scale of inputs, the first loss, idle units."""

import re
from math import log

import numpy as np
import pytest

import losses
from layers import BatchNorm, Dense, Dropout, Flatten, ReLU, Sequential, Sigmoid, Standardize, Tanh
from threestep.training.verbs.start import as_labels, idle_units, knowing_nothing, odd_scale

X = np.random.default_rng(0).random((40, 3)).astype(np.float32)


def built(*layers):
    model = Sequential(*layers)
    model.build((3,))
    return model


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (X, None),
        (X * 255, r"inputs are large: Dense gets values of entry \d around 1\d\d\. Put Standardize first"),
        (X * 1e-4, r"inputs are tiny: Dense gets values of entry . around \de-05"),
        (X * [1, 1e-3, 5], "inputs differ in size: entry 2 is around .* and entry 1 around 0.000"),
    ],
)
def test_scale(x, text):
    found = odd_scale(built(Flatten(), Dense(2)), x.astype(np.float32))
    assert found is None if text is None else re.match(text, found)


def test_scale_is_that_of_what_the_first_parameters_get():
    standardized = built(Standardize(), Dense(2))
    standardized[0].fit(X * 255)
    assert odd_scale(standardized, X * 255) is None
    assert odd_scale(built(BatchNorm(), Dense(2)), X * 255) is None
    assert "column 'weight'" in odd_scale(built(Dense(2)), X * [1, 1, 1e4], ["a", "b", "weight"])


K = np.arange(12) % 4
COLUMN, Q = (np.arange(12) % 2)[:, None].astype(np.float32), np.random.default_rng(1).random((12, 2)).astype(np.float32)


@pytest.mark.parametrize(
    ("criterion", "y", "shape", "value", "words"),
    [
        (losses.CrossEntropy(), K, (12, 4), log(4), "ln 4"),
        (losses.CrossEntropy(label_smoothing=0.1), K, (12, 4), log(4), "ln 4"),
        (losses.NLL(), K, (12, 4), log(4), "ln 4"),
        (losses.BinaryCrossEntropy(), COLUMN, (12, 1), log(2), "ln 2"),
        (losses.BinaryCrossEntropyWithLogits(), COLUMN, (12, 1), log(2), "ln 2"),
        (losses.BinaryCrossEntropyWithLogits(pos_weight=3), COLUMN, (12, 1), 2 * log(2), "every class alike"),
        (losses.Hinge(), K, (12, 4), 3 / 4, "every class alike"),
        (losses.MSE(), Q, (12, 2), Q.var(axis=0).mean(), "the variance of the targets"),
        (losses.MAE(), Q, (12, 2), np.abs(Q - np.median(Q, axis=0)).mean(), "for always saying the median"),
    ],
)
def test_a_model_that_knows_nothing(criterion, y, shape, value, words):
    found = knowing_nothing(criterion, y, shape)
    assert found[0] == pytest.approx(value, rel=1e-5) and found[1] == words


def test_a_loss_of_ones_own_has_nothing_to_compare_with():
    class Own(losses.Loss):
        pass

    assert knowing_nothing(Own(), Q, (12, 2)) is None


@pytest.mark.parametrize(
    ("criterion", "y", "expected"),
    [
        (losses.CrossEntropy(ignore_index=3), K, K[K != 3]),
        (losses.MSE(), COLUMN, COLUMN[:, 0]),
        (losses.MSE(), np.eye(4)[K], K),
        (losses.MSE(), Q, None),
        (losses.BinaryCrossEntropy(), np.ones((12, 3)), None),
    ],
)
def test_targets_as_labels(criterion, y, expected):
    found = as_labels(criterion, y)
    assert found is None if expected is None else np.array_equal(found, expected)


def test_dead_and_saturated_units():
    x = np.array([[-1.0, 2.0, 0.0], [-2.0, -1.0, 0.0]])
    assert list(idle_units(ReLU(), x, ReLU().forward(x))) == [(1, 3, "dead, 0")]  # the last gets nothing but 0
    image = np.stack([x, x - 9])
    assert list(idle_units(ReLU(), image, ReLU().forward(image))) == [(2, 3, "dead, 0")]
    x = np.array([[-9.0, 9.0, 0.0], [9.0, 9.0, 9.0]])
    for layer in (Tanh(), Sigmoid()):
        assert list(idle_units(layer, x, layer.forward(x))) == [(2, 3, "saturated, at a bound")]
    dropped = np.zeros((2, 3))
    assert not list(idle_units(Dropout(0.9), x, dropped)) and not list(idle_units(Flatten(), x[..., None], dropped))
