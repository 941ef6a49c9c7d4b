import numpy as np
import pytest

from layers import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (AvgPool1d(2), (5, 5, 2)),
    (AvgPool1d(3, stride=1, padding=1, count_include_pad=False), (5, 4, 1)),
    (AvgPool2d(2), (5, 4, 5, 2)),
    (AvgPool2d(3, stride=2, padding=1), (5, 4, 3, 2)),
    (AvgPool2d((2, 3), 2, (1, 0), ceil_mode=True), (5, 3, 4, 1)),
    (AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (5, 4, 4, 2)),
    (AvgPool2d(1, 2), (5, 3, 3, 2)),
    (MaxPool1d(2), (5, 5, 2)),
    (MaxPool1d([3], stride=1, padding=1, dilation=2), (5, 6, 1)),
    (MaxPool2d(2), (5, 4, 5, 2)),
    (MaxPool2d(3, stride=1), (5, 4, 3, 2)),
    (MaxPool2d((2, 3), (1, 2), (1, 0), ceil_mode=True), (5, 3, 4, 2)),
    (MaxPool2d(2, 3, padding=1, dilation=(1, 2)), (5, 4, 5, 1)),
    (MaxPool2d(1), (5, 1, 1, 3)),
]


def image(rows):
    return np.array(rows, np.float64)[None, :, :, None]


def test_max_by_hand():
    x = image([[1, 2, 5, 0], [3, 4, 6, 7]])
    layer = MaxPool2d(2)
    assert layer.forward(x).ravel().tolist() == [4, 7]
    assert layer.backward(image([[10, 20]]))[0, :, :, 0].tolist() == [[0, 0, 0, 0], [0, 10, 0, 20]]


def test_mean_by_hand():
    x = image([[1, 2, 5, 0], [3, 4, 6, 7]])
    layer = AvgPool2d(2)
    assert layer.forward(x).ravel().tolist() == [2.5, 4.5]
    assert layer.backward(image([[4, 8]]))[0, :, :, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2]]


def test_overlapping_windows_each_send_their_gradient():
    x, g = np.array([1.0, 5, 2, 4, 3]).reshape(1, 5, 1), np.array([1.0, 10, 100]).reshape(1, 3, 1)
    most, mean = MaxPool1d(3, stride=1), AvgPool1d(3, stride=1)
    assert most.forward(x).ravel().tolist() == [5, 5, 4]
    assert most.backward(g).ravel().tolist() == [0, 11, 0, 100, 0]
    assert mean.forward(3 * x).ravel().tolist() == [8, 11, 9]
    assert mean.backward(3 * g).ravel().tolist() == [1, 11, 111, 110, 100]


def test_of_equal_entries_the_first_gets_the_gradient():
    layer = MaxPool2d(2, stride=1)
    layer.forward(image([[1, 7, 7], [7, 7, 7]]))
    assert layer.backward(image([[1, 10]]))[0, :, :, 0].tolist() == [[0, 11, 0], [0, 0, 0]]
    layer.forward(image([[0, 0, 0], [0, 0, 0]]))
    assert layer.backward(image([[1, 10]]))[0, :, :, 0].tolist() == [[1, 10, 0], [0, 0, 0]]


def test_padding_is_never_the_maximum():
    layer, x = MaxPool2d(2, padding=1), image([[-1, -2], [-3, -np.inf]])
    assert layer.forward(x)[0, :, :, 0].tolist() == [[-1, -2], [-3, -np.inf]]
    assert layer.backward(image([[1, 2], [3, 4]]))[0, :, :, 0].tolist() == [[1, 2], [3, 4]]


def test_what_is_not_a_number_shows():
    assert np.isnan(MaxPool2d(2).forward(image([[1, np.nan], [3, 4]]))).all()


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (AvgPool1d(3, padding=1, ceil_mode=True), [6, 4.5]),  # of 0 9 9, and of 9 0: nothing beyond the padding counts
        (AvgPool1d(3, padding=1, ceil_mode=True, count_include_pad=False), [9, 9]),
        (AvgPool1d(3, padding=1), [6]),
        (AvgPool1d(2, ceil_mode=True), [9, 9]),
        (AvgPool1d(2, 1, padding=1), [4.5, 9, 9, 4.5]),
    ],
)
def test_what_a_mean_is_of(layer, expected):
    assert layer.forward(np.full((1, 3, 1), 9.0)).ravel().tolist() == expected


def test_stride_is_the_kernel_size_unless_given():
    assert MaxPool2d((2, 3)).build((4, 6, 5)) == (2, 2, 5)
    assert repr(MaxPool2d(3)) == "MaxPool2d(3)" and repr(AvgPool2d(3, 3)) == "AvgPool2d(3, stride=3)"


@pytest.mark.parametrize("layer", [MaxPool2d(3, stride=1), AvgPool2d(3, stride=1)])
def test_flops_are_one_for_each_entry_of_a_window(layer):
    layer.build((5, 5, 2))
    assert layer.flops == 9 * 3 * 3 * 2


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": 2}, "padding expected at most half a window of 3, got 2"),
        ({"padding": "same"}, "padding expected a whole number of 0 or more, or 2 of them, got 'same'"),
        ({"kernel_size": 0}, "kernel_size expected a whole number of 1 or more, or 2 of them, got 0"),
        ({"stride": 0}, "stride expected .* got 0"),
        ({"ceil_mode": 1}, "ceil_mode expected true or false, got 1"),
    ],
)
def test_wrong_arguments(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"kernel_size": 3, **options})


def test_a_window_larger_than_the_image_is_refused_when_built():
    with pytest.raises(
        ValueError, match=r"MaxPool2d expected W of at least 3, as its kernel spans 3, got \(N, 3, 2, 1\)"
    ):
        MaxPool2d(3).build((3, 2, 1))
    with pytest.raises(ValueError, match=r"AvgPool1d expected sequences \(N, T, D\), got \(N, 3, 2, 1\)"):
        AvgPool1d(3).build((3, 2, 1))
