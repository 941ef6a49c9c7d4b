import numpy as np
import pytest

from layers import Conv2d, ConvTranspose2d

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (ConvTranspose2d(2, 2), (5, 2, 3, 1)),
    (ConvTranspose2d(2, 3, stride=2, padding=1, output_padding=1), (5, 2, 2, 2)),
    (ConvTranspose2d(1, (2, 3), stride=(3, 1), padding=(0, 1), bias=False, in_channels=2), (5, 2, 2, 2)),
    (ConvTranspose2d(4, 2, dilation=2, groups=2, init="he_uniform"), (5, 1, 2, 2)),
    (ConvTranspose2d(2, 2, dilation=3, output_padding=2), (5, 2, 1, 1)),
    (ConvTranspose2d(2, 1, stride=2), (5, 2, 2, 1)),
]


def test_forward_backward_update_by_hand():
    layer = ConvTranspose2d(1, 2)
    layer.build((2, 2, 1), dtype=np.float64)
    layer.params["W"] = np.array([[1, 2], [0, -1]]).reshape(1, 2, 2, 1)
    layer.params["b"] = [10]
    x = np.array([[1.0, 0], [2, -1]]).reshape(1, 2, 2, 1)
    assert layer.forward(x)[0, :, :, 0].tolist() == [[11, 12, 10], [12, 12, 8], [10, 8, 11]]
    g = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]).reshape(1, 3, 3, 1)
    assert layer.backward(g)[0, :, :, 0].tolist() == [[0, 2], [6, 8]]
    layer.update()
    assert layer.grads["W"][0, :, :, 0].tolist() == [[1 + 8 - 5, 2 + 10 - 6], [4 + 14 - 8, 5 + 16 - 9]]
    assert layer.grads["b"].tolist() == [45]


def test_stride_padding_and_output_padding_by_hand():
    layer = ConvTranspose2d(1, (1, 3), stride=(1, 2), padding=(0, 1), output_padding=(0, 1))
    layer.build((1, 2, 1), dtype=np.float64)
    layer.params["W"] = np.array([1, 10, 100]).reshape(1, 1, 3, 1)
    y = layer.forward(np.array([2.0, 3]).reshape(1, 1, 2, 1))  # 2 20 203 30 300 without what padding takes at the start
    assert y.ravel().tolist() == [20, 203, 30, 300]


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": 1, "dilation": 2}, {"groups": 2, "stride": (1, 2)}])
def test_it_is_the_adjoint_of_a_convolution(options):
    """Its forward is Conv2d's backward, and its backward Conv2d's forward, once W has its channels exchanged."""
    rng = np.random.default_rng(0)
    conv, layer = Conv2d(4, 3, bias=False, **options), ConvTranspose2d(2, 3, bias=False, **options)
    x = rng.normal(size=(2, 7, 7, 2))
    conv.build(x.shape[1:], dtype=np.float64)
    y = conv.forward(x)
    layer.build(y.shape[1:], dtype=np.float64)
    groups = conv.groups
    for group in range(groups):
        mine, its = (slice(n // groups * group, n // groups * (group + 1)) for n in (2, 4))
        layer.params["W"][mine] = conv.params["W"][its].swapaxes(0, -1)
    assert np.allclose(layer.forward(y), conv.backward(y), rtol=1e-12, atol=1e-12)
    assert np.allclose(layer.backward(x), y, rtol=1e-12, atol=1e-12)


def test_parameters_are_laid_out_as_those_of_every_convolution():
    layer = ConvTranspose2d(6, (2, 3), groups=2)
    assert layer.build((3, 3, 4)) == (4, 5, 6)
    assert [(name, a.shape) for name, a in layer.params.items()] == [("W", (6, 2, 3, 2)), ("b", (6,))]


def test_flops_are_two_for_each_weight_and_entry_of_x():
    layer = ConvTranspose2d(6, 3, stride=2, groups=2)
    layer.build((5, 4, 4))
    assert layer.flops == 2 * 5 * 4 * 4 * 3 * 3 * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "same"}, "padding expected a whole number of 0 or more, or 2 of them, got 'same'"),
        ({"output_padding": 1}, "output_padding expected less than stride or dilation, 1, got 1"),
        (
            {"stride": (2, 1), "output_padding": (1, 1)},
            "output_padding expected less than stride or dilation, 1, got 1",
        ),
        ({"groups": 3}, "out_channels expected a multiple of groups, 3, got 4"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        ConvTranspose2d(4, 3, **options)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            ConvTranspose2d(4, 3, padding=3),
            (2, 5, 1),
            r"would give y of \(-2, 1\): padding takes all of y, got \(N, 2, 5, 1\)",
        ),
        (ConvTranspose2d(4, 3), (784,), r"expected images \(N, H, W, C\), got \(N, 784\)"),
        (ConvTranspose2d(4, 3, groups=2), (2, 2, 3), r"expected channels that its 2 groups divide, got \(N, 2, 2, 3\)"),
        (ConvTranspose2d(4, 3), (3, 32, 32), "its channels seem to come first"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_when_built(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build(shape)
