"""Layers one after the other."""

import numpy as np
import pytest

from layers import Add, Dense, Dropout, Flatten, ReLU, Sequential, Sigmoid, Softmax, Standardize

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Sequential(), (6, 5)),
    (Sequential(Dense(4), Sigmoid(), Dense(2)), (6, 5)),
    (Sequential(Add(), Dense(2)), [(6, 5), (6, 5)]),
    (
        Sequential(Standardize(), Flatten(), Sequential(Dense(4), ReLU()), Dropout(p=0.3), Dense(2), Softmax()),
        (6, 4, 3, 2),
    ),
]


@pytest.fixture
def model():
    model = Sequential(Dense(4), ReLU(), Sequential(Dense(3), Sigmoid()), Dense(2))
    model.build((5,), dtype=np.float64)
    return model


def test_places_lengths_names(model):
    assert len(model) == 4 and model[0] is model.layers[0]
    assert list(model.params) == ["0.W", "0.b", "2.0.W", "2.0.b", "3.W", "3.b"]
    assert model.theta.size == 24 + 15 + 8


def test_without_input_gradient_the_first_layers_do_no_work():
    class Watched(ReLU):
        def backward(self, g):
            raise AssertionError("backward was called")

    model = Sequential(Standardize(), Watched(), Dense(3))
    y = model.forward(np.ones((2, 4), np.float32))
    assert model.backward(np.ones_like(y), input_gradient=False) is None
    model.update()
    assert model[2].grads["W"].any()
