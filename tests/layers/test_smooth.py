import math

import numpy as np
import pytest

from layers import GELU, Mish, SiLU, Softplus

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (GELU(), (6, 5)),
    (GELU(approximate="tanh"), (6, 4, 3, 2)),
    (Mish(), (6, 5)),
    (SiLU(), (6, 4, 3, 2)),
    (Softplus(), (6, 5)),
    (Softplus(beta=2.5, threshold=3), (6, 4, 3, 2)),
]


HARD = [-1e4, -1000, -100, -38, -20, -5, 0, 5, 20, 1000, 1e4]


def test_values():
    x = np.array([[-1.0, 0, 2]])
    phi = [0.5 * math.erfc(-v / math.sqrt(2)) for v in (-1, 0, 2)]
    assert np.allclose(GELU().forward(x), [[-phi[0], 0, 2 * phi[2]]], rtol=1e-14)
    assert np.allclose(SiLU().forward(x), [[-1 / (1 + math.e), 0, 2 / (1 + math.exp(-2))]], rtol=1e-15)
    assert np.allclose(Softplus().forward(x), [[math.log1p(math.exp(v)) for v in (-1, 0, 2)]], rtol=1e-15)
    mish = [v * math.tanh(math.log1p(math.exp(v))) for v in (-1, 0, 2)]
    assert np.allclose(Mish().forward(x), [mish], rtol=1e-15)


@pytest.mark.parametrize(("dtype", "close"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_gelu_is_exact_far_below_0(dtype, close):
    x = np.linspace(-12, 6, 181)
    y = GELU().forward(x[None].astype(dtype))
    rounded = x.astype(dtype).astype(np.float64)
    expected = np.array([v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in rounded])
    assert y.dtype == dtype
    assert np.allclose(y[0], expected, rtol=close, atol=0)


@pytest.mark.parametrize("layer", [GELU(), GELU("tanh"), Mish(), SiLU(), Softplus()], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stable_at_any_input(layer, dtype):
    x = np.array([[*HARD, -np.finfo(dtype).max / 2, np.finfo(dtype).max / 2]], dtype)
    y = layer.forward(x)
    dx = layer.backward(np.ones_like(x))
    assert np.isfinite(y).all() and np.isfinite(dx).all()
    assert np.array_equal(y[0, [-1, -3, -4]], x[0, [-1, -3, -4]]) and (dx[0, [-1, -3, -4]] == 1).all()
    assert (np.abs(y[0, [0, 1, -2]]) < 1e-30).all() and (np.abs(dx[0, [0, 1, -2]]) < 1e-30).all()


def test_softplus_keeps_its_digits_far_below_0():
    assert Softplus().forward(np.array([[-50.0]])) == pytest.approx(math.exp(-50), rel=1e-12, abs=0)


def test_softplus_turns_into_x_at_its_threshold():
    layer = Softplus(beta=2, threshold=20)
    assert layer.forward(np.array([[10.0, 10.1]])).tolist() == [[0.5 * math.log1p(math.exp(20)), 10.1]]
    assert layer.backward(np.ones((1, 2))).tolist() == [[1 / (1 + math.exp(-20)), 1]]


def test_settings_out_of_range():
    with pytest.raises(ValueError, match="approximate expected 'none' or 'tanh', got 'erf'"):
        GELU("erf")
    with pytest.raises(ValueError, match="beta expected a number above 0, got 0"):
        Softplus(beta=0)
