import tracemalloc

import numpy as np
import pytest

from layers import Upsample

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Upsample(2), (5, 2, 3, 2)),
    (Upsample([1, 3]), (5, 2, 2, 1)),
    (Upsample(3), (5, 2, 2)),
    (Upsample(2, mode="bilinear"), (5, 2, 3, 1)),
    (Upsample((3, 2), mode="bilinear"), (5, 1, 2, 2)),
    (Upsample(2, mode="linear"), (5, 3, 2)),
]


def test_nearest_by_hand():
    layer, x = Upsample([1, 2]), np.array([[1.0, 2], [3, 4]]).reshape(1, 2, 2, 1)
    assert layer.build((2, 2, 1)) == (2, 4, 1)
    assert layer.forward(x)[0, :, :, 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    g = np.arange(8.0).reshape(1, 2, 4, 1)
    assert layer.backward(g)[0, :, :, 0].tolist() == [[1, 5], [9, 13]]


def test_linear_by_hand():
    layer, x = Upsample(2, mode="linear"), np.array([0.0, 4, 12]).reshape(1, 3, 1)
    assert layer.forward(x).ravel().tolist() == [0, 1, 3, 6, 10, 12]  # a quarter of the way from each, and the ends
    assert layer.backward(np.ones((1, 6, 1))).ravel().tolist() == [2, 2, 2]


def test_a_long_sequence_takes_no_more_than_its_output():
    x = np.ones((1, 100_000, 1), np.float32)
    tracemalloc.start()
    layer = Upsample(3, mode="linear")
    layer.backward(layer.forward(x))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * x.nbytes


def test_a_plane_stays_a_plane_within_the_outermost_middles():
    layer, rows = Upsample(3, mode="bilinear"), np.arange(5.0)
    y = layer.forward((rows[:, None] + 10 * rows).reshape(1, 5, 5, 1))[0, 1:-1, 1:-1, 0]
    middles = np.arange(13) / 3
    assert np.allclose(y, middles[:, None] + 10 * middles, rtol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "scale_factor expected a whole number of 1 or more, got 0"),
        ((1.5,), "scale_factor expected a whole number of 1 or more, got 1.5"),
        (([],), r"scale_factor expected a whole number of 1 or more, got \[\]"),
        ((2, "cubic"), "mode expected one of nearest, linear, bilinear, got 'cubic'"),
        ((2, ["linear"]), r"mode expected one of nearest, linear, bilinear, got \['linear'\]"),
        (([2, 3], "linear"), r"scale_factor expected a whole number of 1 or more, got \[2, 3\]"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Upsample(*arguments)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Upsample(2, "bilinear"), (3, 4), r"Upsample expected images \(N, H, W, C\), got \(N, 3, 4\)"),
        (Upsample([2, 3]), (3, 4), r"expected images \(N, H, W, C\), got \(N, 3, 4\)"),
        (Upsample(2, "linear"), (3, 4, 5), r"expected sequences \(N, T, D\), got"),
        (Upsample([2, 3, 4]), (3, 4), r"expected 3 axes between N and C, got \(N, 3, 4\)"),
        (Upsample(2), (3,), r"expected sequences \(N, T, D\), got \(N, 3\)"),
    ],
)
def test_another_number_of_axes_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)


def test_flops_are_those_of_the_two_or_four_entries_around():
    for mode, shape, flops in (("nearest", (3, 3, 1), 0), ("bilinear", (3, 3, 1), 7 * 36), ("linear", (3, 1), 3 * 6)):
        layer = Upsample(2, mode)
        layer.build(shape)
        assert layer.flops == flops
