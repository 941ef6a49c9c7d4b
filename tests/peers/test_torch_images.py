"""Convolutions, pools and their kin, equal to PyTorch to 1e-10 in float64 over every combination of options."""

from itertools import product

import numpy as np
import pytest

import layers

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")
nn = torch.nn

RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def first(array):
    """With the channels first, as PyTorch has them."""
    return torch.tensor(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def last(tensor):
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def exchanged(W, groups):
    """The weight of a transposed convolution as PyTorch has it, channels of x first, and back."""
    W = W.reshape(groups, -1, *W.shape[1:]).swapaxes(1, -1)
    return W.reshape(-1, *W.shape[2:])


def same(layer, peer, shape, x=None):
    """Asserts equal y, dx, dW and db; the layer is built here."""
    x = RNG.normal(size=shape) if x is None else x
    layer.build(shape[1:], dtype=np.float64)
    peer, t = peer.double(), first(x).requires_grad_()
    turned = isinstance(layer, layers.ConvTranspose2d)
    if layer.params:
        layer.theta = RNG.normal(size=layer.theta.size)
        W = layer.params["W"]
        peer.weight.data = first(exchanged(W, layer.groups) if turned else W)
        if layer.bias:
            peer.bias.data = torch.tensor(layer.params["b"])
    y, expected = layer.forward(x), peer(t)
    assert y.shape == last(expected).shape
    assert np.allclose(y, last(expected), **CLOSE)
    g = RNG.normal(size=y.shape)
    expected.backward(first(g))
    assert np.allclose(layer.backward(g), last(t.grad), **CLOSE)
    layer.update()
    if layer.params:
        dW = last(peer.weight.grad)
        assert np.allclose(layer.grads["W"], exchanged(dW, layer.groups) if turned else dW, **CLOSE)
        if layer.bias:
            assert np.allclose(layer.grads["b"], peer.bias.grad, **CLOSE)


def accepted(make, size):
    """The layer, or None where it refuses the options or the size; PyTorch must refuse them as well."""
    try:
        layer = make()
        layer.output_shape((*size, 6))
        return layer
    except ValueError:
        return None


@pytest.mark.parametrize("kernel_size", [1, 2, 3, (3, 2)])
@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_conv2d(kernel_size, groups):
    steps, pads, sizes = [1, 2, (2, 3)], [0, 1, 4, (0, 3), "same"], [(3, 4), (7, 7), (8, 5)]
    for stride, padding, dilation, size in product(steps, pads, [1, 2, (1, 3)], sizes):
        options = kernel_size, stride, padding, dilation, groups
        layer = accepted(lambda options=options: layers.Conv2d(6, *options), size)
        if layer is None:
            with pytest.raises((RuntimeError, ValueError)):
                nn.Conv2d(6, 6, *options).double()(torch.zeros(1, 6, *size).double())
        else:
            same(layer, nn.Conv2d(6, 6, *options), (2, *size, 6))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("padding", [0, 2, "same"])
def test_conv1d(padding, bias):
    for kernel_size, stride, dilation, groups in product([1, 3, 4], [1, 3], [1, 2], [1, 2]):
        if padding != "same" or stride == 1:
            options = kernel_size, stride, padding, dilation, groups, bias
            same(layers.Conv1d(4, *options), nn.Conv1d(6, 4, *options), (2, 9, 6))


@pytest.mark.parametrize("kernel_size", [1, 2, 3, (3, 2)])
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_conv_transpose2d(kernel_size, groups):
    options = product([1, 2, (2, 3)], [0, 1, (0, 2)], [0, 1, (0, 2)], [1, 2, (1, 3)], [(4, 4), (1, 3)])
    for stride, padding, more, dilation, size in options:
        make = lambda: layers.ConvTranspose2d(6, kernel_size, stride, padding, more, dilation, groups)  # noqa: B023, E731
        peer = nn.ConvTranspose2d(6, 6, kernel_size, stride, padding, more, groups, True, dilation)
        layer = accepted(make, size)
        if layer is None:
            with pytest.raises(RuntimeError):
                peer.double()(torch.zeros(1, 6, *size).double())
        else:
            same(layer, peer, (2, *size, 6))


POOLS = list(
    product([1, 2, 3, (3, 2)], [None, 1, 2, 4, (2, 3)], [0, 1, (1, 0)], [False, True], [(4, 3), (7, 7), (9, 10)])
)


@pytest.mark.parametrize("dilation", [1, 2, (1, 3)])
def test_max_pool2d(dilation):
    for kernel_size, stride, padding, ceil_mode, size in POOLS:
        options = kernel_size, stride, padding, dilation
        layer = accepted(lambda options=options, ceil=ceil_mode: layers.MaxPool2d(*options, ceil), size)
        peer = nn.MaxPool2d(*options, False, ceil_mode)
        if layer is None and ceil_mode:
            continue  # a window larger than the image, which PyTorch lets reach beyond its end
        if layer is None:
            with pytest.raises(RuntimeError):
                peer(torch.zeros(1, 6, *size).double())
        else:
            same(layer, peer, (2, *size, 6), x=RNG.integers(0, 3, (2, *size, 6)).astype(float))  # with many ties


@pytest.mark.parametrize("count_include_pad", [True, False])
def test_avg_pool2d(count_include_pad):
    for *options, size in POOLS:
        options.append(count_include_pad)
        layer = accepted(lambda options=options: layers.AvgPool2d(*options), size)
        if layer is None:
            with pytest.raises(RuntimeError):
                nn.AvgPool2d(*options)(torch.zeros(1, 6, *size).double())
        else:
            same(layer, nn.AvgPool2d(*options), (2, *size, 6))


def test_pools_of_sequences():
    for kernel_size, stride, ceil_mode in product([2, 3], [None, 1, 2], [False, True]):
        options = kernel_size, stride, 1
        same(layers.MaxPool1d(*options, 2, ceil_mode), nn.MaxPool1d(*options, 2, False, ceil_mode), (2, 8, 3))
        for counted in (True, False):
            same(layers.AvgPool1d(*options, ceil_mode, counted), nn.AvgPool1d(*options, ceil_mode, counted), (2, 8, 3))


@pytest.mark.parametrize(
    ("layer", "peer", "shape"),
    [
        (layers.GlobalAvgPool(), lambda t: t.mean(dim=(2, 3)), (2, 3, 5, 4)),
        (layers.GlobalMaxPool(), lambda t: nn.functional.adaptive_max_pool2d(t, 1).flatten(1), (2, 3, 5, 4)),
        (layers.Upsample(3), nn.Upsample(scale_factor=3), (2, 3, 5, 4)),
        (layers.Upsample((2, 1)), nn.Upsample(scale_factor=(2, 1)), (2, 3, 5, 4)),
        (layers.Upsample((3, 2), "bilinear"), nn.Upsample(scale_factor=(3, 2), mode="bilinear"), (2, 3, 5, 4)),
        (layers.Upsample(4, "linear"), nn.Upsample(scale_factor=4, mode="linear"), (2, 7, 3)),
        (layers.Pad([[1, 0], [2, 3]], 0.5), nn.ConstantPad2d((2, 3, 1, 0), 0.5), (2, 3, 5, 4)),
        (layers.Permute([2, 1, 3]), lambda t: t.permute(0, 1, 3, 2), (2, 3, 5, 4)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_the_rest(layer, peer, shape):
    x = RNG.integers(0, 3, shape).astype(float)
    t = first(x).requires_grad_()
    y, expected = layer.forward(x), peer(t)
    g = RNG.normal(size=y.shape)
    expected.backward(first(g))
    assert np.allclose(y, last(expected), **CLOSE)
    assert np.allclose(layer.backward(g), last(t.grad), **CLOSE)
