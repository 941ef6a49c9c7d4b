"""Examples 1 to 3: a loss as a landscape, and derivatives as linear approximations."""

from itertools import pairwise

import numpy as np
import pytest

from threestep.checks import numerical_gradient

X = np.linspace(-2, 2, 41)


def altitude(place):
    """Example 1's loss: the mean squared error of v tanh(w x) for 2 tanh(1.5 x)."""
    w, v = place
    return np.mean((v * np.tanh(w * X) - 2 * np.tanh(1.5 * X)) ** 2)


def slope(place):
    w, v = place
    h = np.tanh(w * X)
    off = 2 * (v * h - 2 * np.tanh(1.5 * X)) / len(X)
    return np.array([np.sum(off * v * (1 - h**2) * X), np.sum(off * h)])


def walk(step):
    """300 steps; step(t, g, memory) is the displacement at time t = 1, 2, ..."""
    places, memory = [np.array([-0.4, 1.2])], np.zeros((2, 2))
    for t in range(1, 301):
        places.append(places[-1] + step(t, slope(places[-1]), memory))
    return np.array(places)


def plain(t, g, memory):
    return -0.05 * g


def momentum(t, g, memory):
    memory[0] = 0.9 * memory[0] + g
    return -0.02 * memory[0]


def rmsprop(t, g, memory):
    memory[0] = 0.99 * memory[0] + 0.01 * g**2
    return -0.05 * g / (np.sqrt(memory[0]) + 1e-8)


def adam(t, g, memory):
    memory[:] = 0.9 * memory[0] + 0.1 * g, 0.999 * memory[1] + 0.001 * g**2
    return -0.05 * memory[0] / (1 - 0.9**t) / (np.sqrt(memory[1] / (1 - 0.999**t)) + 1e-8)


WALKS = {"SGD": plain, "SGD, momentum 0.9": momentum, "RMSprop": rmsprop, "Adam": adam}


def test_01_the_paths_are_the_four_optimizers(run):
    paths = run("01")["paths"]
    assert list(paths) == list(WALKS)
    for name, path in paths.items():
        assert np.allclose(path, walk(WALKS[name]), rtol=1e-5, atol=1e-6), name


def test_01_the_walks_go_downhill_to_a_lowest_point(run):
    paths = run("01")["paths"]
    assert all(altitude(below) < altitude(above) for above, below in pairwise(paths["SGD"]))
    assert all(altitude(path[0]) > 4 and altitude(path[-1]) < 0.003 for path in paths.values())


def test_01_the_table_is_the_altitude_of_each_path(run, reads, headings):
    printed, paths = run("01")["printed"], run("01")["paths"]
    assert headings(printed, "altitude") == ["altitude after", "0 steps", "10", "50", "300", "ends at"]
    for name, path in paths.items():
        reads(printed, f"{name:<20}", *(altitude(path[step]) for step in (0, 10, 50, 300)), *path[-1])
    assert printed.count("w = ") == printed.count(", v = ") == 4


def test_01_the_picture_shows_the_paths_on_their_landscape(run, drawn, curves):
    (axes,) = drawn("01")
    lines = curves(axes)
    for name, path in run("01")["paths"].items():
        assert np.array_equal(lines[name], path)
    assert all(altitude(place) < 1e-30 for place in lines["loss 0"]) and len(lines["loss 0"]) == 2
    marked = {text.get_text(): text.xy for text in axes.texts if hasattr(text, "xy")}
    assert marked == {"start": (-0.4, 1.2), "saddle": (0, 0)}
    dots = [line.get_xydata().tolist() for line in axes.lines if line.get_label().startswith("_")]
    assert dots == [[[-0.4, 1.2]], [[0, 0]]]
    steepest = np.array([(slope(e) - slope(-e)) / 2e-5 for e in 1e-5 * np.eye(2)])
    assert abs(slope((0, 0))).max() < 1e-12 and np.linalg.det(steepest) < 0  # a saddle
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("w", "v") and "v tanh(w x)" in axes.get_title()
    (lines,) = (part for part in axes.collections if hasattr(part, "levels"))
    for level, contour in zip(lines.levels, lines.get_paths(), strict=True):
        if level >= 1:
            heights = [altitude(place) for place in contour.vertices]
            assert heights and np.allclose(heights, level, rtol=0.05)


def test_02_the_tangent_of_sin(run, reads, headings):
    printed = run("02")["printed"]
    named = ["f = sin, a = 0.5:", "f(a + h)", "f(a) + f'(a) h", "remainder", "remainder / h^2"]
    assert headings(printed, "f = sin") == named
    for h in (1, 0.1, 0.01, 0.001):
        tangent = np.sin(0.5) + h * np.cos(0.5)
        left = np.sin(0.5 + h) - tangent
        reads(printed, f"h = {h:<5g} ", np.sin(0.5 + h), tangent, left, left / h**2)
    assert left / h**2 == pytest.approx(-np.sin(0.5) / 2, rel=1e-3)


def two_layers(theta, x, y):
    """Example 2's loss and its gradient: Dense(8), tanh, Dense(1), mean squared error."""
    W, b, V, c = theta[:24].reshape(8, 3), theta[24:32], theta[32:40], theta[40]
    h = np.tanh(x @ W.T + b)
    off = h @ V + c - y[:, 0]
    g = 2 * off / len(x)
    a = np.outer(g, V) * (1 - h**2)
    return np.mean(off**2), np.concatenate([(a.T @ x).ravel(), a.sum(axis=0), h.T @ g, [g.sum()]])


def test_02_orders_1_and_2(run, reads):
    it = run("02")
    loss, gradient = two_layers(it["theta"], it["data"], it["target"])
    assert it["gradient"].size == 41 and np.allclose(it["gradient"], gradient, rtol=1e-12, atol=1e-15)
    assert "\na network's loss l, 41 parameters, a step h in a random direction" in it["printed"]
    v = np.random.default_rng(0).standard_normal(41)
    v /= np.linalg.norm(v)
    steps = 10.0 ** -np.arange(1, 7)
    changes = np.array([two_layers(it["theta"] + h * v, it["data"], it["target"])[0] - loss for h in steps])
    _, right, wrong = it["printed"].split("\nwith ")
    for table, said, factor, order in ((right, "the gradient from", 1, 2), (wrong, "a gradient that is 10 %", 0.9, 1)):
        left = abs(changes - factor * steps * (gradient @ v))
        assert table.startswith(said) and f"{'ok' if order == 2 else 'FAIL'}, order {order}.00, expected 2" in table
        reads(table, "1e-01", abs(changes[0]), left[0])
        for k in range(1, 5):
            orders = np.log10(changes[k - 1] / changes[k]), np.log10(left[k - 1] / left[k])
            reads(table, f"{steps[k]:.0e}", abs(changes[k]), orders[0], left[k], orders[1])
        assert orders == pytest.approx((1, order), abs=0.02)


def test_02_the_picture(run, drawn, curves):
    it, (left, right) = run("02"), drawn("02")
    lines = curves(left)
    for name, f in (("f(a + h)", np.sin), ("f(a) + f'(a) h", lambda x: np.sin(0.5) + (x - 0.5) * np.cos(0.5))):
        assert np.allclose(lines[name][:, 1], f(lines[name][:, 0]), rtol=0, atol=1e-14)
        assert lines[name][[0, -1], 0].tolist() == [-1.5, 2.5]
    (dot,) = (line.get_xydata() for line in left.lines if line.get_label().startswith("_"))
    assert dot.tolist() == [[0.5, np.sin(0.5)]]
    (area,) = left.collections
    x, y = area.get_paths()[0].vertices.T
    tangent = np.sin(0.5) + (x - 0.5) * np.cos(0.5)
    assert np.minimum(abs(y - np.sin(x)), abs(y - tangent)).max() < 1e-14
    assert all((abs(y - f) < 1e-14).sum() >= 50 for f in (np.sin(x), tangent))
    assert area.get_label() == "remainder" and (left.get_title(), left.get_xlabel()) == (
        "sin and its tangent at a = 0.5",
        "a + h",
    )
    lines = curves(right)
    for name, errors, order in (
        ("no gradient: |l(θ + h) - l(θ)| falls as h", it["right"].changes, 1),
        ("gradient 10 % too short: falls as h", it["wrong"].remainders, 1),
        ("right gradient: falls as h²", it["right"].remainders, 2),
    ):
        assert np.array_equal(lines[name], np.column_stack([10.0 ** -np.arange(1, 7), errors]))
        assert np.log10(errors[2] / errors[3]) == pytest.approx(order, abs=0.1)
    assert len(lines) == 3 and (right.get_xscale(), right.get_yscale()) == ("log", "log")


def logistic(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "Linear, -0.5 x + 1": lambda x: -0.5 * x + 1,
    "Sigmoid": logistic,
    "ReLU": lambda x: np.maximum(x, 0),
}
SLOPES = {
    "Linear, -0.5 x + 1": lambda x: np.full_like(x, -0.5),
    "Sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
    "ReLU": lambda x: (x > 0) * 1.0,
}


def test_03_backward_of_1_is_the_derivative(run, reads, headings):
    it = run("03")
    x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    parts = it["printed"].split("\n    x  ")
    assert len(parts) == 4
    for name, before, part in zip(FUNCTIONS, parts, parts[1:], strict=False):
        assert before.splitlines()[-1] == name
        assert headings(part, "g(x)") == ["g(x)", "g'(x) by backward", "by the formula"]
        assert np.allclose(it["slopes"][name][:, 0], SLOPES[name](x), rtol=1e-14)
        for at, y, slope in zip(x, FUNCTIONS[name](x), SLOPES[name](x), strict=True):
            reads(part, f"{at:5.0f}", y, slope, slope)
    for name, slope in SLOPES.items():
        off_the_kink = np.array([-3.0, -1.0, 1.0, 3.0])
        found = numerical_gradient(lambda at, name=name: FUNCTIONS[name](at).sum(), off_the_kink)
        assert np.allclose(found, slope(off_the_kink), rtol=1e-8, atol=1e-10)


def test_03_the_picture(drawn, curves):
    for axes, name in zip(drawn("03"), FUNCTIONS, strict=True):
        f, slope = FUNCTIONS[name], SLOPES[name]
        assert (axes.get_title(), axes.get_xlabel()) == (name, "x")
        lines = curves(axes)
        assert list(lines) == ["g(x)", "its derivative g'(x)", "tangents"]
        for label, expected in (("g(x)", f), ("its derivative g'(x)", slope)):
            x, y = lines[label].T
            assert (x[0], x[-1]) == (-4, 4) and np.allclose(y, expected(x), rtol=1e-13)
        shown = [line.get_xydata() for line in axes.lines[2:]]
        for a, tangent, dot in zip((-2.5, 1.0, 3.0), shown[::2], shown[1::2], strict=True):
            ends = np.array([a - 0.9, a + 0.9])
            assert np.allclose(dot, [[a, f(a)]])
            assert np.allclose(tangent, np.column_stack([ends, f(a) + slope(np.array(a)) * (ends - a)]))
