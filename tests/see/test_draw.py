"""The picture: what it says, that nothing in it collides, and that the model never notices."""

import copy
import pickle
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest

from layers import (
    Add,
    Concat,
    Dense,
    Dropout,
    Flatten,
    Graph,
    Identity,
    Multiply,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from threestep.see import draw_graph
from threestep.see.words import width_of

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """An SVG text taken apart.

    boxes, ends: [(rectangle, lines)]; edges: [(points of the line, its texts)]; dots: [((x, y), its texts)];
    notes: the texts below. A rectangle is (left, top, right, bottom).
    """

    def __init__(self, text):
        self.root = ET.fromstring(text)
        self.boxes, self.ends, self.edges, self.dots = [], [], [], []
        for group in self.root.iter(f"{SVG}g"):
            texts = [part.text for part in group.findall(f"{SVG}text")]
            if group.get("class") in ("box", "end"):
                nodes = self.boxes if group.get("class") == "box" else self.ends
                nodes.append((rectangle(group.find(f"{SVG}rect")), texts))
            elif group.get("class") == "edge":
                self.edges.append((points(group.find(f"{SVG}path").get("d")), texts))
            else:
                dot = group.find(f"{SVG}circle")
                self.dots.append(((float(dot.get("cx")), float(dot.get("cy"))), texts))
        self.notes = [text.text for text in self.root.findall(f"{SVG}text")]


def rectangle(rect):
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def points(path):
    """Many points on a path of M, L and C."""
    words, at, seen = path.split(), None, []
    while words:
        command, words = words[0], words[1:]
        count = 6 if command == "C" else 2
        corners = np.array(words[:count], float).reshape(-1, 2)
        words, t = words[count:], np.linspace(0, 1, 30)[:, None]
        if command == "C":
            a, b, c = corners
            seen += list((1 - t) ** 3 * at + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * c)
        elif command == "L":
            seen += list((1 - t) * at + t * corners[0])
        at = corners[-1]
    return np.array(seen)


def extent(text):
    """The rectangle that a text takes, by the estimate."""
    x, y, size = (float(text.get(name)) for name in ("x", "y", "font-size"))
    width = width_of(text.text, size, text.get("font-weight") == "bold")
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
    return left, y - 0.75 * size, left + width, y + 0.2 * size


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def assert_clear(picture):
    """No two of nodes and labels overlap but a node and its own text; lines run from node to node and through none."""
    rects = [rect for rect, _ in picture.boxes + picture.ends]
    labels = [extent(text) for group in picture.root.iter(f"{SVG}g") for text in group.findall(f"{SVG}text")]
    inside = [label for label in labels if any(contains(rect, label) for rect in rects)]
    outside = [label for label in labels if label not in inside]
    assert len(inside) == sum(len(lines) for _, lines in picture.boxes + picture.ends)
    outside += [extent(text) for text in picture.root.findall(f"{SVG}text")]
    assert not any(overlap(a, b) for a, b in combinations(rects + outside, 2))
    for line, _ in picture.edges:
        (start, leaves), (end, arrives) = line[0], line[-1]
        at_dot = (start, leaves) in [dot for dot, _ in picture.dots]
        assert at_dot or any(start == rect[2] and rect[1] < leaves < rect[3] for rect in rects)
        assert any(end == rect[0] and rect[1] + 2 < arrives < rect[3] - 2 for rect in rects)
        for left, top, right, bottom in rects + outside:
            x, y = line.T
            assert not ((x > left + 0.1) & (x < right - 0.1) & (y > top + 0.1) & (y < bottom - 0.1)).any()
    left, top, width, height = map(float, picture.root.get("viewBox").split())
    page = left, top, left + width, top + height
    assert all(contains(page, rect) for rect in rects + outside)


def contains(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def gate(outputs="y"):
    nodes = {"a": ("x", Dense(4)), "h": ("a", Tanh()), "s": ("a", Sigmoid()), "y": (["h", "s"], Multiply())}
    return Graph("x", nodes, outputs)


def chain_and_skip():
    nodes = {"a": ("x", Dense(4)), "b": ("a", ReLU()), "c": ("b", Dense(4)), "d": ("c", ReLU()), "e": ("d", Dense(4))}
    return Graph("x", {**nodes, "f": ("e", Tanh()), "y": (["a", "f"], Add())}, "y")


def fully_wired():
    nodes = {f"f{j}{i}": (f"x{j}", Tanh()) for j in range(3) for i in range(2)}
    nodes |= {f"y{i}": ([f"f{j}{i}" for j in range(3)], Add()) for i in range(2)}
    nodes |= {f"g{i}": (f"y{i}", Sigmoid()) for i in range(2)} | {"z": (["g0", "g1"], Add())}
    return Graph(["x0", "x1", "x2"], nodes, "z")


def random_model(rng, shared, depth=3):
    """A model that keeps the shape of an example: containers within containers, some layers in several places."""
    kind = rng.integers(8) if depth else rng.integers(4)
    if kind < 4:
        return [Dense(3), shared, Sigmoid(), Identity()][kind]
    parts = [random_model(rng, shared, depth - 1) for _ in range(rng.integers(2, 4))]
    if kind < 6:
        return [Sequential, Residual][kind - 4](*parts)
    if kind == 6:
        return Parallel(*parts, merge="sum")
    nodes, names = {}, ["x"]
    for i, part in enumerate(parts):
        nodes[f"m{i}"] = ([str(name) for name in rng.choice(names, size=rng.integers(2, 4))], Add())
        nodes[f"n{i}"] = (f"m{i}", part)
        names.append(f"n{i}")
    return Graph("x", {**nodes, "y": (names, Add())}, "y")


def leaves_and_edges(layer):
    """(how many boxes a layer is, how many values they take), from the layers alone."""
    if not layer.children:
        return 1, len(layer.input_shape) if layer.several_inputs else 1
    boxes, edges = np.sum([leaves_and_edges(child) for child in layer.children], axis=0)
    return (boxes + 1, edges + 2) if isinstance(layer, Residual) else (boxes, edges)


RNG = np.random.default_rng(0)
CASES = [  # (model, one example's shape, or a list of them)
    (Sequential(Flatten(), Dense(64), ReLU(), Dropout(0.3), Dense(10)), (8, 8, 1)),
    (Sequential(*[Dense(4) for _ in range(30)]), (4,)),
    (Dense(3), (4,)),
    (Identity(), (1,)),
    (Concat(), [(1,)] * 7),
    (gate(["y", "h"]), (4,)),
    (chain_and_skip(), (4,)),
    (fully_wired(), [(2,)] * 3),
    (Sequential(Residual(Dense(8), ReLU()), Parallel(Residual(Dense(8), Tanh()), Dense(4)), Dense(3)), (8,)),
    (Graph("x", {"a": ("x", Tanh()), "y": (["a", "a"], Multiply())}, ["y", "x", "a", "a"]), (2,)),
    (Graph(["x", "z"], {"a": ("x", Dense(3)), "b": (["a", "z"], Concat())}, ["b", "z"]), [(2,), (3,)]),
    *[(random_model(RNG, Dense(3)), (3,)) for _ in range(25)],
]


def example(shape):
    """Values for one example."""
    if isinstance(shape, list):
        return tuple(map(example, shape))
    return np.random.default_rng(1).normal(size=(1, *shape))


@pytest.mark.parametrize("with_values", [False, True])
@pytest.mark.parametrize(("model", "shape"), CASES)
def test_every_layer_is_drawn_once_and_nothing_collides(model, shape, with_values):
    picture = Picture(draw_graph(model, shape, example(shape) if with_values else None))
    model = copy.deepcopy(model)
    model.build(shape)
    boxes, edges = leaves_and_edges(model)
    outputs = len(picture.ends) - (len(shape) if isinstance(shape, list) else 1)
    assert (len(picture.boxes), len(picture.edges)) == (boxes, edges + outputs)
    assert all(len(texts) == 2 * with_values for _, texts in picture.edges)
    assert_clear(picture)


def test_a_box_says_what_the_layer_is_and_costs():
    model = Sequential(Flatten(), Dense(64), ReLU(), Residual(Dense(64)), Dense(10))
    model[1].frozen = model[2].frozen = True  # ReLU has nothing to freeze
    model[4].name = "head"
    picture = Picture(draw_graph(model, input_shape=(8, 8, 1)))
    assert [lines for _, lines in picture.boxes] == [
        ["Flatten", "0", "(N, 64)"],
        ["Dense", "1", "(N, 64)", "4,160 parameters", "8,192 FLOPs", "frozen"],
        ["ReLU", "2", "(N, 64)", "64 FLOPs"],
        ["Dense", "3.0", "(N, 64)", "4,160 parameters", "8,192 FLOPs"],
        ["+", "3", "(N, 64)", "64 FLOPs"],
        ["Dense", "4 'head'", "(N, 10)", "650 parameters", "1,280 FLOPs"],
    ]
    assert [lines for _, lines in picture.ends] == [["x", "(N, 8, 8, 1)"], ["y", "(N, 10)"]]
    assert picture.notes[-1] == "8,970 parameters, 17.8 k FLOPs an example, 2 paths along 7 edges into layers"
    assert picture.root.find(f"{SVG}title").text == f"Sequential: {picture.notes[-1]}"
    model.build((8, 8, 1))
    assert model.flops == 2 * 8192 + 64 + 64 + 1280 and model.theta.size == 8970


def test_a_further_place_of_a_layer_says_whose_parameters_it_uses():
    twice = Dense(4)
    picture = Picture(draw_graph(Sequential(Sequential(twice), Tanh(), twice), 4))
    assert picture.boxes[0][1] == ["Dense", "0.0", "(N, 4)", "20 parameters", "32 FLOPs"]
    assert picture.boxes[2][1] == ["Dense", "2", "(N, 4)", "parameters of 0.0 Dense", "32 FLOPs"]
    assert picture.notes == ["20 parameters, 68 FLOPs an example, 1 path along 3 edges into layers"]
    model = Sequential(twice, Sequential(twice))
    model.build((4,))
    assert Picture(draw_graph(model[1])).boxes[0][1][3] == "parameters of Dense"


def test_values_above_gradients_below_and_sums_at_the_dots():
    """y = x^2 by a value that is taken twice, and x itself: dl/dx = x + x + 1."""
    model = Graph("x", {"y": (["x", "x"], Multiply())}, ["y", "x"])
    picture = Picture(draw_graph(model, x=np.array([[0.25]])))
    assert [texts for _, texts in picture.edges] == [["0.25", "0.25"], ["0.25", "0.25"], ["0.0625", "1"], ["0.25", "1"]]
    assert [texts for _, texts in picture.dots] == [["0.25", "0.25 + 0.25 + 1 = 1.5"]]
    assert picture.notes[1].endswith("below a line: the gradient of the sum of y, x that comes back along it")
    assert len(picture.notes) == 4
    one = Picture(draw_graph(Sequential(Tanh()), x=np.array([[0.5]])))
    assert one.notes[1].endswith("below a line: the gradient of y that comes back along it")
    for group in picture.root.iter(f"{SVG}g"):
        if group.get("class") == "edge":
            height = float(group.find(f"{SVG}path").get("d").split()[-1])
            value, gradient = group.findall(f"{SVG}text")
            assert float(value.get("y")) < height < float(gradient.get("y")) - 8
            assert value.get("fill") != gradient.get("fill")


def test_dots_stand_where_values_split_and_only_there():
    picture = Picture(draw_graph(gate(), 4))
    assert [texts for _, texts in picture.dots] == [["\u03a3"]]
    at = picture.dots[0][0]
    assert [tuple(line[0]) == at for line, _ in picture.edges] == [False, True, True, False, False, False]
    assert len(picture.notes) == 2 and "added" in picture.notes[0]
    assert Picture(draw_graph(Sequential(Dense(2), Tanh()), 3)).notes == [
        "8 parameters, 14 FLOPs an example, 1 path along 2 edges into layers"
    ]


def test_dropout_rests_and_many_numbers_are_their_mean_square():
    picture = Picture(draw_graph(Dropout(0.5), x=np.full((1, 9), -0.5)))
    assert [texts for _, texts in picture.edges] == [["rms 0.5", "rms 1"]] * 2
    assert picture.notes[2] == "rms: root mean square of more than three numbers" and len(picture.notes) == 4


def test_the_model_never_notices():
    model = Sequential(Dense(4), Dropout(0.5), Residual(Dense(4), Tanh()), Dense(2))
    x = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    g = np.ones_like(model.forward(x))
    model.backward(g)
    before, twin = pickle.dumps(model), copy.deepcopy(model)
    draw_graph(model)
    draw_graph(model, x=x + 1)
    assert pickle.dumps(model) == before and model.training
    model.update()
    twin.forward(x)
    assert np.abs(model.gradient).sum() > 0 and x.shape == (3, 5)


def test_a_model_that_is_not_built_stays_so():
    model = gate()
    assert draw_graph(model, 4) == draw_graph(model, (4,)) == draw_graph(gate(), [4])
    draw_graph(model, x=np.ones((1, 4)))
    assert not model.built


def test_shapes_may_come_from_the_model_or_from_x():
    model = Sequential(Dense(2), Tanh())
    model.build((3,))
    assert draw_graph(model) == draw_graph(model, (3,))
    picture = Picture(draw_graph(model, x=np.ones((1, 5, 3))))
    assert picture.ends[0][1] == ["x", "(N, 5, 3)"] and picture.boxes[1][1][-1] == "10 FLOPs"
    layer = Tanh()
    layer.build((3,))
    assert Picture(draw_graph(layer, ())).ends[0][1] == ["x", "(N,)"]


def test_the_same_model_gives_the_same_bytes():
    x = np.array([[0.5, -1, 2]])
    first, second = (draw_graph(random_model(np.random.default_rng(5), Dense(3)), x=x) for _ in range(2))
    assert first == second and "\u03a3" in first


def test_names_are_escaped():
    model = Graph("<x>", {"a & b": ("<x>", Dense(2)), 'c"\x00': ("a & b", Tanh())}, 'c"\x00')
    model.name = "<m>"
    picture = Picture(draw_graph(model, 3))
    assert picture.root.find(f"{SVG}title").text.startswith("Graph '<m>': 8 parameters")
    assert picture.ends[0][1][0] == "<x>" and [lines[1] for _, lines in picture.boxes] == ["a & b", 'c"\ufffd']


def test_it_is_plain_svg_that_notebooks_show():
    text = draw_graph(gate(), 4)
    assert isinstance(text, str) and text._repr_svg_() == text and type(text._repr_svg_()) is str
    assert not any(word in text for word in ("script", "style", "href", "url(", " id="))
    root = ET.fromstring(text)
    left, top, width, height = root.get("viewBox").split()
    assert (root.get("width"), root.get("height")) == (width, height)
    page = root.find(f"{SVG}rect")
    assert [page.get(name) for name in ("x", "y", "width", "height", "fill")] == [left, top, width, height, "white"]


def test_what_is_wrong_is_said():
    model = Sequential(Dense(2))
    with pytest.raises(TypeError, match=r"draw_graph expected a model \(a Layer\) first, got a int"):
        draw_graph(3)
    with pytest.raises(TypeError, match=r"got a list: write Sequential\(\*layers\)"):
        draw_graph([Dense(3)])
    with pytest.raises(TypeError, match=r"draw_graph expected a model, got the class Dense: write Dense\(...\)"):
        draw_graph(Dense)
    with pytest.raises(ValueError, match=r"Sequential is not built yet: give draw_graph an input_shape .* or x"):
        draw_graph(model)
    model.build((3,))
    with pytest.raises(ValueError, match=r"layer 0 Dense expected x of shape \(N, 3\), got \(N, 4\)"):
        draw_graph(model, 4)
    with pytest.raises(ValueError, match=r"expected x of shape \(N, 3\), got \(N, 4\) \(x has shape \(1, 4\)\)"):
        draw_graph(model, x=np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"x expected examples of the input_shape \(N, 3\), got \(N, 5\)"):
        draw_graph(Tanh(), 3, x=np.ones((2, 5)))
