import numpy as np
import pytest

from layers import Dense
from layers.initializers import INITIALIZERS, fans

N_IN, N_OUT = 300, 200
DEVIATION = {
    "glorot_uniform": np.sqrt(2 / (N_IN + N_OUT)),
    "glorot_normal": np.sqrt(2 / (N_IN + N_OUT)),
    "he_uniform": np.sqrt(2 / N_IN),
    "he_normal": np.sqrt(2 / N_IN),
    "lecun_uniform": 1 / np.sqrt(N_IN),
    "lecun_normal": 1 / np.sqrt(N_IN),
    "orthogonal": 1 / np.sqrt(N_IN),  # 200 rows of length 1
    "truncated_normal": 1 / np.sqrt(N_IN),
    "standard": 1 / np.sqrt(3 * N_IN),
    "zeros": 0,
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_deviation_and_limits(name):
    layer = Dense(N_OUT, init=name)
    layer.build((N_IN,), dtype=np.float64)
    W = layer.params["W"]
    assert W.std() == pytest.approx(DEVIATION[name], rel=0.01)
    assert abs(W.mean()) <= 4 * DEVIATION[name] / np.sqrt(W.size)
    if "uniform" in name or name == "standard":
        limit = np.sqrt(3) * DEVIATION[name]
        assert 0.999 * limit <= np.abs(W).max() <= limit


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (8, 3, 3, 2)])
def test_orthogonal(shape):
    W = INITIALIZERS["orthogonal"](np.random.default_rng(0), shape).reshape(shape[0], -1)
    product = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    assert np.allclose(product, np.eye(len(product)), atol=1e-14)


def test_truncated_normal_ends_at_two_deviations():
    z = INITIALIZERS["truncated_normal"](np.random.default_rng(0), (1000, 100)) * 10
    assert z.std() == pytest.approx(1, rel=0.005)
    assert 2.26 < np.abs(z).max() < 2 / 0.8796
    assert np.mean(np.abs(z) > 1.8 / 0.8796) == pytest.approx(0.0276, rel=0.05)  # P(1.8 < |Z| < 2) / P(|Z| < 2)


def test_fans_count_the_receptive_field():
    assert fans((6, 5, 5, 3)) == (75, 150)
    assert fans((10, 784)) == (784, 10)
