import numpy as np
import pytest

from layers import Dense, LayerNorm, RMSNorm, Sequential

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (LayerNorm(), (6, 5)),
    (LayerNorm(), (6, 3, 5)),
    (LayerNorm(eps=0.1, bias=False), (6, 4, 3, 2)),
    (LayerNorm(elementwise_affine=False), (6, 5)),
    (LayerNorm(normalized_shape=5), (6, 3, 5)),
    (LayerNorm(normalized_shape=(3, 5)), (6, 3, 5)),
    (LayerNorm(normalized_shape=(4, 3, 2)), (6, 4, 3, 2)),
    (LayerNorm(normalized_shape=(3, 2), bias=False), (6, 4, 3, 2)),
    (LayerNorm(normalized_shape=(3, 5), elementwise_affine=False), (6, 3, 5)),
    (LayerNorm(), (6, 3, 1)),
    (LayerNorm(), (6, 300)),
    (RMSNorm(), (6, 5)),
    (RMSNorm(eps=0.1), (6, 3, 5)),
    (RMSNorm(elementwise_affine=False), (6, 4, 3, 2)),
    (RMSNorm(normalized_shape=[4, 3, 2]), (6, 4, 3, 2)),
    (RMSNorm(normalized_shape=5, elementwise_affine=False), (6, 5)),
    (RMSNorm(), (6, 3, 1)),
]

X = np.array([[0.0, 0, 0, 0, 5], [7, 2, 2, 2, 2]])  # rows of standard deviation 2, with mean 1 and 3


def test_layer_norm_by_hand():
    layer = LayerNorm(eps=0)
    layer.build((5,), dtype=np.float64)
    assert layer.forward(X).tolist() == [[-0.5, -0.5, -0.5, -0.5, 2], [2, -0.5, -0.5, -0.5, -0.5]]
    layer.params["gamma"], layer.params["beta"] = [2, 2, 2, 2, 10], [1, 0, 0, 0, 0]
    assert layer.forward(X).tolist() == [[0, -1, -1, -1, 20], [5, -1, -1, -1, -5]]
    g = np.array([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
    assert np.allclose(layer.backward(g), [[0.75, -0.25, -0.25, -0.25, 0], [0, -1.25, -1.25, -1.25, 3.75]])
    layer.update()
    assert layer.grads["gamma"].tolist() == [-0.5, 0, 0, 0, -0.5]
    assert layer.grads["beta"].tolist() == [1, 0, 0, 0, 1]


def test_rms_norm_by_hand():
    layer, x = RMSNorm(eps=0), np.array([[1.0, 7], [-7, 1]])  # mean squares 25
    layer.build((2,), dtype=np.float64)
    layer.params["gamma"] = [5, 10]
    assert np.allclose(layer.forward(x), [[1, 14], [-7, 2]])
    assert np.allclose(layer.backward(np.array([[1.0, 0], [0, 1]])), [[0.98, -0.14], [0.28, 1.96]])
    layer.update()
    assert np.allclose(layer.grads["gamma"], [0.2, 0.2])


def test_eps_is_added_to_the_mean_square():
    """1 + 0.5625 is 1.25 squared, 0.125 + 0.125 is 0.5 squared."""
    assert np.allclose(LayerNorm(eps=0.5625).forward(X[:1] / 2), [[-0.4, -0.4, -0.4, -0.4, 1.6]])
    assert np.allclose(RMSNorm(eps=0.125).forward(np.array([[0.3, 0.4]])), [[0.6, 0.8]])


def test_rms_norms_own_eps_is_that_of_the_dtype():
    for dtype in (np.float32, np.float64):
        eps = float(np.finfo(dtype).eps)
        x = np.full((1, 4), np.sqrt(eps), dtype)
        layer = RMSNorm(elementwise_affine=False)
        assert np.allclose(layer.forward(x), np.sqrt(0.5), rtol=1e-6) and layer.forward(x).dtype == dtype
        assert not layer.forward(0 * x).any()


@pytest.mark.parametrize("offset", [0, 1e4, 1e6])
def test_rms_norm_in_float32(offset):
    x = (np.random.default_rng(0).standard_normal((64, 256)) + offset).astype(np.float32)
    exact = x / np.sqrt(np.square(x.astype(np.float64)).mean(axis=1, keepdims=True) + 2.0**-23)
    assert np.allclose(RMSNorm().forward(x), exact, rtol=1e-6, atol=0)


def test_parameters_start_at_one_and_zero_in_the_shape_of_a_row():
    layer = LayerNorm(normalized_shape=[3, 5])
    assert layer.build((2, 3, 5)) == (2, 3, 5) and repr(layer) == "LayerNorm(normalized_shape=(3, 5))"
    assert [(name, a.shape, a.min(), a.max()) for name, a in layer.params.items()] == [
        ("gamma", (3, 5), 1, 1),
        ("beta", (3, 5), 0, 0),
    ]
    assert list(RMSNorm().params) == [] and RMSNorm().build((4,)) == (4,)
    for layer, names in (
        (LayerNorm(bias=False), ["gamma"]),
        (LayerNorm(elementwise_affine=False), []),
        (RMSNorm(), ["gamma"]),
        (RMSNorm(elementwise_affine=False), []),
    ):
        layer.build((5,))
        assert list(layer.params) == names


def test_a_list_of_sizes_is_one_row():
    """Over (3, 5) at once it is the same as over the 15 entries of a flat row."""
    x = np.random.default_rng(0).normal(size=(4, 2, 3, 5))
    for make in (LayerNorm, RMSNorm):
        whole, flat = make(normalized_shape=(3, 5)), make()
        assert np.array_equal(whole.forward(x).reshape(4, 2, 15), flat.forward(x.reshape(4, 2, 15)))
        assert np.array_equal(whole.backward(x).reshape(4, 2, 15), flat.backward(x.reshape(4, 2, 15)))


@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_shapes_that_do_not_fit(make):
    for sizes, shape, last in (((3, 5), (4, 5), "3, 5"), ((3, 5), (5,), "3, 5"), (5, (4,), "5"), (None, (), "D")):
        got = r", ".join(["N", *map(str, shape)]) + ("," if not shape else "")
        with pytest.raises(ValueError, match=rf"Norm expected x of shape \(N, ..., {last}\), got \({got}\)"):
            make(normalized_shape=sizes).build(shape)
    model = Sequential(Dense(4), make())
    model.build((3,))
    with pytest.raises(ValueError, match=r"expected x of shape \(N, ..., 4\), got \(2, 5\)"):
        model[1].forward(np.ones((2, 5)))
    without = make(elementwise_affine=False)  # takes rows of any size, as it has nothing that must fit
    assert without.forward(np.ones((2, 4))).shape == (2, 4) and without.forward(np.ones((2, 5))).shape == (2, 5)


@pytest.mark.parametrize("wrong", [0, 2.0, True, (), [3, 0], "35"])
@pytest.mark.parametrize("make", [LayerNorm, RMSNorm])
def test_normalized_shape_is_whole_numbers(make, wrong):
    with pytest.raises(ValueError, match="normalized_shape expected "):
        make(normalized_shape=wrong)


def test_flags_are_true_or_false():
    with pytest.raises(ValueError, match="elementwise_affine expected true or false, got 1"):
        LayerNorm(elementwise_affine=1)
    with pytest.raises(ValueError, match="elementwise_affine expected true or false, got 1"):
        RMSNorm(elementwise_affine=1)
    with pytest.raises(ValueError, match="bias expected true or false, got None"):
        LayerNorm(bias=None)
