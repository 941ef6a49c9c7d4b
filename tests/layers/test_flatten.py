import numpy as np

from layers import Flatten

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Flatten(), (6, 4, 3, 2)),
    (Flatten(), (6, 5)),
]


def test_lays_an_example_out_in_one_axis_and_back():
    layer, x = Flatten(), np.arange(24.0).reshape(2, 2, 3, 2)
    assert layer.build((2, 3, 2)) == (12,)
    y = layer.forward(x)
    assert y.tolist() == np.arange(24.0).reshape(2, 12).tolist()
    assert layer.backward(y).tolist() == x.tolist()


def test_flops_are_none():
    layer = Flatten()
    layer.build((4, 3))
    assert layer.flops == 0
