import pytest

from layers import Conv1d, Conv2d, MaxPool2d, Sequential
from layers.windows import looks_channels_first


def test_window_counts_by_hand():
    assert MaxPool2d(2).window_counts((5, 4, 1)) == (2, 2)
    assert MaxPool2d(2, ceil_mode=True).window_counts((5, 4, 1)) == (3, 2)
    assert MaxPool2d(3, 1, padding=1).window_counts((5, 4, 1)) == (5, 4)
    assert MaxPool2d(2, 3, padding=1, ceil_mode=True).window_counts((5, 7, 1)) == (2, 3)  # from -1, 2 and, of 7, from 5
    assert MaxPool2d(1, 4, ceil_mode=True).window_counts((4, 5, 1)) == (1, 2)  # none begins after the end
    assert MaxPool2d(3, 1, ceil_mode=True).window_counts((5, 4, 1)) == (3, 2)  # where the stride fits there is no rest
    assert Conv2d(1, 2, padding=3).window_counts((1, 1, 1)) == (6, 6)  # some lie in the padding alone
    assert Conv2d(1, 3, stride=2, dilation=2).window_counts((7, 8, 1)) == (2, 2)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, (5, 2)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
def test_same_keeps_the_size(kernel_size, dilation):
    assert Conv2d(1, kernel_size, padding="same", dilation=dilation).window_counts((3, 4, 1)) == (3, 4)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2d(4, 7), (5, 9, 1), r"Conv2d expected H of at least 7, as its kernel spans 7, got \(N, 5, 9, 1\)$"),
        (
            Conv2d(4, 7, padding=(0, 1)),
            (9, 4, 1),
            r"expected W of at least 5, as its kernel spans 7 with 2 of padding, got",
        ),
        (Conv2d(4, 3, dilation=4), (9, 8, 1), r"expected W of at least 9, as its kernel spans 9, got"),
        (Conv1d(4, 3), (2, 1), r"Conv1d expected T of at least 3, as its kernel spans 3, got \(N, 2, 1\)"),
        (MaxPool2d(2), (1, 28, 28), r"H of at least 2.* got \(N, 1, 28, 28\): its channels seem to come first"),
        (Conv2d(4, 3), (28, 28), r"images \(N, H, W, C\), got \(N, 28, 28\): x\[..., None\] adds an axis"),
        (Conv2d(4, 3), (28, 3), r"images \(N, H, W, C\), got \(N, 28, 3\): x\[None\] is a batch of one"),
        (MaxPool2d(2), (7,), r"expected images \(N, H, W, C\), got \(N, 7\): Reshape lays rows out as images"),
        (Conv1d(4, 3), (28,), r"sequences \(N, T, D\), got \(N, 28\): x\[..., None\] adds an axis"),
        (Conv2d(4, 3), (784,), r"expected images \(N, H, W, C\), got \(N, 784\): Reshape lays"),
        (Conv2d(4, 3), (4, 8, 8, 1), r"expected images \(N, H, W, C\), got \(N, 4, 8, 8, 1\)$"),
        (Conv1d(4, 3), (8, 8, 1), r"expected sequences \(N, T, D\), got \(N, 8, 8, 1\)$"),
    ],
)
def test_an_input_without_room_or_with_other_axes_is_refused_when_built(layer, shape, message):
    with pytest.raises(ValueError, match=f"layer 0 .*{message}"):
        Sequential(layer).build(shape)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (1, 8, 8), (3, 480, 640), (3, 20, 30)])
def test_images_with_channels_first_are_recognized(shape):
    assert looks_channels_first(shape)


@pytest.mark.parametrize(
    "shape",
    [(32, 32, 3), (28, 28, 1), (8, 8, 64), (2, 16, 16), (1, 9, 16), (4, 64, 64), (3, 7, 7), (3, 20, 8), (1, 100)],
)
def test_and_others_are_not(shape):
    assert not looks_channels_first(shape)
