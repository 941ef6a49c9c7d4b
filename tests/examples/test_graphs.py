"""Examples 4 to 6: composition, graphs and their pictures, and paths against edges."""

import re
from itertools import pairwise, product

import numpy as np
import pytest

from threestep.checks import numerical_gradient


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log(1 + np.exp(x))


def slope(f, x):
    """The three functions' derivatives, in terms of numpy alone."""
    return {np.tanh: 1 / np.cosh(x) ** 2, sigmoid: np.exp(-x) / (1 + np.exp(-x)) ** 2, softplus: sigmoid(x)}[f]


def picture(it, name):
    """A drawn graph: (value, gradient) of each edge, (layer, name) of each box, the names of its ends."""
    text = (it["folder"] / "pictures" / name).read_text(encoding="utf-8")
    found = {"edge": [], "dot": [], "box": [], "end": []}  # a dot's edge is the one before it fans out
    for kind, group in re.findall(r'<g class="(\w+)">(.*)', text):
        found[kind].append(re.findall(r">([^<]+)</text>", group))
    edges = sorted(tuple(edge) for edge in found["edge"] + found["dot"])
    return edges, {tuple(box[:2]) for box in found["box"]}, [end[0] for end in found["end"]]


def shown(*edges):
    """What stands on each edge: its value, its gradient; where a value fans out, both gradients and their sum."""
    parts = [(value, gradient if isinstance(gradient, tuple) else (gradient,)) for value, gradient in edges]
    return sorted(
        (f"{value:.4g}", " + ".join(f"{g:.4g}" for g in several) + f" = {sum(several):.4g}" * (len(several) > 1))
        for value, several in parts
    )


def test_04_the_rules_of_calculus(run, reads, headings):
    printed, t = run("04")["printed"], 0.7
    composed = slope(sigmoid, np.tanh(t)) * slope(np.tanh, t)
    by_x, by_y = sigmoid(t) * slope(np.tanh, t), np.tanh(t) * slope(sigmoid, t)
    for f, found in (
        (lambda x: sigmoid(np.tanh(x[0])), composed),
        (lambda x: np.tanh(x[0]) * sigmoid(x[0]), by_x + by_y),
    ):
        assert numerical_gradient(f, np.array([t]))[0] == pytest.approx(found, rel=1e-7)
    assert headings(printed, "at t") == ["at t = 0.7", "backward", "by the rule", "difference quotient"]
    reads(printed, "sigmoid(tanh(t))'", composed, composed, composed)
    reads(printed, "(tanh(t) sigmoid(t))'", by_x + by_y, by_x + by_y, by_x + by_y)
    reads(printed, "through tanh ", by_x, by_y)
    assert " and through sigmoid " in printed and printed.count("through ") == 2
    it = run("04")
    assert [it["composed"], it["by_chain_rule"], it["total"], it["through_x"], it["through_y"]] == pytest.approx(
        [composed, composed, by_x + by_y, by_x, by_y], rel=1e-14
    )
    quotients = it["difference_quotient"](it["both"], it["t"]), it["difference_quotient"](it["product"], it["t"])
    assert quotients == pytest.approx((composed, by_x + by_y), rel=1e-8) and quotients != (it["composed"], it["total"])


def test_04_the_picture_adds_what_comes_back_from_x_and_from_y(run):
    t, x, y = 0.7, np.tanh(0.7), sigmoid(0.7)
    back = y * slope(np.tanh, t), x * slope(sigmoid, t)
    edges, boxes, ends = picture(run("04"), "04_total_derivative.svg")
    assert edges == shown((t, back), (t, back[0]), (t, back[1]), (x, y), (y, x), (x * y, 1))
    assert boxes == {("Tanh", "x"), ("Sigmoid", "y"), ("Multiply", "z")} and ends == ["t", "z"]


def test_05_the_three_slopes_and_their_counts(run, reads, headings):
    it, x, x1, x2 = run("05"), 0.7, 0.7, -0.4
    printed = it["printed"]
    assert headings(printed, "(paths, edges)") == ["(paths, edges)", "by backward", "by the slide's formula"]

    def z(x):
        return np.array([softplus(np.tanh(x[0]) + softplus(x[1])) + np.tanh(sigmoid(x[0]) + np.tanh(x[1]))])

    chain = slope(sigmoid, np.tanh(x)) * slope(np.tanh, x)
    fan = slope(softplus, np.tanh(x)) * slope(np.tanh, x) + slope(np.tanh, sigmoid(x)) * slope(sigmoid, x)
    web = numerical_gradient(lambda at: z(at)[0], np.array([x1, x2]))
    reads(printed, "Ex. 1    ", 1, 2, chain, chain)
    reads(printed, "Ex. 2    ", 2, 6, fan, fan)
    reads(printed, "Ex. 3    ", 4, 12, web[0], web[0])
    reads(printed, " " * 20, web[1], web[1])
    to_x1, to_x2 = re.findall(r"with respect to (x\d)", printed)
    assert (to_x1, to_x2) == ("x1", "x2")
    backward = it["chain_dx"], it["fan_dx"], it["web_dx1"], it["web_dx2"]
    formula = it["chain_slope"], it["fan_slope"], it["slope_1"], it["slope_2"]
    for by in (backward, formula):
        assert np.ravel(by) == pytest.approx([chain, fan, *web], rel=1e-7)
    d1, d2 = 1e-4, -2e-4
    by_slopes = web @ (d1, d2)
    assert (it["forward"], it["backward"]) == pytest.approx((by_slopes, by_slopes), rel=1e-7)
    true = (z((x1 + d1, x2 + d2)) - z((x1, x2)))[0]
    assert 1e-12 < abs(true - by_slopes) < 1e-3 * abs(true)
    reads(printed, "change of z: forward ", by_slopes, by_slopes, true)
    assert "forward -1" in printed and "<gradient, change of x> -1" in printed and "true -1" in printed


def test_05_the_pictures_have_the_value_and_the_gradient_on_every_edge(run):
    it, x = run("05"), 0.7
    y1, y2 = np.tanh(x), sigmoid(x)
    edges, boxes, ends = picture(it, "05_graph_1.svg")
    g = slope(sigmoid, y1)
    assert edges == shown((x, g * slope(np.tanh, x)), (y1, g), (sigmoid(y1), 1))
    assert boxes == {("Tanh", "y"), ("Sigmoid", "z")} and ends == ["x", "z"]

    edges, boxes, ends = picture(it, "05_graph_2.svg")
    g1, g2 = slope(softplus, y1), slope(np.tanh, y2)
    back = g1 * slope(np.tanh, x), g2 * slope(sigmoid, x)
    z1, z2 = softplus(y1), np.tanh(y2)
    assert edges == shown((x, back), (x, back[0]), (x, back[1]), (y1, g1), (y2, g2), (z1, 1), (z2, 1), (z1 + z2, 1))
    assert boxes == {("Tanh", "y1"), ("Sigmoid", "y2"), ("Softplus", "g1"), ("Tanh", "g2"), ("Add", "z")}
    assert ends == ["x", "z"]

    edges, boxes, ends = picture(it, "05_graph_3.svg")
    x1, x2 = 0.7, -0.4
    f11, f12, f21, f22 = np.tanh(x1), sigmoid(x1), softplus(x2), np.tanh(x2)
    y1, y2 = f11 + f21, f12 + f22
    g1, g2 = slope(softplus, y1), slope(np.tanh, y2)
    back = (
        (x1, (g1 * slope(np.tanh, x1), g2 * slope(sigmoid, x1))),
        (x2, (g1 * slope(softplus, x2), g2 * slope(np.tanh, x2))),
    )
    z1, z2 = softplus(y1), np.tanh(y2)
    assert edges == shown(
        *back,
        *((at, part) for at, both in back for part in both),
        *((f11, g1), (f21, g1), (f12, g2), (f22, g2), (y1, g1), (y2, g2), (z1, 1), (z2, 1), (z1 + z2, 1)),
    )
    layers = {"f11": "Tanh", "f12": "Sigmoid", "f21": "Softplus", "f22": "Tanh", "y1": "Add", "y2": "Add"}
    layers |= {"g1": "Softplus", "g2": "Tanh", "z": "Add"}
    assert boxes == {(layer, name) for name, layer in layers.items()} and ends == ["x1", "x2", "z"]


SIZES = [*((4,) * layers for layers in range(2, 9)), (784, 16, 16, 10)]


def counts(sizes):
    """Paths, products along them, edges."""
    paths = int(np.prod(sizes))
    return paths, paths * (len(sizes) - 1), sum(a * b for a, b in pairwise(sizes))


def test_06_as_many_products_as_paths_or_edges(run, reads, headings):
    it = run("06")
    assert counts(SIZES[-1]) == (2_007_040, 6_021_120, 12_960) and counts(SIZES[2]) == (256, 768, 48)
    assert {sizes: found[:2] for sizes, found in it["found"].items()} == {sizes: counts(sizes)[1:] for sizes in SIZES}
    above, columns = it["printed"].splitlines()[:2]
    assert columns.split() == ["units", "paths", "products", "ms", "products", "ms", "ms", "off", "by"]
    assert re.split(r"\s{2,}", above.strip()) == ["every path", "every edge", "backward"]
    for sizes in SIZES:
        paths, many, few = counts(sizes)
        reads(it["printed"], f"{'-'.join(map(str, sizes)):<16}", paths, many, ..., few, ..., ..., it["found"][sizes][2])
        assert it["found"][sizes][2] < 1e-12
    times = 1000 * np.diff(it["times"])
    reads(it["printed"], "784-16-16-10", 2_007_040, 6_021_120, times[0], 12_960, times[1], times[2], ...)


def test_06_all_three_find_the_gradient(run):
    it = run("06")
    rng = np.random.default_rng(1)
    sizes = (3, 2, 4, 2)
    slopes = [rng.normal(size=shape) for shape in pairwise(sizes)]
    expected = np.linalg.multi_dot(slopes).sum(axis=1)
    as_lists = [part.tolist() for part in slopes]
    for find, *counted in ((it["every_path"], 48, 144), (it["every_edge"], 22)):
        gradient, *number = find(as_lists, sizes)
        assert np.allclose(gradient, expected, rtol=1e-13) and number == counted

    h, gradient = it["x"], np.eye(784)  # of the last network, 784-16-16-10
    for dense in it["model"][::2]:
        W, b = dense.params["W"], dense.params["b"]
        h = sigmoid(h @ W.T + b)
        gradient = gradient @ (W.T * h * (1 - h))
    apart = max(abs(it["dx"] - other).max() for other in (it["naive"], it["clever"]))
    assert it["found"][784, 16, 16, 10][2] == apart / abs(it["dx"]).max()
    for found in (it["naive"], it["clever"], it["dx"]):
        assert np.allclose(found, gradient.sum(axis=1), rtol=1e-10, atol=1e-14)


def test_06_the_picture(drawn, curves):
    left, right = drawn("06")
    grey = {tuple(map(tuple, line.get_xydata())) for line in left.lines if line.get_label().startswith("_")}
    assert grey == {((layer, a), (layer + 1, b)) for layer, a, b in product(range(3), range(4), range(4))}
    lines = curves(left)
    one, another = (lines[name] for name in ("one path", "another: its end is known already"))
    for path in (one, another):
        assert path[:, 0].tolist() == [0, 1, 2, 3] and abs(path[:, 1] - path[:, 1].round()).max() < 0.1
        assert set(path[:, 1].round()) <= {0, 1, 2, 3}
    assert (one.round() == another.round()).all(axis=1).tolist() == [False, True, True, True]
    assert left.get_title() == "4-4-4-4: {} paths along {} edges".format(*counts((4,) * 4)[::2])
    lines = curves(right)
    for name, place in (("every path", 1), ("every edge", 2)):
        assert lines[name].tolist() == [[edges, counts((4,) * (edges + 1))[place]] for edges in range(1, 8)]
    assert len(lines) == 2 and right.get_yscale() == "log" and right.get_xlabel() == "layers of edges"
    assert right.get_title() == "products needed, 4 units a layer"
