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


def test_fans_count_the_receptive_field():
    assert fans((6, 5, 5, 3)) == (75, 150)
    assert fans((10, 784)) == (784, 10)
