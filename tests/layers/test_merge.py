"""Add, Multiply and Concat by hand."""

import numpy as np
import pytest

from layers import Add, Concat, Multiply

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Add(), [(6, 5), (6, 5)]),
    (Add(), [(6, 4, 3, 2)] * 3),
    (Concat(), [(6, 5), (6, 2), (6, 1)]),
    (Concat(), [(6, 4, 3, 2), (6, 4, 3, 1)]),
    (Multiply(), [(6, 5), (6, 5)]),
    (Multiply(), [(6, 3, 5)] * 4),
]


A, B, C = np.array([[1.0, 2]]), np.array([[3.0, 0]]), np.array([[5.0, -1]])


def test_values_and_gradients():
    g = np.array([[10.0, 100]])
    add, multiply = Add(), Multiply()
    assert add.forward((A, B, C)).tolist() == [[9, 1]]
    assert [dx.tolist() for dx in add.backward(g)] == [[[10, 100]]] * 3
    assert multiply.forward((A, B, C)).tolist() == [[15, 0]]
    assert [dx.tolist() for dx in multiply.backward(g)] == [[[150, 0]], [[50, -200]], [[30, 0]]]


def test_concat():
    concat = Concat()
    assert concat.forward((A, C[:, :1], B)).tolist() == [[1, 2, 5, 3, 0]]
    dx = concat.backward(np.array([[1.0, 2, 3, 4, 5]]))
    assert [part.tolist() for part in dx] == [[[1, 2]], [[3]], [[4, 5]]]


def test_one_input_is_a_copy():
    for layer in (Add(), Multiply(), Concat()):
        y = layer.forward((A,))
        assert np.array_equal(y, A) and not np.shares_memory(y, A)


@pytest.mark.parametrize("layer", [Add(), Multiply()])
def test_nothing_is_broadcast(layer):
    with pytest.raises(ValueError, match=r"expected inputs of one shape, got \(1, 2\) and \(1, 1\)"):
        layer.forward((A, A[:, :1]))


def test_concat_differs_in_the_last_axis_only():
    with pytest.raises(ValueError, match=r"differ in the last axis only, got \(2, 3, 4\) and \(2, 2, 4\)"):
        Concat().forward((np.ones((2, 3, 4)), np.ones((2, 2, 4))))
    with pytest.raises(ValueError, match="in the last axis only"):
        Concat().forward((np.ones((2, 3)), np.ones((2, 3, 4))))
    for other in (np.ones(2), np.ones((2, 3))):
        with pytest.raises(ValueError, match="in the last axis only"):
            Concat().forward((other, np.ones(2)))


@pytest.mark.parametrize(("layer", "flops"), [(Add(), 12), (Multiply(), 12), (Concat(), 0)])
def test_flops(layer, flops):
    layer.build([(2, 3)] * 3)
    assert layer.flops == flops
