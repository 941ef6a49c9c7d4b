"""Examples 10 to 12: initialization, an adversarial example, saliency maps."""

import numpy as np
import pytest

from layers import Dense, Flatten, ReLU, Sequential, Tanh
from threestep.data import Digits

STARTS = {"standard": lambda n, m: n**-0.5, "glorot_uniform": lambda n, m: (6 / (n + m)) ** 0.5}


@pytest.fixture(scope="module")
def spreads(network, softmax):
    """Of example 10, without its script: standard deviations of the tanh outputs, and of dl/d(those outputs)."""
    images, labels = Digits().train
    x = (images - images.mean()) / images.std()

    def spreads(init):
        hidden = [layer for _ in range(5) for layer in (Dense(500, init=init), Tanh())]
        model = Sequential(Flatten(), *hidden, Dense(10, init=init))
        model.build((8, 8, 1), rng=0)
        for dense in (layer.params["W"] for layer in model.layers if "W" in layer.params):
            bound = STARTS[init](*dense.shape[::-1])
            assert 0.98 * bound < abs(dense).max() <= bound * (1 + 1e-6)
            assert dense.std() == pytest.approx(bound / 3**0.5, rel=0.02)
        _, h, g = network(model, x, "tanh", lambda logits: (softmax(logits) - np.eye(10)[labels]) / len(labels))
        return [part.std() for part in h[1:]], [part.std() for part in g[1:]]

    return {init: spreads(init) for init in STARTS}


def test_10_the_table_is_of_tanh_outputs_and_of_their_gradients(run, spreads, reads, headings):
    it = run("10")
    assert list(it["starts"]) == list(STARTS)
    for init, (up, down) in spreads.items():
        assert it["spread"][init][0] == pytest.approx(up, rel=1e-3)
        assert it["spread"][init][1] == pytest.approx(down, rel=1e-3)
        reads(it["printed"], f"{'h':<6}{init:<15}", *up)
        reads(it["printed"], f"{'dl/dh':<6}{init:<15}", *down)
        formula = it["starts"][init].removeprefix("U(-a, a), a = ")
        assert eval(formula, {"sqrt": np.sqrt, "n": 64, "m": 500}) == pytest.approx(STARTS[init](64, 500))
    assert headings(it["printed"], "standard deviation") == ["standard deviation", *(f"layer {k}" for k in range(1, 6))]


def test_10_the_standard_start_shrinks_and_glorots_keeps_most(run):
    h, g = map(np.array, run("10")["spread"]["standard"])
    assert (h[1:] < 0.7 * h[:-1]).all() and (g[:-1] < 0.7 * g[1:]).all()
    h, g = map(np.array, run("10")["spread"]["glorot_uniform"])
    assert h.max() < 2 * h.min() and g.max() < 2 * g.min()


def test_10_the_picture(run, drawn, curves):
    it, (left, right) = run("10"), drawn("10")
    up, down = curves(left), curves(right)
    assert len(up) == len(down) == 2
    for init, how in it["starts"].items():
        assert np.array_equal(up[f"{init}: {how}"], np.column_stack([range(1, 6), it["spread"][init][0]]))
        assert sorted(map(tuple, down[init])) == list(zip(range(1, 6), it["spread"][init][1], strict=True))
    assert left.get_title() == "data on its way up: outputs h"
    assert right.get_title() == "gradient on its way down: dl/dh"
    assert left.get_xlim()[0] < left.get_xlim()[1] and right.get_xlim()[0] > right.get_xlim()[1]
    for axes in (left, right):
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("hidden layer", "standard deviation")
        assert axes.get_yscale() == "log" and axes.get_xticks().tolist() == [1, 2, 3, 4, 5]
        low, high = axes.get_ylim()
        assert all(low < y < high for line in axes.lines for y in line.get_ydata())


@pytest.fixture(scope="module")
def attack(run, network, softmax):
    """Of example 11, from its trained weights: x, y, sign(dl/dx), chance, and the probabilities that images get."""
    it = run("11")
    (x, y), model = Digits().test, it["model"]

    def p(images):
        return softmax(network(model, images, "relu", np.zeros_like)[0])

    _, _, g = network(model, x, "relu", lambda logits: (softmax(logits) - np.eye(10)[y]) / len(y))
    assert np.allclose(it["dx"].reshape(len(x), 64), g[0], rtol=1e-3, atol=1e-7)
    return x, y, np.sign(it["dx"]), it["random_sign"], p


STEPS = (0, 0.05, 0.1, 0.15, 0.2, 0.25)


def test_11_the_sign_of_the_gradient_fools_and_chance_does_not(run, attack, reads):
    it, (x, y, sign, chance, p) = run("11"), attack
    assert set(np.unique(chance)) == {-1, 1} and abs(chance.mean()) < 0.02 and abs((chance * sign).mean()) < 0.02
    shares = [[np.mean(p(np.clip(x + eps * way, 0, 1)).argmax(axis=1) != y) for eps in STEPS] for way in (sign, chance)]
    for found, share in zip((it["attacked"], it["shaken"]), shares, strict=True):
        assert found == pytest.approx(share, abs=1.5 / len(y))  # but for an answer that rounding decides
    reads(it["printed"], "wrong answers, eps  ", *STEPS)
    reads(it["printed"], "along the sign of its gradient  ", *(100 * share for share in it["attacked"]))
    reads(it["printed"], "up or down at random  ", *(100 * share for share in it["shaken"]))
    attacked, shaken = np.array(it["attacked"]), np.array(it["shaken"])
    assert attacked[0] == shaken[0] < 0.05 and (np.diff(attacked) > 0).all()
    assert attacked[3] >= 0.75 and shaken[3] <= 0.25 and attacked[-1] > 0.98 and shaken[-1] < 0.3


def test_11_a_pixel_moves_as_far_as_it_is_told_and_stays_a_pixel(run, attack):
    it, (x, _, sign, _, _) = run("11"), attack
    moved = it["moved"](np.sign(it["dx"]), 0.15)
    assert moved.min() == 0 and moved.max() == 1
    inside = (moved > 0) & (moved < 1)
    assert inside.mean() > 0.3 and np.allclose((moved - x)[inside], 0.15 * sign[inside], atol=1e-6)
    assert abs(moved - x).max() <= 0.15 + 1e-6 and ((moved - x) * sign >= 0).all()
    assert (abs(moved - x)[(x > 0.2) & (x < 0.8) & (sign != 0)] > 0.14).all()


def test_11_the_images_that_are_fooled_were_right_before(run, attack, reads):
    it, (x, y, sign, _, p) = run("11"), attack
    before, after = p(x), p(np.clip(x + 0.15 * sign, 0, 1))
    right, wrong = before.argmax(axis=1) == y, after.argmax(axis=1) != y
    assert it["fooled"].sum() == pytest.approx((right & wrong).sum(), abs=1) and not (it["fooled"] & ~right).any()
    (line,) = (line for line in it["printed"].splitlines() if "right answers wrong, of which" in line)
    sure = 100 * np.median(after[it["fooled"]].max(axis=1))
    reads(line, "eps = ", 0.15, it["fooled"].sum(), right.sum(), sure)
    assert sure > 75 and it["i"] == np.flatnonzero(it["fooled"])[0]


def test_11_the_picture(run, attack, drawn, curves):
    it, (x, y, sign, _, p), (a, b, c, right) = run("11"), attack, drawn("11")
    i = it["i"]
    after = np.clip(x + 0.15 * sign, 0, 1)
    for axes, image, clim, title in (
        (a, x[i], (0, 1), "x"),
        (b, 0.15 * sign[i], (-0.15, 0.15), "0.15 sign(dl/dx)"),
        (c, after[i], (0, 1), "their sum, within [0, 1]"),
    ):
        (shown,) = axes.get_images()
        assert np.allclose(shown.get_array(), image[..., 0], atol=1e-7)
        assert shown.get_clim() == clim and axes.get_title() == title
    for axes, images in ((a, x), (c, after)):
        sure = p(images)[i]
        said, confidence = axes.get_xlabel().split(", ")
        assert said == f'"{sure.argmax()}"' and confidence.endswith(" % sure")
        assert float(confidence.split()[0]) == pytest.approx(100 * sure.max(), abs=0.051)
    assert a.get_xlabel().startswith(f'"{y[i]}"') and not c.get_xlabel().startswith(f'"{y[i]}"')
    (red, _, blue, _), (other_red, _, other_blue, _) = (b.get_images()[0].cmap(end) for end in (1.0, 0.0))
    assert b.get_xlabel() == "blue: up, orange: down" and blue > red and other_red > other_blue
    lines = curves(right)
    for name, shares in (("along the sign of the gradient", it["attacked"]), ("up or down at random", it["shaken"])):
        assert np.array_equal(lines[name], np.column_stack([STEPS, shares]))
    assert right.get_title() == "share of wrong answers" and right.get_xlabel() == "eps: the most that a pixel moves"
    assert len(lines) == 2 and right.get_ylim()[0] <= 0 and right.get_ylim()[1] >= 1


@pytest.fixture(scope="module")
def saliency(run, network, softmax):
    """Of example 12, from its trained weights: x, y, scores, labels, ds/dx, and the mean probability of the labels."""
    (x, y), it = Digits().test, run("12")

    def seed(logits):
        return np.eye(10)[logits.argmax(axis=1)]

    scores, _, g = network(it["model"], x, "relu", seed)
    labels = scores.argmax(axis=1)

    def probability(images):
        p = softmax(network(it["model"], images, "relu", np.zeros_like)[0])
        return p[np.arange(len(x)), labels].mean()

    return x, y, scores, labels, g[0].reshape(x.shape), probability


def test_12_the_map_is_the_gradient_of_the_answers_score(run, saliency):
    it, (_, y, scores, labels, dx, _) = run("12"), saliency
    assert np.allclose(it["scores"], scores, atol=1e-4) and np.array_equal(it["predicted"], labels)
    assert np.mean(labels == y) > 0.9
    assert np.allclose(it["dx"], dx, atol=1e-5) and np.array_equal(it["saliency"], abs(it["dx"]))


def test_12_six_pixels_are_removed_the_last_in_order(run, saliency, monkeypatch):
    it, seen = run("12"), []
    inside = it["drop_without"].__globals__
    ones = np.ones_like(it["x"])
    monkeypatch.setitem(inside, "x", ones)
    monkeypatch.setitem(inside, "probability", lambda images: seen.append(images) or len(seen))
    assert it["drop_without"](it["saliency"]) == -1  # what there was before, less what is left
    before, after = seen
    assert before is ones and (ones == 1).all()
    gone = after.reshape(len(ones), 64) == 0
    assert (after.reshape(len(ones), 64)[~gone] == 1).all() and (gone.sum(axis=1) == 6).all()
    order = it["saliency"].reshape(len(ones), 64)
    assert (np.where(gone, order, np.inf).min(axis=1) >= np.where(gone, -np.inf, order).max(axis=1)).all()


def test_12_the_salient_pixels_matter_and_those_of_x_ds_dx_most(run, saliency, reads):
    it, (x, _, _, _, _, probability) = run("12"), saliency
    chance = it["at_random"]
    assert 0 <= chance.min() < 0.001 and 0.999 < chance.max() < 1 and chance.std() == pytest.approx(12**-0.5, rel=0.01)
    assert abs(np.corrcoef(chance.ravel(), x.ravel())[0, 1]) < 0.02
    orders = {
        "six at random": chance,
        "six inked ones at random": chance * (x > 0),
        "the six darkest": x,
        "the six most salient, |ds/dx|": it["saliency"],
        "the six largest x ds/dx": x * it["dx"],
    }
    title = it["printed"].splitlines()[0]
    reads(title, "mean probability of the network's answers: ", probability(x), 64, 0)
    assert title.endswith("; with six of 64 pixels set to 0 it falls by")
    assert list(it["drops"]) == list(orders)
    for name, order in orders.items():
        rest = x.reshape(len(x), 64).copy()
        np.put_along_axis(rest, order.reshape(len(x), 64).argsort(axis=1)[:, -6:], 0, axis=1)
        lost = probability(x) - probability(rest)
        assert it["drops"][name] == pytest.approx(lost, abs=1e-5)
        reads(it["printed"], f"{name:<32}", lost)
    by_chance, inked, darkest, salient, both = it["drops"].values()
    assert salient >= 2 * by_chance > 0 and salient > 2 * inked
    assert salient < 1.1 * darkest  # "no more than the darkest"
    assert both > 1.5 * max(by_chance, inked, darkest, salient)


def test_12_the_control_is_untrained(run, network):
    it, (x, _) = run("12"), Digits().test
    fresh = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
    fresh.build((8, 8, 1), rng=1)
    _, _, g = network(fresh, x, "relu", lambda logits: np.eye(10)[it["predicted"]])
    assert np.allclose(it["control"], abs(g[0]).reshape(x.shape), atol=1e-5)
    ink = x.mean(axis=0).ravel()
    alike = [np.corrcoef(it[a].mean(axis=0).ravel(), ink)[0, 1] for a in ("control", "saliency")]
    assert abs(alike[0]) < 0.3 < alike[1]  # its map does not show the digit's shape


def test_12_the_picture(run, saliency, drawn):
    it, (x, y, scores, labels, dx, _) = run("12"), saliency
    rows = np.reshape(drawn("12"), (4, 10))
    places = [next(i for i in range(len(y)) if labels[i] == y[i] == digit) for digit in range(10)]
    control, both = it["control"], x * dx
    strongest = abs(both[places]).max()
    for row, images, clim in (
        (rows[0], x, (0, 1)),
        (rows[1], abs(dx) / abs(dx)[places].max(), (0, 1)),
        (rows[2], both, (-strongest, strongest)),
        (rows[3], control / control[places].max(), (0, 1)),
    ):
        for axes, i in zip(row, places, strict=True):
            (shown,) = axes.get_images()
            assert np.allclose(shown.get_array(), images[i, ..., 0], atol=1e-4)
            assert shown.get_clim() == pytest.approx(clim, rel=1e-4)
    assert [row[0].get_ylabel() for row in rows] == ["image", "|ds/dx|", "x ds/dx\nblue > 0", "untrained\n|ds/dx|"]
    for digit, (axes, i) in enumerate(zip(rows[0], places, strict=True)):
        said, score = axes.get_title().split("\nscore ")
        assert said == f'"{digit}"' and float(score) == pytest.approx(scores[i].max(), abs=0.051)
    blue, orange = (rows[2, 0].get_images()[0].cmap(end) for end in (1.0, 0.0))
    assert blue[2] > blue[0] and orange[0] > orange[2]
