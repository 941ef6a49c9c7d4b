import numpy as np
import pytest

from layers.sums import sum_rows


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 512, 1000])
def test_every_row_counts_once(rows):
    a = np.random.default_rng(0).standard_normal((rows, 3))
    out = np.empty(3)
    assert sum_rows(a, out) is out
    assert np.allclose(out, a.sum(axis=0), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("rows", [0, 3, 256, 600])
def test_axes_before_the_rows_are_kept(rows):
    a = np.random.default_rng(0).standard_normal((2, 0, rows, 3)), np.random.default_rng(0).normal(size=(4, 2, rows, 3))
    for array in (*a, np.float32(a[1])):
        out = np.empty((*array.shape[:-2], 3))
        assert np.allclose(sum_rows(array, out), array.sum(axis=-2, dtype=np.float64), rtol=1e-5, atol=1e-5)
