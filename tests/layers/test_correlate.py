"""The kernel against its definition, loop by loop, and the adjoints against what makes them adjoints."""

import tracemalloc
from itertools import product

import numpy as np
import pytest

from layers import correlate as kernel
from layers.correlate import Geometry, adjoint_W, adjoint_x, correlate, exchange, overlap, padded

GEOMETRIES = [  # (geometry, size of x, kernel, channels of x, of y)
    (Geometry((1,), ((0, 0),), (1,), 1), (5,), (3,), 2, 3),
    (Geometry((2,), ((1, 0),), (2,), 1), (6,), (2,), 1, 2),
    (Geometry((1, 1), ((0, 0), (0, 0)), (1, 1), 1), (4, 5), (2, 3), 2, 3),
    (Geometry((2, 1), ((1, 1), (0, 2)), (1, 1), 2), (5, 4), (3, 2), 4, 2),
    (Geometry((1, 3), ((0, 1), (2, 2)), (2, 1), 1), (4, 5), (2, 3), 3, 1),
    (Geometry((3, 2), ((2, 3), (1, 0)), (1, 2), 3), (5, 6), (2, 2), 3, 6),  # a channel for each group
    (Geometry((2, 2), ((0, 0), (0, 0)), (1, 1), 1), (6, 6), (1, 1), 2, 2),  # entries that no window sees
    (Geometry((1, 1), ((3, 3), (2, 2)), (1, 1), 1), (2, 1), (2, 1), 1, 2),  # windows of padding alone
    (Geometry((2, 2), ((1, -1), (0, -1)), (1, 1), 1), (5, 5), (3, 2), 2, 2),  # the last entries left out
]


def by_definition(x, W, geometry):
    """y, entry by entry."""
    (out, *sizes, Cg), N = W.shape, len(x)
    pads = [(0, 0), *((max(0, a), max(0, b)) for a, b in geometry.padding), (0, 0)]
    x = np.pad(x, pads)
    stops = [n + min(0, after) for n, (_, after) in zip(x.shape[1:-1], geometry.padding, strict=True)]
    x = x[(slice(None), *map(slice, stops))]
    spans = [d * (k - 1) + 1 for d, k in zip(geometry.dilation, sizes, strict=True)]
    counts = [(n - span) // s + 1 for n, span, s in zip(x.shape[1:-1], spans, geometry.stride, strict=True)]
    y = np.zeros((N, *counts, out))
    for n, o, i in product(range(N), range(out), product(*map(range, counts))):
        for c, k in product(range(Cg), product(*map(range, sizes))):
            place = [s * a + d * b for s, a, d, b in zip(geometry.stride, i, geometry.dilation, k, strict=True)]
            y[(n, *i, o)] += x[(n, *place, o // (out // geometry.groups) * Cg + c)] * W[(o, *k, c)]
    return y


@pytest.fixture(params=GEOMETRIES, ids=lambda case: "-".join(map(str, case[0])))
def case(request):
    geometry, size, sizes, channels, out = request.param
    rng = np.random.default_rng(0)
    return geometry, rng.normal(size=(3, *size, channels)), rng.normal(size=(out, *sizes, channels // geometry.groups))


def test_correlate_is_its_definition(case):
    geometry, x, W = case
    assert np.allclose(correlate(x, W, geometry), by_definition(x, W, geometry), rtol=1e-13, atol=1e-13)


def test_adjoints(case):
    """<g, correlate(x, W)> = <adjoint_x(g, W), x> = <adjoint_W(g, x), W>, for any g, x and W."""
    geometry, x, W = case
    y = correlate(x, W, geometry)
    g = np.random.default_rng(1).normal(size=y.shape)
    dx, dW = adjoint_x(g, W, geometry, x.shape[1:-1]), adjoint_W(g, x, geometry, W.shape[1:-1])
    assert dx.shape == x.shape and dW.shape == W.shape
    assert np.vdot(dx, x) == pytest.approx(np.vdot(g, y), rel=1e-12)
    assert np.vdot(dW, W) == pytest.approx(np.vdot(g, y), rel=1e-12)


@pytest.mark.parametrize("entries", [1, 100, 10**9])
def test_parts_of_any_size_give_the_same(case, entries, monkeypatch):
    geometry, x, W = case
    y = correlate(x, W, geometry)
    dW = adjoint_W(y, x, geometry, W.shape[1:-1])
    monkeypatch.setattr(kernel, "PART", entries)
    assert np.allclose(correlate(x, W, geometry), y, rtol=1e-13, atol=1e-13)
    assert np.allclose(adjoint_W(y, x, geometry, W.shape[1:-1]), dW, rtol=1e-13, atol=1e-13)


def test_a_large_image_is_taken_in_parts():
    """All its windows at once would be 105 MB."""
    x, W = np.ones((1, 260, 260, 16), np.float32), np.ones((2, 5, 5, 16), np.float32)
    geometry = Geometry((1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    tracemalloc.start()
    y = correlate(x, W, geometry)
    adjoint_W(y, x, geometry, (5, 5))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (y == 400).all() and peak < 4e6


def test_exchange_swaps_the_channels_within_each_group():
    W = np.arange(12).reshape(4, 1, 3)  # O = 4, C / groups = 3
    assert exchange(W, 1)[:, 0].tolist() == W[:, 0].T.tolist()
    assert exchange(W, 2)[:, 0].tolist() == [[0, 3], [1, 4], [2, 5], [6, 9], [7, 10], [8, 11]]
    assert np.array_equal(exchange(exchange(W, 2), 2), W)


def test_padded_by_hand():
    x = np.array([1.0, 2, 3]).reshape(1, 3, 1)
    for pads, expected in (((1, 2), [0, 1, 2, 3, 0, 0]), ((-1, 1), [2, 3, 0]), ((2, -2), [0, 0, 1]), ((-3, 2), [0, 0])):
        assert padded(x, (pads,)).ravel().tolist() == expected


def test_parts_are_added_up_in_float64(monkeypatch):
    monkeypatch.setattr(kernel, "PART", 24 * 40)  # two examples of 20 windows, so 10,000 parts
    x = np.random.default_rng(0).uniform(0.7, 0.71, (20_000, 22, 8)).astype(np.float32)
    g, geometry = np.ones((20_000, 20, 8), np.float32), Geometry((1,), ((0, 0),), (1,), 1)
    exact = adjoint_W(g.astype(np.float64), x.astype(np.float64), geometry, (3,))
    assert np.abs(adjoint_W(g, x, geometry, (3,)) / exact - 1).max() <= 1e-7


def test_overlap_is_what_counting_says():
    for length, start, step, size in np.ndindex(5, 13, 3, 8):
        start, step = start - 6, step + 1
        inside = [i for i in range(length) if 0 <= start + step * i < size]
        entries, places = overlap(length, start, step, size)
        assert list(range(length))[entries] == inside
        assert list(range(size))[places] == [start + step * i for i in inside]
