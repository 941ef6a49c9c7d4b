import numpy as np
import pytest

from layers.sums import sum_rows


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 512, 1000])
def test_every_row_counts_once(rows):
    a = np.random.default_rng(0).standard_normal((rows, 3))
    out = np.empty(3)
    assert sum_rows(a, out) is out
    assert np.allclose(out, a.sum(axis=0), rtol=1e-13, atol=1e-13)
