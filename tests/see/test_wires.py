"""The graph of a model: its nodes and edges, and what flows along them."""

import copy

import numpy as np
import pytest

from layers import (
    Add,
    Concat,
    Dense,
    Flatten,
    Graph,
    Identity,
    Layer,
    Multiply,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from layers.container import Container
from threestep.see.wires import Wires


class Scale(Layer):
    """y = a sin(x)."""

    def __init__(self, a):
        self.a = a

    def forward(self, x):
        self.x = x
        return self.a * np.sin(x)

    def backward(self, g):
        return g * self.slope(self.x)

    def slope(self, x):
        return self.a * np.cos(x)


def wires_of(model, input_shape):
    model.build(input_shape)
    return Wires(model, input_shape)


def places(wires):
    return [(node.title, node.place) for node in wires.nodes]


def by_place(wires):
    return {node.place or node.title: node for node in wires.nodes}


def links(wires):
    """(from, to) of each edge, by places."""
    return [tuple(node.place or node.title for node in (edge.source, edge.target)) for edge in wires.edges]


def flow(model, *x):
    """The wires after a run of one example."""
    x = [np.array([[part]]) for part in x]
    wires = wires_of(model, [(1,)] * len(x) if model.several_inputs else (1,))
    wires.run(x)
    return wires


def numbers(edge):
    return edge.value.item(), edge.gradient.item()


def test_a_chain():
    wires = wires_of(Sequential(Flatten(), Dense(3), ReLU()), (2, 2))
    assert places(wires) == [("x", ""), ("Flatten", "0"), ("Dense", "1"), ("ReLU", "2"), ("y", "")]
    assert links(wires) == [("x", "0"), ("0", "1"), ("1", "2"), ("2", "y")]
    assert [edge.shape for edge in wires.edges] == [(2, 2), (4,), (3,), (3,)]
    assert [node.flops for node in wires.nodes] == [0, 0, 24, 3, 0]
    assert wires.paths() == (1, 3)


def test_a_residual_is_two_ways_that_meet():
    wires = wires_of(Sequential(Residual(Dense(4), ReLU())), (4,))
    assert places(wires)[1:4] == [("Dense", "0.0"), ("ReLU", "0.1"), ("+", "0")]
    assert links(wires) == [("x", "0.0"), ("0.0", "0.1"), ("0.1", "0"), ("x", "0"), ("0", "y")]
    assert wires.paths() == (2, 4)
    assert links(wires_of(Residual(), (4,))) == [("x", "+"), ("x", "+"), ("+", "y")]


def test_containers_nest_and_their_flops_are_all_there():
    twice = Dense(4)
    model = Sequential(
        Residual(Sequential(Dense(4), Tanh()), Residual(Dense(4)), twice),
        Parallel(twice, Residual(Identity()), Sequential()),
        Graph("x", {"a": ("x", Parallel(ReLU(), ReLU(), merge="sum")), "y": (["a", "x"], Multiply())}, "y"),
    )
    wires = wires_of(model, (4,))
    drawn = {node.place: node.title for node in wires.nodes if node.place}
    assert drawn == {
        "0.0.0": "Dense",
        "0.0.1": "Tanh",
        "0.1.0": "Dense",
        "0.1": "+",
        "0.2": "Dense",
        "0": "+",
        "1.0": "Dense",
        "1.1.0": "Identity",
        "1.1": "+",
        "1.concat": "Concat",
        "2.a.0": "ReLU",
        "2.a.1": "ReLU",
        "2.a.sum": "Add",
        "2.y": "Multiply",
    }
    assert [link for link in links(wires) if link[1] == "1.concat"] == [
        ("1.0", "1.concat"),
        ("1.1", "1.concat"),
        ("0", "1.concat"),  # the empty Sequential
    ]
    assert sum(node.flops for node in wires.nodes) == model.flops
    nodes = by_place(wires)
    assert nodes["1.0"].layer._owned is nodes["0.2"].layer


def test_names_of_the_ends():
    pair = Graph(["a", "b"], {"s": (["a", "b"], Add())}, ["s", "a"])
    assert [node.title for node in wires_of(pair, [(2,), (2,)]).nodes] == ["a", "b", "Add", "s", "a"]
    assert [node.title for node in wires_of(Sequential(pair), [(2,), (2,)]).nodes] == ["x0", "x1", "Add", "y0", "y1"]
    assert [node.title for node in wires_of(Add(), [(2,), (2,)]).nodes] == ["x0", "x1", "Add", "y"]
    one = Graph("x", {"p": ("x", Graph("x", {"a": ("x", Tanh())}, ["a", "x"]))}, "p")
    assert [node.title for node in wires_of(one, (2,)).nodes] == ["x", "Tanh", "y0", "y1"]


def test_a_container_with_a_forward_of_its_own_is_one_node():
    class Halved(Sequential):
        def forward(self, x):
            return super().forward(x) / 2

    class Same(Sequential):
        pass

    class Twofold(Graph):
        def forward(self, x):
            return 2 * super().forward(x)

    class Alone(Container):
        def __init__(self):
            self.adopt([Tanh()])

        def forward(self, x):
            return self.layers[0].forward(x)

        def build(self, input_shape, rng=0, dtype=np.float32):
            return self.build_child(0, input_shape, rng, dtype)

    model = Sequential(Halved(Dense(3), Tanh()), Same(Tanh()), Alone(), Twofold("x", {"a": ("x", Tanh())}, "a"))
    wires = wires_of(model, (3,))
    assert places(wires)[1:-1] == [("Halved", "0"), ("Tanh", "1.0"), ("Alone", "2"), ("Twofold", "3")]
    assert wires.nodes[1].flops == 18 + 3


def test_several_values_of_one_layer():
    class Halves(Layer):
        """The left half of x, and the right."""

        def output_shape(self, input_shape):
            return ((input_shape[-1] // 2,), (input_shape[-1] - input_shape[-1] // 2,))

        def forward(self, x):
            left, right = np.split(x, [x.shape[-1] // 2], axis=-1)
            return left.copy(), right.copy()

        def backward(self, g):
            return np.concatenate(g, axis=-1)

    wires = wires_of(Sequential(Halves(), Multiply()), (4,))
    wires.run([np.array([[1.0, 2, 3, 4]])])
    assert [edge.number for edge in wires.edges] == [0, 0, 1, 0]
    assert wires.edges[0].gradient.tolist() == [[3, 4, 1, 2]]


def test_a_shape_that_is_not_the_one_built_for():
    model = Sequential(Dense(3), Tanh())
    model.build((4,))
    wires = Wires(model, (7, 4))
    assert [edge.shape for edge in wires.edges] == [(7, 4), (7, 3), (7, 3)]
    assert [node.flops for node in wires.nodes] == [0, 2 * 4 * 3 * 7, 21, 0]
    with pytest.raises(ValueError, match=r"Tanh|Dense expected x of shape \(N, 4\), got \(N, 5\)"):
        Wires(model, (5,))


def test_graph_1_carries_values_forward_and_slopes_back():
    f, g, x = Scale(1.5), Scale(-0.7), 0.8
    first, second, third = flow(Graph("x", {"y": ("x", f), "z": ("y", g)}, "z"), x).edges
    y = 1.5 * np.sin(x)
    assert np.allclose(numbers(third), (-0.7 * np.sin(y), 1))
    assert np.allclose(numbers(second), (y, g.slope(y)))
    assert np.allclose(numbers(first), (x, g.slope(y) * f.slope(x)))


def test_graph_2_adds_where_x_fans_out():
    fs, gs, x = [Scale(a) for a in (0.5, 1, 2)], [Scale(a) for a in (3, -1, 0.3)], 0.8
    nodes = {f"f{i}": ("x", f) for i, f in enumerate(fs)} | {f"g{i}": (f"f{i}", g) for i, g in enumerate(gs)}
    model = Graph("x", {**nodes, "z": (["g0", "g1", "g2"], Add())}, "z")
    wires = flow(model, x)
    (fan,) = wires.inputs[0].gives
    explicit = [g.slope(f.a * np.sin(x)) * f.slope(x) for f, g in zip(fs, gs, strict=True)]
    assert np.allclose([numbers(edge) for edge in fan], [(x, part) for part in explicit])
    assert wires.paths() == model.paths() == (3, 9)
    model.forward(np.array([[x]]))
    assert np.allclose(sum(edge.gradient for edge in fan), model.backward(np.ones((1, 1))))


def test_graph_3_on_every_edge():
    """z = sum_i g_i(y_i) with y_i = sum_j f_ji(x_j)."""
    x, f = (0.5, -1.25, 2.0), {(j, i): Scale(0.3 * j - 0.4 * i + 0.2) for j in range(3) for i in range(2)}
    g = [Scale(1.5), Scale(-0.6)]
    nodes = {f"f{j}{i}": (f"x{j}", layer) for (j, i), layer in f.items()}
    nodes |= {f"y{i}": ([f"f{j}{i}" for j in range(3)], Add()) for i in range(2)}
    nodes |= {f"g{i}": (f"y{i}", g[i]) for i in range(2)} | {"z": (["g0", "g1"], Add())}
    model = Graph([f"x{j}" for j in range(3)], nodes, "z")
    wires = flow(model, *x)
    y = [sum(f[j, i].a * np.sin(x[j]) for j in range(3)) for i in range(2)]
    expected = {(f"y{i}", f"g{i}"): (y[i], g[i].slope(y[i])) for i in range(2)}
    expected |= {(f"g{i}", "z"): (g[i].a * np.sin(y[i]), 1) for i in range(2)}
    for j, i in f:
        expected[f"x{j}", f"f{j}{i}"] = x[j], g[i].slope(y[i]) * f[j, i].slope(x[j])
        expected[f"f{j}{i}", f"y{i}"] = f[j, i].a * np.sin(x[j]), g[i].slope(y[i])
    seen = {link: numbers(edge) for link, edge in zip(links(wires), wires.edges, strict=True)}
    assert np.allclose(seen.pop(("z", "z")), (sum(g[i].a * np.sin(y[i]) for i in range(2)), 1))
    assert seen.keys() == expected.keys()
    assert all(np.allclose(seen[link], expected[link]) for link in expected)
    assert wires.paths() == model.paths() == (6, 16)


def test_a_value_taken_twice_and_an_output_given_twice():
    model = Graph("x", {"a": ("x", Tanh()), "y": (["a", "a"], Multiply())}, ["y", "a", "a", "x"])
    wires, a = flow(model, 0.5), np.tanh(0.5)
    (fan,) = wires.nodes[1].gives
    assert np.allclose([numbers(edge) for edge in fan], [(a, a), (a, a), (a, 1), (a, 1)])
    (fan,) = wires.inputs[0].gives
    assert np.allclose([numbers(edge) for edge in fan], [(0.5, (2 * a + 2) * (1 - a * a)), (0.5, 1)])
    assert wires.paths() == model.paths() == (5, 3)


@pytest.mark.parametrize(
    "model",
    [
        Sequential(Dense(4), Residual(Dense(4), Tanh()), Parallel(Dense(2), Residual(Sigmoid()), merge="concat")),
        Residual(Residual(Tanh(), Residual(Sigmoid()))),
        Graph("x", {"a": ("x", Dense(3)), "b": (["x", "a"], Concat()), "c": ("b", Residual(Tanh()))}, ["c", "a"]),
    ],
)
def test_what_flows_is_what_the_model_computes(model):
    x = np.random.default_rng(3).normal(size=(2, 4))
    model.build((4,), dtype=np.float64)
    wires = Wires(copy.deepcopy(model), (4,))
    y = model.forward(x)
    parts = y if isinstance(y, tuple) else (y,)
    wires.run([x])
    assert all(np.array_equal(node.takes[0].value, part) for node, part in zip(wires.outputs, parts, strict=True))
    (fan,) = wires.inputs[0].gives
    ones = tuple(map(np.ones_like, y)) if isinstance(y, tuple) else np.ones_like(y)
    assert np.allclose(sum(edge.gradient for edge in fan), model.backward(ones), rtol=1e-12)
