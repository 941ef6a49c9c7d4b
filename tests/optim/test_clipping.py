"""Clipping by norm and by value: formulas, extremes, refusals."""

import numpy as np
import pytest

from optim import clip_norm, clip_value


def test_a_long_gradient_is_shortened():
    g = np.array([3.0, -4.0])
    memory = g
    assert clip_norm(g, 1) == 5
    assert memory is g and np.allclose(g, np.array([3, -4]) / (5 + 1e-6), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_short_gradient_is_left_alone(dtype):
    for g in (np.array([0.3, -0.4], dtype), np.zeros(3, dtype), np.zeros(0, dtype)):
        kept = g.copy()
        assert clip_norm(g, 0.6) == pytest.approx(0.5 if g.any() else 0)
        assert g.dtype == dtype and g.tobytes() == kept.tobytes()


@pytest.mark.parametrize("size", [1e-42, 1e-30, 3e-23, 1.0, 1e20, 3e38])
def test_float32_of_any_size(size):
    g = np.full(10_000, size, np.float32)
    norm = 100 * float(g[0])
    assert clip_norm(g, 0.5) == pytest.approx(norm, rel=1e-6, abs=0)
    assert g.dtype == np.float32
    assert np.linalg.norm(g.astype(float)) == pytest.approx(min(norm, 0.5), rel=1e-5, abs=0)


def test_float64_of_any_size():
    for size in (1e-200, 1e200):
        assert clip_norm(np.full(4, size), 1) == pytest.approx(2 * size, rel=1e-12, abs=0)


def test_values_are_clamped_in_place():
    g = np.array([-3, -0.5, 0, 0.2, 7], np.float32)
    assert clip_value(g, 0.5) is None
    assert g.dtype == np.float32 and np.array_equal(g, np.float32([-0.5, -0.5, 0, 0.2, 0.5]))


@pytest.mark.parametrize("clip", [clip_norm, clip_value])
class TestRefusals:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_not_finite(self, clip, value):
        g = np.array([9.0, 9, value, 9, value], np.float32)
        kept = g.copy()
        with pytest.raises(ValueError, match=rf"expected finite numbers, but gradient\[2\] is {value}"):
            clip(g, 1)
        assert g.tobytes() == kept.tobytes()

    @pytest.mark.parametrize("limit", [0, -1, np.nan, True, "1"])
    def test_limit(self, clip, limit):
        with pytest.raises(ValueError, match="expected a number above 0, got"):
            clip(np.ones(2), limit)

    @pytest.mark.parametrize("gradient", [[1.0], None, np.ones(2, int), np.ones((2, 2))])
    def test_no_vector_of_floats(self, clip, gradient):
        with pytest.raises(TypeError, match="expected the gradient as a vector of floats, got"):
            clip(gradient, 1)
