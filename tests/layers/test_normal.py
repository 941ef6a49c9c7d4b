import math

import numpy as np

from layers.normal import cumulative, density


def test_cumulative_beside_erfc():
    x = np.linspace(-37, 9, 4001)
    expected = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    assert np.allclose(cumulative(x), expected, rtol=2e-12, atol=0)
    assert np.allclose(cumulative(np.array([-np.inf, 0, np.inf])), [0, 0.5, 1], rtol=1e-14, atol=0)


def test_density_beside_the_formula():
    x = np.linspace(-30, 30, 101)
    assert np.allclose(density(x), np.exp(-x * x / 2) / math.sqrt(2 * math.pi), rtol=1e-14, atol=0)
    assert density(np.array([1e30], np.float32)) == 0
