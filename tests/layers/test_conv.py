import numpy as np
import pytest

from layers import Add, Conv1d, Conv2d, Dense, Graph, MaxPool2d, ReLU, Reshape, Residual, Sequential, Standardize

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Conv1d(2, 3), (5, 5, 2)),
    (Conv1d(2, 2, stride=2, padding=1, bias=False), (5, 4, 1)),
    (Conv1d(4, 3, padding="same", dilation=2, groups=2), (5, 6, 2)),
    (Conv1d(2, [1]), (5, 1, 3)),
    (Conv2d(2, 3), (5, 4, 3, 2)),
    (Conv2d(2, (2, 3), stride=(1, 2), padding=(0, 1), in_channels=1), (5, 3, 5, 1)),
    (Conv2d(3, 2, stride=3), (5, 4, 6, 1)),
    (Conv2d(2, (2, 4), padding="same", init="he_normal"), (5, 3, 4, 2)),
    (Conv2d(2, 3, padding=3, stride=2), (5, 2, 3, 1)),
    (Conv2d(2, 2, dilation=(2, 1), padding=1, bias=False), (5, 4, 2, 2)),
    (Conv2d(4, 2, groups=2), (5, 3, 2, 4)),
    (Conv2d(6, 2, groups=3, stride=2), (5, 3, 3, 3)),
    (Conv2d(3, 1), (5, 2, 2, 2)),
    (Conv2d(1, (3, 2)), (5, 3, 2, 2)),
]


def test_forward_backward_update_by_hand():
    layer = Conv2d(1, 2)
    layer.build((3, 3, 1), dtype=np.float64)
    layer.params["W"] = np.array([[1, 2], [0, -1]]).reshape(1, 2, 2, 1)
    layer.params["b"] = [10]
    x = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]).reshape(1, 3, 3, 1)
    assert layer.forward(x)[0, :, :, 0].tolist() == [[10, 12], [16, 18]]  # 1 + 2 2 - 5 + 10 first: not turned around
    g = np.array([[1.0, 0], [2, -1]]).reshape(1, 2, 2, 1)
    assert layer.backward(g)[0, :, :, 0].tolist() == [[1, 2, 0], [2, 2, -2], [0, -2, 1]]
    layer.update()
    assert layer.grads["W"][0, :, :, 0].tolist() == [[1 + 8 - 5, 2 + 10 - 6], [4 + 14 - 8, 5 + 16 - 9]]
    assert layer.grads["b"].tolist() == [2]


def test_overlapping_windows_each_send_their_gradient():
    layer = Conv1d(1, 3)
    layer.build((5, 1), dtype=np.float64)
    layer.params["W"] = np.ones((1, 3, 1))
    assert layer.forward(np.arange(5.0).reshape(1, 5, 1)).ravel().tolist() == [3, 6, 9]
    assert layer.backward(np.array([1.0, 10, 100]).reshape(1, 3, 1)).ravel().tolist() == [1, 11, 111, 110, 100]


def test_stride_padding_dilation_by_hand():
    layer = Conv1d(1, 2, stride=2, padding=1, dilation=3)
    layer.build((6, 1), dtype=np.float64)
    layer.params["W"] = np.array([1, 10]).reshape(1, 2, 1)
    x = np.array([1.0, 2, 3, 4, 5, 6]).reshape(1, 6, 1)
    assert layer.forward(x).ravel().tolist() == [0 + 30, 2 + 50, 4 + 0]  # entries (-1, 2), (1, 4), (3, 6)
    assert layer.backward(np.array([1.0, 2, 3]).reshape(1, 3, 1)).ravel().tolist() == [0, 2, 10, 3, 20, 0]


def test_same_puts_the_odd_zero_at_the_end():
    layer = Conv1d(1, 2, padding="same")
    layer.build((3, 1), dtype=np.float64)
    layer.params["W"] = np.array([1, 10]).reshape(1, 2, 1)
    assert layer.forward(np.array([1.0, 2, 3]).reshape(1, 3, 1)).ravel().tolist() == [21, 32, 3]


def test_groups_see_their_own_channels_only():
    layer = Conv2d(4, 1, groups=2)
    layer.build((1, 1, 4), dtype=np.float64)
    layer.params["W"] = np.arange(1, 9).reshape(4, 1, 1, 2)
    assert layer.forward(np.array([1.0, 10, 100, 1000]).reshape(1, 1, 1, 4)).ravel().tolist() == [21, 43, 6500, 8700]


def test_parameters_come_in_this_order_and_b_starts_at_zero():
    layer = Conv2d(6, (3, 5), padding=1, groups=2)
    assert layer.build((8, 8, 4)) == (8, 6, 6)
    assert [(name, a.shape) for name, a in layer.params.items()] == [("W", (6, 3, 5, 2)), ("b", (6,))]
    assert not layer.params["b"].any()


def test_each_group_starts_as_a_convolution_of_its_own():
    layer = Conv2d(64, 3, groups=64)
    layer.build((8, 8, 64))
    assert np.abs(layer.params["W"]).max() == pytest.approx(np.sqrt(6 / (9 + 9)), rel=0.02)


def test_the_gradient_of_the_data_is_not_paid_for_where_nobody_wants_it(monkeypatch):
    monkeypatch.setattr("layers.conv.adjoint_x", None)
    layer = Conv2d(2, 3)
    layer.backward(np.ones_like(layer.forward(np.ones((1, 4, 4, 1)))), input_gradient=False)


def test_a_translated_image_gives_a_translated_output():
    layer, x = Conv2d(3, 3, padding="same"), np.zeros((1, 9, 9, 2))
    x[0, 2:5, 3:6] = np.random.default_rng(0).normal(size=(3, 3, 2))
    y = layer.forward(x)
    assert np.array_equal(layer.forward(np.roll(x, (2, 1), axis=(1, 2))), np.roll(y, (2, 1), axis=(1, 2)))


def test_a_kernel_as_large_as_the_image_is_dense():
    x = np.random.default_rng(0).normal(size=(4, 3, 5, 2))
    conv, dense = Conv2d(6, (3, 5)), Dense(6)
    conv.build(x.shape[1:], dtype=np.float64)
    dense.build(30, dtype=np.float64)
    dense.theta = conv.theta
    assert np.allclose(conv.forward(x).reshape(4, 6), dense.forward(x.reshape(4, 30)), rtol=1e-13)


def test_bias_gradient_is_exact_over_a_long_axis():
    layer = Conv2d(4, 1)
    layer.forward(np.ones((31, 257, 251, 1), np.float32))  # 2 million windows
    layer.backward(np.full((31, 257, 251, 4), 0.1, np.float32), input_gradient=False)
    layer.update()
    assert np.abs(layer.grads["b"] / (31 * 257 * 251 * float(np.float32(0.1))) - 1).max() <= 1e-6


@pytest.mark.parametrize("build", [Conv2d, Conv1d])
def test_flops_are_two_for_each_weight_and_window(build):
    layer = build(6, 3, groups=2)
    layer.build((5,) * layer.axes + (4,))
    assert layer.flops == 2 * 3**layer.axes * 6 * 3**layer.axes * 2


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 32, 32), {}, r"got \(N, 3, 32, 32\): its channels seem to come first, .* say in_channels=32"),
        ((1, 28, 28), {"kernel_size": 1}, r"expected images \(N, H, W, C\), got \(N, 1, 28, 28\): its channels"),
        ((3, 5, 5), {"in_channels": 3}, r"expected 3 channels, got \(N, 3, 5, 5\): its channels seem to come first"),
        (
            (4, 28, 28),
            {"in_channels": 4},
            r"expected 4 channels, got \(N, 4, 28, 28\): its channels seem",
        ),
        ((5, 5, 3), {"in_channels": 4}, r"expected 4 channels, got \(N, 5, 5, 3\)$"),
        ((5, 5, 3), {"groups": 2}, r"expected channels that its 2 groups divide, got \(N, 5, 5, 3\)$"),
    ],
)
def test_channels_that_do_not_fit_are_refused_when_built(shape, options, message):
    with pytest.raises(ValueError, match=f"layer 0 Conv2d {message}" if "groups" in options else message):
        Sequential(Conv2d(**{"out_channels": 4, "kernel_size": 3, **options})).build(shape)


def test_channels_first_is_guessed_of_the_models_own_input_only():
    assert Conv2d(4, 3, in_channels=32).build((3, 32, 32)) == (1, 30, 4)
    assert Sequential(Dense(192), Reshape([3, 8, 8]), Conv2d(2, 3)).build((5,)) == (1, 6, 2)
    assert Sequential(MaxPool2d((4, 1)), Residual(Conv2d(32, 3, padding=1))).build((12, 32, 32)) == (3, 32, 32)
    for model in (Sequential(Standardize(), Sequential(Conv2d(4, 3))), Residual(Conv2d(32, 3, padding=1))):
        with pytest.raises(ValueError, match=r"layer 0 Conv2d .* its channels seem to come first"):
            model.build((3, 32, 32))
    same = {"kernel_size": 3, "padding": "same"}
    model = Sequential(Conv2d(32, in_channels=32, **same), ReLU(), Conv2d(32, **same), Residual(Conv2d(32, **same)))
    assert model.build((3, 32, 32)) == (3, 32, 32)  # once told, that is what it is
    graph = Graph(["a", "b"], {"c": ("a", Conv2d(4, 3)), "d": ("b", Conv2d(4, 3)), "e": (["c", "d"], Add())}, "e")
    with pytest.raises(ValueError, match=r"node d Conv2d .*got \(N, 3, 8, 8\): its channels seem to come first"):
        graph.build(((8, 8, 1), (3, 8, 8)))


def test_other_images_for_a_built_layer():
    layer = Conv2d(4, 3)
    layer.build((8, 8, 3))
    assert layer.forward(np.zeros((2, 9, 7, 3))).shape == (2, 7, 5, 4)
    with pytest.raises(ValueError, match=r"expected 3 channels, got \(2, 3, 8, 8\): its channels seem to come first"):
        layer.forward(np.zeros((2, 3, 8, 8)))
    with pytest.raises(ValueError, match=r"got \(8, 8, 3\): x\[None\] is a batch of one$"):
        layer.forward(np.zeros((8, 8, 3)))


def test_bytes_and_no_images_are_refused():
    with pytest.raises(TypeError, match=r"Conv2d.forward needs floating-point x, got uint8: use x.astype"):
        Conv2d(4, 3).forward(np.zeros((2, 8, 8, 1), np.uint8))
    layer = Conv2d(4, 3)
    layer.forward(np.zeros((2, 8, 8, 1)))
    with pytest.raises(
        ValueError, match=r"Conv2d.forward expected at least one example to train on, got x of shape \(0, 8, 8, 1\)"
    ):
        layer.forward(np.zeros((0, 8, 8, 1)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 0}, "kernel_size expected a whole number of 1 or more, or 2 of them, got 0"),
        ({"kernel_size": (3, 3, 3)}, r"kernel_size expected .* got \(3, 3, 3\)"),
        ({"kernel_size": 2.0}, "kernel_size expected .* got 2.0"),
        ({"stride": True}, "stride expected .* got True"),
        ({"padding": -1}, "padding expected a whole number of 0 or more, or 2 of them, got -1"),
        ({"padding": "valid"}, "padding expected 'same' or whole numbers of 0 or more, got 'valid'"),
        ({"padding": "same", "stride": (1, 2)}, r"padding 'same' expected stride 1, got \(1, 2\)"),
        ({"dilation": (1, 0)}, r"dilation expected .* got \(1, 0\)"),
        ({"groups": 3}, "out_channels expected a multiple of groups, 3, got 4"),
        ({"groups": 2, "in_channels": 3}, "in_channels expected a multiple of groups, 2, got 3"),
        ({"bias": 1}, "bias expected true or false, got 1"),
        ({"init": "glorot"}, "init expected one of glorot_uniform"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Conv2d(**{"out_channels": 4, "kernel_size": 3, **options})
