"""What all layers that normalize have in common: precision at any offset and length, layouts, dtypes, gradients."""

import numpy as np
import pytest

from layers import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

FORMS = [  # (layer, shape of x, the axes of a set once channels are divided into groups, number of groups)
    (BatchNorm(), (512, 6), (0, 2), 6),
    (BatchNorm(), (32, 7, 7, 6), (0, 1, 2, 4), 6),
    (LayerNorm(), (64, 96), (2,), 1),
    (LayerNorm(normalized_shape=(9, 96)), (16, 9, 96), (1, 3), 1),
    (GroupNorm(3), (8, 9, 9, 6), (1, 2, 4), 3),
    (GroupNorm(1), (8, 40, 6), (1, 3), 1),
    (InstanceNorm(affine=True), (8, 9, 9, 6), (1, 2, 4), 6),
]
each_form = pytest.mark.parametrize(("layer", "shape", "axes", "groups"), FORMS, ids=lambda value: repr(value))


def by_definition(x, g, axes, groups, gamma, beta, eps=1e-5):
    """y and dx in extended precision, from formulas as they are printed."""

    def average(a):
        return a.mean(axis=axes, keepdims=True)

    x, g, gamma, beta = (np.asarray(a, np.longdouble) for a in (x, g * gamma, gamma, beta))
    sets = (*x.shape[:-1], groups, x.shape[-1] // groups)
    x, dxhat = x.reshape(sets), g.reshape(sets)
    std = np.sqrt(average((x - average(x)) ** 2) + eps)
    xhat = (x - average(x)) / std
    dx = (dxhat - average(dxhat) - xhat * average(dxhat * xhat)) / std
    shape = (*sets[:-2], sets[-2] * sets[-1])
    return xhat.reshape(shape) * gamma + beta, dx.reshape(shape)


@each_form
@pytest.mark.parametrize("offset", [0, 1e4, -1e6])
@pytest.mark.parametrize("scale", [1, 100])
def test_float32_at_any_offset(layer, shape, axes, groups, offset, scale):
    rng = np.random.default_rng(0)
    x = (scale * rng.standard_normal(shape) + offset).astype(np.float32)
    g = rng.standard_normal(shape).astype(np.float32)
    layer.build(shape[1:])
    y = layer.forward(x)
    dx = layer.backward(g)
    assert y.dtype == dx.dtype == np.float32
    assert y.var(dtype=np.float64) == pytest.approx(1, abs=5e-4)
    gamma, beta = layer.params["gamma"], layer.params["beta"]
    exact_y, exact_dx = by_definition(x, g, axes, groups, gamma, beta)
    assert np.abs(y - exact_y).max() < 2e-6
    assert np.abs(dx - exact_dx).max() < 3e-6 / scale


@each_form
def test_float64_with_gamma_and_beta(layer, shape, axes, groups):
    rng = np.random.default_rng(1)
    x, g = rng.standard_normal((2, *shape)) + 3
    layer.build(shape[1:], dtype=np.float64)
    for name in ("gamma", "beta"):
        layer.params[name] = rng.standard_normal(layer.params[name].shape)
    y, dx = by_definition(x, g, axes, groups, layer.params["gamma"], layer.params["beta"])
    assert np.allclose(layer.forward(x), y.astype(float), rtol=1e-12, atol=1e-13)
    assert np.allclose(layer.backward(g), dx.astype(float), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm(), RMSNorm(), GroupNorm(2)], ids=repr)
def test_gamma_and_beta_gradients_are_exact_over_two_million_rows(layer):
    rng, shape = np.random.default_rng(0), (7, 285_715, 4)
    layer.forward(rng.standard_normal(shape, np.float32) + 5)
    g = rng.random(shape, np.float32)
    layer.backward(g, input_gradient=False)
    layer.update()
    terms = {"gamma": g * layer.xhat.reshape(shape), "beta": g}
    for name, gradient in layer.grads.items():
        exact, size = (a.sum(axis=(0, 1), dtype=np.float64) for a in (terms[name], np.abs(terms[name])))
        assert np.abs((gradient - exact) / size).max() <= 1e-6


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (BatchNorm(), (1_000_001, 2), 0),
        (BatchNorm(), (2_000_003, 1), 0),
        (InstanceNorm(), (1, 2_000_003, 1), 1),
        (GroupNorm(1), (2, 500_001, 2), (1, 2)),
        (LayerNorm(), (1, 2_000_003), 1),
    ],
    ids=repr,
)
def test_one_mean_over_millions_of_entries(layer, shape, axis, offset):
    x = (np.random.default_rng(0).standard_normal(shape) + offset).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(axis=axis, keepdims=True)) / np.sqrt(exact.var(axis=axis, keepdims=True) + 1e-5)
    y = layer.forward(x)
    assert y.var(dtype=np.float64) == pytest.approx(1, abs=5e-5)
    assert np.abs(y - exact).max() < 2e-6


@pytest.mark.parametrize(
    "layer", [BatchNorm(), LayerNorm(), RMSNorm(), GroupNorm(2), InstanceNorm(affine=True)], ids=repr
)
def test_any_memory_order_and_arrays_that_cannot_be_written(layer):
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        x, g = rng.standard_normal((2, 6, 4, 4, 4)).astype(dtype)
        layer.build(x.shape[1:], dtype=dtype) if not layer.built else layer.astype(dtype)
        y, dx = layer.forward(x), layer.backward(g)
        layer.update()
        gradient = layer.gradient.copy()
        for other in (
            np.asfortranarray,
            lambda a: np.repeat(a, 2, axis=3)[..., ::2],
            lambda a: a[::-1].copy()[::-1],
        ):
            twisted = [other(x), other(g)]
            for array in twisted:
                array.setflags(write=False)
            assert np.allclose(layer.forward(twisted[0]), y, rtol=1e-5, atol=1e-5)
            assert np.allclose(layer.backward(twisted[1]), dx, rtol=1e-5, atol=1e-5)
            layer.update()
            assert np.allclose(layer.gradient, gradient, rtol=1e-4, atol=1e-5)
            assert layer.forward(twisted[0]).dtype == layer.backward(twisted[1]).dtype == dtype


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm(), RMSNorm(), GroupNorm(2), InstanceNorm()], ids=repr)
def test_no_examples_give_no_rows_and_no_gradient(layer):
    x = np.ones((0, 300, 4), np.float32)
    assert layer.eval().forward(x).shape == layer.backward(x).shape == x.shape
    layer.update()
    assert not layer.gradient.any()


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm(), RMSNorm(), GroupNorm(2), InstanceNorm()], ids=repr)
def test_constant_numbers_are_no_division_by_zero(layer):
    x = np.zeros((4, 6, 4), np.float32)
    assert not layer.forward(x).any()
    assert np.isfinite(layer.backward(np.ones_like(x))).all()


def test_flops_of_an_entry():
    """Mean, difference, square, its mean, product: 5; then gamma and beta. RMSNorm has neither mean nor difference."""
    for layer, flops in (
        (BatchNorm(), 7),
        (BatchNorm(affine=False), 5),
        (LayerNorm(), 7),
        (LayerNorm(bias=False), 6),
        (LayerNorm(elementwise_affine=False), 5),
        (GroupNorm(2), 7),
        (InstanceNorm(), 5),
        (RMSNorm(), 4),
        (RMSNorm(elementwise_affine=False), 3),
    ):
        layer.build((5, 4))
        assert layer.flops == flops * 20, layer


@pytest.mark.parametrize("make", [BatchNorm, LayerNorm, RMSNorm, InstanceNorm, lambda **o: GroupNorm(2, **o)])
@pytest.mark.parametrize("eps", [-1e-5, "1e-5", True, float("nan"), 1, 64.0])
def test_eps_is_a_number_from_0_to_1(make, eps):
    with pytest.raises(ValueError, match="eps expected a number"):
        make(eps=eps)
    if make is not RMSNorm:
        with pytest.raises(ValueError, match="eps expected a number, got None"):
            make(eps=None)
    assert make(eps=0).eps == 0 and make(eps=0.5).eps == 0.5


def test_a_size_is_not_taken_for_eps():
    for make, name in (
        (BatchNorm, "num_features"),
        (InstanceNorm, "num_features"),
        (LayerNorm, "normalized_shape"),
        (RMSNorm, "normalized_shape"),
        (lambda size: GroupNorm(4, size), "num_channels"),
    ):
        with pytest.raises(ValueError, match=f"below 1, got 64: a size is given by name, as in {name}=64"):
            make(64)
