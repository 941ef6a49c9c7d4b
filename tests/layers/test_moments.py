"""Cut, normalize and normalize_backward against plain NumPy, in any division of an array."""

import numpy as np
import pytest

from layers.moments import WIDTH, Cut, normalize, normalize_backward

RNG = np.random.default_rng(0)
CUTS = [  # (blocks, rows, channels, groups)
    (1, 6, 4, 4),
    (1, 7, 3, 3),
    (1, 1024, 3, 3),
    (1, 300, 1, 1),
    (1, 4, WIDTH + 1, WIDTH + 1),
    (5, 1, 8, 1),
    (3, 1, 600, 1),
    (3, 16, 6, 6),
    (3, 16, 6, 3),
    (3, 9, 6, 2),
    (3, 16, 6, 1),
    (2, 700, 2, 1),
    (2, 600, 4, 2),
    (0, 4, 4, 2),
]


def as_sets(x, blocks, rows, channels, groups):
    """x as (A, R, groups, C / groups), in which a set has the axes 1 and 3."""
    return x.reshape(blocks, rows, groups, channels // groups)


@pytest.mark.parametrize("sizes", CUTS)
def test_mean_is_that_of_each_set(sizes):
    cut, x = Cut(*sizes), RNG.standard_normal(sizes[:3])
    sets = as_sets(x, *sizes)
    expected = np.broadcast_to(sets.mean(axis=(1, 3), keepdims=True), sets.shape)
    found = np.broadcast_to(cut.over_sets(cut.mean(x)), cut.shape)
    assert np.allclose(found.ravel(), expected.ravel(), rtol=1e-13, atol=1e-15)
    assert cut.size == sets.shape[1] * sets.shape[3]


@pytest.mark.parametrize("sizes", CUTS)
def test_over_channels_gives_each_channel_its_value(sizes):
    cut, values = Cut(*sizes), RNG.standard_normal(sizes[2])
    found = np.broadcast_to(cut.over_channels(values), cut.shape).reshape(sizes[:3])
    assert np.array_equal(found, np.broadcast_to(values, sizes[:3]))


@pytest.mark.parametrize("sizes", CUTS)
def test_normalize_and_back(sizes):
    cut, (x, dxhat) = Cut(*sizes), RNG.standard_normal((2, *sizes[:3]))
    xhat, inv_std, mean, var = normalize(x, cut, eps=0.5)
    dx = normalize_backward(dxhat, xhat, inv_std, cut)
    sets, d = as_sets(x, *sizes), as_sets(dxhat, *sizes)

    def average(a):
        return a.mean(axis=(1, 3), keepdims=True)

    s = np.sqrt(average((sets - average(sets)) ** 2) + 0.5)
    hat = (sets - average(sets)) / s
    close = {"rtol": 1e-12, "atol": 1e-13}
    assert np.allclose(xhat.ravel(), hat.ravel(), **close)
    assert np.allclose(dx.ravel(), ((d - average(d) - hat * average(d * hat)) / s).ravel(), **close)
    for found, expected in ((inv_std, 1 / s), (mean, average(sets)), (var, s**2 - 0.5)):
        wide = np.broadcast_to(cut.over_sets(found), cut.shape).ravel()
        assert np.allclose(wide, np.broadcast_to(expected, sets.shape).ravel(), **close)


@pytest.mark.parametrize(("rows", "k"), [(64 * 28 * 28, 64), (6, 2), (7, 1), (1, 1)])
def test_short_rows_are_laid_side_by_side(rows, k):
    assert Cut(1, rows, 16, 16).shape == (1, rows // k, 16 * k)


def test_dtypes_are_kept():
    for dtype in (np.float32, np.float64):
        cut, x = Cut(2, 600, 4, 2), RNG.standard_normal((2, 600, 4)).astype(dtype)
        results = normalize(x, cut, 1e-5)
        dx = normalize_backward(x, *results[:2], cut)
        assert {array.dtype for array in (*results, dx)} == {np.dtype(dtype)}


@pytest.mark.parametrize(("rows", "channels"), [(2_000_003, 2), (250, 100)])
def test_float32_statistics_around_a_million(rows, channels):
    """There float32 numbers are a sixteenth apart, and the sums of 250 of them 16."""
    x = (RNG.standard_normal((1, rows, channels)) + 1e6).astype(np.float32)
    cut = Cut(1, rows, channels, groups=channels)
    xhat, _, mean, var = normalize(x, cut, 0)
    exact = x[0].astype(np.float64)
    assert np.allclose(var.ravel()[:channels], exact.var(axis=0), rtol=1e-6)
    assert np.array_equal(mean.ravel()[:channels], exact.mean(axis=0).astype(np.float32))
    assert np.abs(xhat.reshape(-1, channels).mean(axis=0, dtype=np.float64)).max() < 2e-7


def test_what_is_given_stays():
    cut, x = Cut(1, 6, 4, 4), RNG.standard_normal((1, 6, 4))
    x.setflags(write=False)
    xhat, inv_std, *_ = normalize(x, cut, 1e-5)
    for array in (xhat, inv_std):
        array.setflags(write=False)
    normalize_backward(x.reshape(cut.shape), xhat, inv_std, cut)
