"""Examples 7 to 9: finite differences, the three steps by hand, Jacobians."""

import re
from itertools import pairwise
from math import exp, log

import numpy as np
import pytest


def cross_entropy(theta, images):
    """Example 7's loss in plain NumPy, and its gradient, for labels 0 to 9."""
    cuts = np.cumsum([16 * 784, 16, 16 * 16, 16, 10 * 16])
    W, b, V, c, U, d = np.split(theta, cuts)
    W, V, U = W.reshape(16, 784), V.reshape(16, 16), U.reshape(10, 16)
    x = images.reshape(10, 784)
    h = np.tanh(x @ W.T + b)
    k = np.tanh(h @ V.T + c)
    e = np.exp(k @ U.T + d)
    p = e / e.sum(axis=1, keepdims=True)
    g = (p - np.eye(10)) / 10
    at_k = g @ U * (1 - k**2)
    at_h = at_k @ V * (1 - h**2)
    parts = at_h.T @ x, at_h.sum(axis=0), at_k.T @ h, at_k.sum(axis=0), g.T @ k, g.sum(axis=0)
    return -np.mean(np.log(np.diag(p))), np.concatenate([part.ravel() for part in parts])


def test_07_two_propagations_a_parameter_or_two_in_all(run, reads):
    it = run("07")
    _, gradient = cross_entropy(it["theta"], it["images"])
    assert np.allclose(it["gradient"], gradient, rtol=1e-10, atol=1e-14)
    assert it["apart"] == abs(it["differences"] - it["gradient"]).max() < 1e-7 * abs(gradient).max()
    assert it["theta"].size == gradient.size == 13_002 and it["propagations"] == 26_004
    lines = it["printed"].splitlines()
    assert lines[0].split("  ")[0] == "13,002 parameters" and lines[0].endswith("seconds")
    reads(it["printed"], "26,004 propagations", it["slow"])
    reads(it["printed"], "forward, backward, update", it["fast"], it["slow"] / it["fast"])
    assert "times faster" in it["printed"]
    apart = "largest difference of the two gradients: "
    reads(it["printed"], apart, it["apart"], abs(gradient).max())
    assert "largest entry" in it["printed"]


def test_07_the_errors_fall_with_orders_1_and_2_and_then_rise(run, reads):
    it = run("07")
    theta, images, last = it["theta"], it["images"], 10
    assert len(it["losses"]) == 26_004 + 1 + 12 * last * 4
    loss, gradient = cross_entropy(theta, images)
    for k in range(12):
        h, errors = 10.0 ** -(k + 1), np.zeros((2, last))
        for i in range(last):
            e = np.zeros(theta.size)
            e[i - last] = h
            up, down = cross_entropy(theta + e, images)[0], cross_entropy(theta - e, images)[0]
            errors[:, i] = abs((up - loss) / h - gradient[i - last]), abs((up - down) / (2 * h) - gradient[i - last])
        one_sided, two_sided = errors.max(axis=1)
        by_rounding = 1e-14 / h
        reads(it["printed"], f"step {h:.0e}", it["one_sided"][k], it["two_sided"][k])
        assert it["one_sided"][k] == pytest.approx(one_sided, rel=1e-3, abs=by_rounding)
        assert it["two_sided"][k] == pytest.approx(two_sided, rel=1e-3, abs=by_rounding)
    for line in it["printed"].splitlines()[-13:-1]:
        assert re.fullmatch(r"step \S+   error, one-sided \S+   two-sided \S+", line)
    for errors, order in ((it["one_sided"], 1), (it["two_sided"], 2)):
        assert np.allclose(np.log10(errors[:2] / errors[1:3]), order, atol=0.05)
        assert errors[-1] > 1000 * errors.min() and np.log10(errors[-1] / errors[-4]) == pytest.approx(3, abs=0.7)


def test_07_the_picture(run, drawn, curves):
    it, (axes,) = run("07"), drawn("07")
    lines = curves(axes)
    one, two = lines["(l(θ + ε) - l(θ)) / ε"], lines["(l(θ + ε) - l(θ - ε)) / 2ε"]
    steps = 10.0 ** -np.arange(1, 13)
    assert np.array_equal(one, np.column_stack([steps, it["one_sided"]]))
    assert np.array_equal(two, np.column_stack([steps, it["two_sided"]]))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log") and len(lines) == 2
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step ε", "largest error, of ten biases")
    words = {text.get_text(): text.xy for text in axes.texts}
    assert list(words) == ["rounding: as 1/ε", "truncation: as ε", "truncation: as ε²"]

    def near(text):
        """Where the words stand, in decades: the step, and how far above the one-sided and two-sided error there."""
        x, y = np.log10(words[text])
        return x, *(y - np.interp(x, *np.log10(curve[::-1]).T) for curve in (one, two))

    bottoms = (np.log10(curve[curve[:, 1].argmin(), 0]) for curve in (one, two))
    bottom_of_one, bottom_of_two = bottoms
    x, above_one, above_two = near("rounding: as 1/ε")
    assert x < bottom_of_one and above_one < 0 and above_two < 0
    x, above_one, _ = near("truncation: as ε")
    assert x > bottom_of_one and above_one > 0
    x, _, above_two = near("truncation: as ε²")
    assert x > bottom_of_two and above_two < 0


def test_08_by_hand_and_by_the_layers(run, reads):
    it = run("08")
    W, x = np.array([2.0, -1.0]), np.array([1.0, 2.0])
    a = W @ x
    p = 1 / (1 + exp(-a))
    dp = -1 / p
    da = dp * p * (1 - p)
    expected = [
        ("forward", "a", a),
        ("forward", "p", p),
        ("forward", "c", -log(p)),
        ("backward", "dp", dp),
        ("backward", "da", da),
        ("backward", "dx", W * da),
        ("update", "dW", da * x),
        ("update", "db", da),
    ]
    lines = it["printed"].splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["step", "what", "on paper", "by hand", "by the layers"]
    for line, (step, what, value), row in zip(lines[1:9], expected, it["rows"], strict=True):
        paper = row[2]
        on_paper = eval(paper.replace("-ln 0.5", "-log(0.5)"), {"exp": exp, "log": log})
        for found in (on_paper, row[3], row[4]):
            assert np.ravel(found) == pytest.approx(np.ravel(value), abs=1e-15)
        start = f"{step:<9} {what:<5} {paper:<24}"
        assert line.startswith(start)
        reads(line, start, *2 * np.ravel(value).tolist())
    assert np.array_equal(it["dW"], [da * x]) and it["db"] == da  # nothing but update has made them


def test_08_a_step_down_the_slope_lowers_the_loss(run, reads):
    it = run("08")
    a = 2.05 * 1 - 0.9 * 2 + 0.05
    assert np.allclose(it["linear"].params["W"], [[2.05, -0.9]]) and it["linear"].params["b"] == pytest.approx(0.05)
    reads(it["printed"], "after a step of 0.1 down the slope the loss is", log(1 + exp(-a)), log(2))
    assert "before it was" in it["printed"] and log(1 + exp(-a)) < log(2)


def test_09_the_table(run, reads):
    it = run("09")
    lines = it["printed"].splitlines()
    named = ["step", "Jacobian", "entries", "gradient: in, out", "dW"]
    assert re.split(r"\s{2,}", lines[0]) == named
    rows = [
        ("Softmax   dh4/dh3:", 10, 10, 100, 32, 10, 32, 10),
        ("Dense     dh3/dh2:", 50, 10, 500, 32, 10, 32, 50, 10, 50),
        ("ReLU      dh2/dh1:", 50, 50, 2_500, 32, 50, 32, 50),
        ("Dense     dh1/dh0:", 784, 50, 39_200, 32, 50, 32, 784, 50, 784),
    ]
    for line, row in zip(lines[1:5], rows, strict=True):
        reads(line, *row)


def test_09_the_order_of_the_products_changes_the_work_and_not_the_gradient(run, reads, headings):
    it = run("09")
    W, b, V, c = (np.array(it["layers"][k].params[name]) for k in (0, 2) for name in ("W", "b"))
    h0 = it["h"][0]
    h2 = np.maximum(h0 @ W.T + b, 0)
    e = np.exp(h2 @ V.T + c)
    p, g = e / e.sum(axis=1, keepdims=True), it["dl_dh4"]
    g3 = p * (g - (p * g).sum(axis=1, keepdims=True))
    g1 = g3 @ V * (h2 > 0)
    assert it["dl_dh4"].shape == (32, 10) and np.allclose(it["h"][4], p, rtol=1e-12)
    assert np.allclose(it["g"], g1 @ W, rtol=1e-10, atol=1e-15)
    for layer, dW, db in ((it["layers"][0], g1.T @ h0, g1), (it["layers"][2], g3.T @ h2, g3)):
        assert np.allclose(layer.grads["W"], dW, rtol=1e-10, atol=1e-14)
        assert np.allclose(layer.grads["b"], db.sum(axis=0), rtol=1e-10, atol=1e-14)

    jacobians = W.T, np.diag(h2[0] > 0), V.T, np.diag(p[0]) - np.outer(p[0], p[0])  # of the first example
    for k, expected in enumerate(jacobians):
        assert np.allclose(it[f"J{k + 1}"], expected, rtol=1e-12, atol=1e-16)
    sizes = [784, 50, 50, 10, 10]
    few = sum(rows * columns for rows, columns in pairwise(sizes))
    many = sum(784 * inner * outer for inner, outer in ((50, 50), (50, 10), (10, 10), (10, 1)))
    assert (few, many) == (it["few"], it["many"]) == (42_300, 2_438_240)
    assert headings(it["printed"], "multiplications") == ["the first example", "multiplications", "off from backward"]
    for way, work in (("right to left", few), ("left to right", many)):
        found = it[way.replace(" ", "_")]
        off = abs(found - (g1 @ W)[0]).max()
        assert found.shape == (784,) and off < 1e-12 * abs(g1 @ W).max()
        reads(it["printed"], way, work, abs(found - it["g"][0]).max())
    assert (it["right_to_left"] != it["left_to_right"]).any()  # two ways, which round differently
    assert it["printed"].splitlines()[-2:] == [
        "Dense's Jacobian is W transposed: True",
        "ReLU's Jacobian is diagonal: True - backward multiplies entry by entry",
    ]
