import numpy as np
import pytest

from layers import Pad

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Pad(1), (5, 2, 3, 2)),
    (Pad(2, value=-1.5), (5, 3, 2)),
    (Pad([1, 0]), (5, 2, 3, 1)),
    (Pad([[0, 1], 2]), (5, 2, 3, 2)),
    (Pad(0), (5, 2, 2)),
]


def test_by_hand():
    layer, x = Pad([1, [0, 2]], value=7), np.array([1.0, 2]).reshape(1, 1, 2, 1)
    assert layer.build((1, 2, 1)) == (3, 4, 1)
    y = layer.forward(x)
    assert y[0, :, :, 0].tolist() == [[7, 7, 7, 7], [1, 2, 7, 7], [7, 7, 7, 7]]
    assert layer.backward(y).tolist() == x.tolist()


def test_sequences():
    assert Pad([[2, 0]]).forward(np.ones((1, 1, 1))).ravel().tolist() == [0, 0, 1]
    assert Pad(1).forward(np.ones((1, 1, 1))).ravel().tolist() == [0, 1, 0]


@pytest.mark.parametrize("padding", [-1, 1.5, "1", [[1, 2, 3]], [[[1, 2]]], None])
def test_padding_must_be_whole_numbers(padding):
    with pytest.raises(ValueError, match="padding expected a whole number of 0 or more, or 2 of them"):
        Pad(padding)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Pad([1, 2]), (3, 4), r"Pad expected 2 axes between N and C, got \(N, 3, 4\): a pair for each axis is"),
        (Pad(1), (3,), r"Pad expected an axis or more between N and C, got \(N, 3\)$"),
    ],
)
def test_another_number_of_axes_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


@pytest.mark.parametrize("value", [np.nan, "0", None, True])
def test_value_must_be_a_number(value):
    with pytest.raises(ValueError, match="value expected a number"):
        Pad(1, value)


def test_flops_are_none():
    layer = Pad(1)
    layer.build((2, 3))
    assert layer.flops == 0
