"""Every class of `layers` keeps the contract and has the right gradients: one table, one row or more for each."""

import numpy as np
import pytest

import layers
from layers import (
    Dense,
    Dropout,
    Flatten,
    Identity,
    LogSoftmax,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from threestep.checks import check_contract, check_gradients

ROWS, SEQUENCES, IMAGES = (6, 5), (6, 3, 5), (6, 4, 3, 2)

TABLE = [  # (layer, shape of x)
    (Dense(3), ROWS),
    (Dense(3), SEQUENCES),
    (Dense(1, bias=False, init="he_normal"), ROWS),
    (Dense(4, init="standard", in_features=5), ROWS),
    (Dropout(), ROWS),
    (Dropout(p=0.2), IMAGES),
    (Dropout(p=0), ROWS),
    (Dropout(p=1), ROWS),
    (Flatten(), IMAGES),
    (Flatten(), ROWS),
    (Identity(), IMAGES),
    (LogSoftmax(), ROWS),
    (LogSoftmax(), SEQUENCES),
    (ReLU(), IMAGES),
    (Sequential(), ROWS),
    (Sequential(Dense(4), Sigmoid(), Dense(2)), ROWS),
    (Sequential(Standardize(), Flatten(), Sequential(Dense(4), ReLU()), Dropout(p=0.3), Dense(2), Softmax()), IMAGES),
    (Sigmoid(), SEQUENCES),
    (Softmax(), ROWS),
    (Softmax(), SEQUENCES),
    (Standardize(), ROWS),
    (Standardize(), IMAGES),
    (Tanh(), ROWS),
]

each_row = pytest.mark.parametrize(("layer", "shape"), TABLE, ids=[f"{layer!r}-{shape}" for layer, shape in TABLE])


def away_from_kinks(shape):
    """Values of magnitude 0.2 to 2, so that no entry lies near ReLU's kink."""
    rng = np.random.default_rng(5)
    return rng.choice([-1, 1], shape) * rng.uniform(0.2, 2, shape)


def test_every_layer_has_a_row():
    in_table = {type(layer).__name__ for layer, _ in TABLE}
    assert in_table == set(layers.__all__) - {"Layer"}


@each_row
def test_contract(layer, shape):
    assert check_contract(layer, away_from_kinks(shape))


@each_row
def test_gradients(layer, shape):
    assert check_gradients(layer, away_from_kinks(shape))
