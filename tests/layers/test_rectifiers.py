import numpy as np
import pytest

from layers import CELU, ELU, SELU, Dense, LeakyReLU, PReLU, ReLU, Sequential

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (CELU(), (6, 5)),
    (CELU(alpha=0.4), (6, 4, 3, 2)),
    (CELU(alpha=-2), (6, 5)),
    (ELU(), (6, 5)),
    (ELU(alpha=0.3), (6, 4, 3, 2)),
    (LeakyReLU(), (6, 5)),
    (LeakyReLU(negative_slope=-0.3), (6, 4, 3, 2)),
    (PReLU(), (6, 4, 3, 2)),
    (PReLU(num_parameters=5, init=-0.1), (6, 3, 5)),
    (PReLU(num_parameters=5), (6, 5)),
    (ReLU(), (6, 4, 3, 2)),
    (SELU(), (6, 5)),
]


X = np.array([[-2.0, -0.0, 0.0, 1e-300, 3]])


@pytest.mark.parametrize(
    ("layer", "y", "dx"),
    [
        (ReLU(), [0, 0, 0, 1e-300, 3], [0, 0, 0, 1, 1]),
        (LeakyReLU(0.1), [-0.2, 0, 0, 1e-300, 3], [0.1, 0.1, 0.1, 1, 1]),
        (PReLU(init=0.5), [-1, 0, 0, 1e-300, 3], [0.5, 0.5, 0.5, 1, 1]),
        (ELU(2.0), [2 * np.expm1(-2), 0, 0, 1e-300, 3], [2 * np.exp(-2), 2, 2, 1, 1]),
        (CELU(2.0), [2 * np.expm1(-1), 0, 0, 1e-300, 3], [np.exp(-1), 1, 1, 1, 1]),
    ],
    ids=repr,
)
def test_values_and_the_derivative_at_0(layer, y, dx):
    layer.build((5,), dtype=np.float64)
    assert np.allclose(layer.forward(X), [y], rtol=1e-15, atol=0)
    assert np.allclose(layer.backward(np.ones((1, 5))), [dx], rtol=1e-15, atol=0)


@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(), PReLU(), ELU(), SELU(), CELU(0.5)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stable_at_any_input(layer, dtype):
    x = np.array([[-1e30, -1e4, 0, 1e4, 1e30]], dtype)
    layer.build((5,), dtype=dtype)
    y, dx = layer.forward(x), layer.backward(np.ones_like(x))
    assert np.isfinite(y).all() and np.isfinite(dx).all() and y.dtype == dx.dtype == dtype
    assert y[0, 3] >= 1e4


def test_selu_keeps_mean_0_and_variance_1():
    x = np.random.default_rng(0).standard_normal((1000, 1000))
    y = SELU().forward(x)
    assert abs(y.mean()) < 0.005 and y.var() == pytest.approx(1, abs=0.01)


def test_small_values_keep_their_digits():
    assert ELU().forward(np.array([[-1e-12]])) == pytest.approx(-1e-12, rel=1e-11, abs=0)


def test_prelu_learns_a_slope_for_each_column():
    layer = PReLU(num_parameters=2, init=0.1)
    layer.forward(np.array([[-1.0, 2], [-3, -4]], np.float32))
    layer.backward(np.array([[1.0, 1], [10, 100]], np.float32))
    layer.update()
    assert layer.grads["a"].tolist() == [-31, -400]


def test_settings_out_of_range():
    with pytest.raises(ValueError, match=r"layer 1 PReLU expected x of shape \(N, ..., 4\), got \(N, 3\)"):
        Sequential(Dense(3), PReLU(num_parameters=4)).build((2,))
    with pytest.raises(ValueError, match="alpha expected a number other than 0, got 0"):
        CELU(0)
    with pytest.raises(ValueError, match="negative_slope expected a number, got nan"):
        LeakyReLU(float("nan"))
    with pytest.raises(ValueError, match="num_parameters expected a whole number above 0, got 0"):
        PReLU(0)
