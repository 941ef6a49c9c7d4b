import numpy as np
import pytest

from layers import Permute, Reshape

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Reshape([2, -1]), (5, 4, 3)),
    (Reshape([4, 3, 1]), (5, 12)),
    (Reshape(6), (5, 2, 3)),
    (Permute([3, 1, 2]), (5, 2, 3, 4)),
    (Permute([0, 2, 1]), (5, 2, 3)),
    (Permute([1]), (5, 3)),
]


def test_reshape_keeps_the_order_and_goes_back():
    layer, x = Reshape([2, -1]), np.arange(12.0).reshape(2, 6)
    assert layer.build((6,)) == (2, 3)
    y = layer.forward(x)
    assert y.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert layer.backward(y).tolist() == x.tolist()


def test_permute_by_hand():
    layer, x = Permute([2, 1]), np.arange(6.0).reshape(1, 2, 3)
    assert layer.build((2, 3)) == (3, 2)
    assert layer.forward(x).tolist() == [[[0, 3], [1, 4], [2, 5]]]
    assert layer.backward(layer.forward(x)).tolist() == x.tolist()


@pytest.mark.parametrize("dims", [[3, 1, 2], [0, 3, 1, 2], (2, 3, 1)])
def test_permute_is_transpose(dims):
    layer, x = Permute(dims), np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    y = x.transpose(dims if dims[0] == 0 else (0, *dims))
    assert np.array_equal(layer.forward(x), y) and np.array_equal(layer.backward(y), x)
    assert layer.build((3, 4, 5)) == y.shape[1:]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reshape([2, 0]), r"shape expected sizes above 0, one of which may be -1, got \[2, 0\]"),
        (lambda: Reshape([-1, -1]), r"one of which may be -1, got \[-1, -1\]"),
        (lambda: Reshape([]), r"shape expected a whole number of -1 or more, or several of them, got \[\]"),
        (lambda: Reshape("2"), "shape expected a whole number of -1 or more, or several of them, got '2'"),
        (lambda: Reshape([2.0]), "shape expected a whole number of -1 or more"),
        (
            lambda: Permute([2, 0, 1]),
            r"the axes from 1 on, each once, as in \[3, 1, 2\] \(0 is the batch\), got \[2, 0, 1\]",
        ),
        (lambda: Permute([1, 1]), r"got \[1, 1\]"),
        (lambda: Permute([True, 2]), "dims expected a whole number of 0 or more"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Reshape([3, 2]), (8,), r"Reshape expected examples of 6 entries, got \(N, 8\) with 8"),
        (Reshape([32, 8]), (8,), r"entries, got \(N, 8\) with 8: shape is one example's, without the batch"),
        (Reshape([3, -1]), (8,), r"Reshape expected examples of a multiple of 3 entries, got \(N, 8\) with 8"),
        (Permute([2, 1]), (8,), r"Permute expected x of 3 axes, got \(N, 8\)"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_when_built(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


@pytest.mark.parametrize("layer", [Reshape([3, 2]), Permute([2, 1])])
def test_flops_are_none(layer):
    layer.build((2, 3))
    assert layer.flops == 0
