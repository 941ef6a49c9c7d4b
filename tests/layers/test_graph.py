"""Graphs: the slides' three, sums over all paths, one visit a node, and every way to wire one wrongly."""

import numpy as np
import pytest

from layers import Add, Concat, Dense, Graph, Identity, Layer, Multiply, ReLU, Sequential, Sigmoid, Tanh
from threestep.checks import numerical_gradient


def branching(outputs="y"):
    """A graph with fan-out, two inputs, and nodes given out of order."""
    nodes = {
        "y": (["b", "c"], Add()),
        "a": ("x", Dense(4)),
        "b": (["a", "a", "z"], Multiply()),
        "c": (["a", "s"], Add()),
        "s": ("a", Sigmoid()),
    }
    return Graph(["x", "z"], nodes, outputs)


CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Graph("x", {"y": ("x", Dense(3))}, "y"), (6, 5)),
    (Graph("x", {"a": ("x", Tanh()), "y": (["x", "a"], Multiply())}, ["y", "a", "x"]), (6, 5)),
    (branching(), [(6, 5), (6, 4)]),
    (branching(["y", "a"]), [(6, 5), (6, 4)]),
    (Graph(["x", "z"], {"y": (["x", "z"], branching())}, "y"), [(6, 5), (6, 4)]),
]


RNG = np.random.default_rng(0)


class Scale(Layer):
    """y = a sin(x): a function of one number with a parameter, so that every edge of a test differs."""

    def __init__(self, a):
        self.a = a

    def forward(self, x):
        self.x = x
        return self.a * np.sin(x)

    def backward(self, g):
        return g * self.slope(self.x)

    def slope(self, x):
        return self.a * np.cos(x)


def numerical(graph, x):
    """dl/dx of l = the sum of all outputs, by finite differences, for a tuple of inputs."""

    def loss_at(values):
        y = graph.forward(tuple(values[..., None]) if graph.several_inputs else values[0][:, None])
        return float(sum(np.sum(part) for part in (y if isinstance(y, tuple) else (y,))))

    return numerical_gradient(loss_at, np.stack([part[:, 0] for part in x]))


def test_graph_1_is_the_chain_rule():
    f, g, x = Scale(1.5), Scale(-0.7), RNG.normal(size=(4, 1))
    graph = Graph("x", {"z": ("y", g), "y": ("x", f)}, "z")
    z = graph.forward(x)
    dx = graph.backward(np.ones_like(z))
    assert np.allclose(z, -0.7 * np.sin(1.5 * np.sin(x)), rtol=1e-15)
    assert np.allclose(dx, g.slope(1.5 * np.sin(x)) * f.slope(x), rtol=1e-14)
    assert np.allclose(dx[:, 0], numerical(graph, [x])[0], rtol=1e-7)
    assert graph.paths() == (1, 2)


def test_graph_2_is_the_sum_over_its_branches():
    """z = sum_i g_i(f_i(x)), so dz/dx = sum_i g_i'(f_i(x)) f_i'(x)."""
    fs, gs, x = [Scale(a) for a in (0.5, 1, 2)], [Scale(a) for a in (3, -1, 0.3)], RNG.normal(size=(4, 1))
    nodes = {f"y{i}": ("x", f) for i, f in enumerate(fs)} | {f"g{i}": (f"y{i}", g) for i, g in enumerate(gs)}
    graph = Graph("x", {**nodes, "z": (["g0", "g1", "g2"], Add())}, "z")
    graph.forward(x)
    dx = graph.backward(np.ones((4, 1)))
    explicit = sum(g.slope(f.a * np.sin(x)) * f.slope(x) for f, g in zip(fs, gs, strict=True))
    assert np.allclose(dx, explicit, rtol=1e-13)
    assert np.allclose(dx[:, 0], numerical(graph, [x])[0], rtol=1e-7)
    assert graph.paths() == (3, 9)


def test_graph_3_is_the_sum_over_all_paths():
    """z = sum_i g_i(y_i) with y_i = sum_j f_ji(x_j), so dz/dx_j = sum_i g_i'(y_i) f_ji'(x_j)."""
    inputs, outer = range(4), range(3)
    f = {(j, i): Scale(RNG.normal()) for j in inputs for i in outer}
    g = [Scale(RNG.normal()) for i in outer]
    nodes = {f"f{j}{i}": (f"x{j}", layer) for (j, i), layer in f.items()}
    nodes |= {f"y{i}": ([f"f{j}{i}" for j in inputs], Add()) for i in outer}
    nodes |= {f"g{i}": (f"y{i}", g[i]) for i in outer}
    graph = Graph([f"x{j}" for j in inputs], {**nodes, "z": ([f"g{i}" for i in outer], Add())}, "z")
    x = tuple(RNG.normal(size=(4, 5, 1)))
    graph.forward(x)
    dx = graph.backward(np.ones((5, 1)))
    y = [sum(f[j, i].a * np.sin(x[j]) for j in inputs) for i in outer]
    for j in inputs:
        assert np.allclose(dx[j], sum(g[i].slope(y[i]) * f[j, i].slope(x[j]) for i in outer), rtol=1e-12)
    assert np.allclose(np.stack(dx)[..., 0], numerical(graph, x), rtol=1e-6)
    assert graph.paths() == (12, 12 + 12 + 3 + 3)


def test_any_graph_equals_the_sum_over_its_enumerated_paths():
    """Random graphs of scalar nodes: backward beside the product of local slopes, path by path."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        nodes, names = {}, ["x"]
        for i in range(7):
            taken = [str(name) for name in rng.choice(names, size=rng.integers(1, 4))]
            nodes[f"s{i}"] = (taken if len(taken) > 1 else taken[0], Add() if len(taken) > 1 else Identity())
            nodes[f"n{i}"] = (f"s{i}", Scale(rng.normal()))
            names.append(f"n{i}")
        nodes["end"] = (names, Add())
        graph = Graph("x", nodes, "end")
        x = rng.normal(size=(3, 1))
        graph.forward(x)
        paths = list(paths_to(graph, "end"))
        slopes = {name: node[1].slope(node[1].x) for name, node in nodes.items() if isinstance(node[1], Scale)}
        explicit = sum(np.prod([slopes.get(name, 1) + 0 * x for name in path], axis=0) for path in paths)
        assert np.allclose(graph.backward(np.ones((3, 1))), explicit, rtol=1e-12)
        assert graph.paths() == (len(paths), sum(len(sources) for sources in graph.sources.values()))


def paths_to(graph, name):
    """Every path from the input to a node, as a list of nodes."""
    if name == "x":
        yield []
    for source in graph.sources.get(name, ()):
        for path in paths_to(graph, source):
            yield [*path, name]


def test_a_billion_paths_take_one_visit_a_node():
    class Counted(Scale):
        visits = 0

        def backward(self, g):
            self.visits += 1
            return g * self.slope(self.x)

    nodes, last = {}, "x"
    for i in range(30):  # diamonds, one after the other
        nodes |= {f"a{i}": (last, Counted(0.5)), f"b{i}": (last, Counted(0.6)), f"c{i}": ([f"a{i}", f"b{i}"], Add())}
        last = f"c{i}"
    graph = Graph("x", nodes, last)
    graph.backward(graph.forward(np.ones((2, 1))))
    assert graph.paths() == (2**30, 120)
    assert {node[1].visits for node in nodes.values() if isinstance(node[1], Counted)} == {1}


def test_the_paths_of_an_mlp_of_single_units():
    """Every unit a node, as on the slides: 5-3-2 has 5 * 3 * 2 paths and 5 * 3 + 3 * 2 edges, all into Concat."""
    inputs = [f"x{i}" for i in range(5)]
    nodes = {f"h{i}": (inputs, Concat()) for i in range(3)}
    nodes |= {f"y{i}": ([f"h{j}" for j in range(3)], Concat()) for i in range(2)}
    assert Graph(inputs, nodes, ["y0", "y1"]).paths() == (30, 21)


def test_outputs_may_be_used_within_and_given_twice():
    graph = Graph("x", {"a": ("x", Scale(2.0)), "b": ("a", Scale(0.5))}, ["b", "a", "a"])
    x = RNG.normal(size=(3, 1))
    b, a, again = graph.forward(x)
    assert np.array_equal(a, again) and a is not None and np.array_equal(b, 0.5 * np.sin(a))
    dx = graph.backward((np.ones((3, 1)), np.ones((3, 1)), np.ones((3, 1))))
    assert np.allclose(dx, (0.5 * np.cos(a) + 2) * 2 * np.cos(x))
    assert graph.paths() == (3, 2)  # an output given twice is reached twice


def test_a_node_of_several_values_may_fan_out():
    pair = Graph("x", {"a": ("x", Scale(2.0)), "b": ("x", Scale(0.5))}, ["a", "b"])
    nodes = {"p": ("x", pair), "s": ("p", Add()), "m": ("p", Multiply()), "y": (["s", "m"], Add())}
    graph, x = Graph("x", nodes, "y"), RNG.normal(size=(3, 1))
    graph.forward(x)
    a, b, da, db = 2 * np.sin(x), 0.5 * np.sin(x), 2 * np.cos(x), 0.5 * np.cos(x)
    assert np.allclose(graph.backward(np.ones((3, 1))), da + db + da * b + a * db)
    with pytest.raises(
        ValueError, match=r"output 'p' is several values, \(N, 1\) and \(N, 1\), and not the only output"
    ):
        Graph("x", nodes, ["p", "y"]).build((1,))


def test_layers_by_name_and_by_place():
    nodes = {"b": ("a", Tanh()), "a": ("x", Dense(3))}
    graph = Graph("x", nodes, "b")
    assert graph["a"] is graph[0] is nodes["a"][1] and graph["b"] is graph[-1] and len(graph) == 2


def test_parameters_have_the_nodes_names():
    graph = Graph("x", {"left": ("x", Dense(2)), "right": ("x", Sequential(Dense(2)))}, ["left", "right"])
    graph.build((3,))
    assert list(graph.params) == ["left.W", "left.b", "right.0.W", "right.0.b"]
    assert graph.theta.size == 16


def test_without_input_gradient_only_what_leads_to_training_is_visited():
    class Visited(Tanh):
        seen = False

        def backward(self, g):
            self.seen = True
            return super().backward(g)

    asked = []

    class Asked(Dense):
        def backward(self, g, input_gradient=True):
            asked.append(input_gradient)
            return super().backward(g, input_gradient)

    front, side = Visited(), Visited()
    nodes = {"f": ("x", front), "d": ("f", Dense(3)), "s": ("d", side), "e": ("f", Asked(3)), "y": (["s", "e"], Add())}
    graph = Graph("x", nodes, "y")
    g = graph.forward(np.ones((2, 4)))
    assert graph.backward(g, input_gradient=False) is None
    assert not front.seen and side.seen
    graph.update()
    reference = graph.gradient.copy()
    graph.forward(np.ones((2, 4)))
    graph.backward(g)
    graph.update()
    assert front.seen and np.array_equal(graph.gradient, reference)
    nodes["d"][1].frozen, side.seen = True, False
    graph.backward(g, input_gradient=False)
    graph.update()
    assert not side.seen and not graph.gradient[:15].any() and graph.gradient[15:].any()
    assert asked == [False, True, False]  # of "e", which nothing that trains leads to
    graph.frozen = True
    graph.forward(np.ones((2, 4)))
    graph.backward(g, input_gradient=False)
    graph.update()
    assert not graph.gradient.any()


def test_a_node_that_is_no_layer():
    with pytest.raises(TypeError, match=r"node a is the class Tanh: write Tanh\(...\)"):
        Graph("x", {"a": ("x", Tanh)}, "a")
    with pytest.raises(TypeError, match="node a is a str, expected a layer"):
        Graph("x", {"a": ("x", "Tanh")}, "a")


def test_shapes_that_do_not_go_together_name_the_node():
    graph = Graph("x", {"a": ("x", Dense(3)), "sum": (["x", "a"], Add())}, "sum")
    with pytest.raises(ValueError, match=r"node sum Add expected inputs of one shape, got \(N, 5\) and \(N, 3\)"):
        graph.build((5,))
    inner = Sequential(ReLU(), Graph("x", {"a": ("x", Dense(3)), "sum": (["x", "a"], Add())}, "sum"))
    with pytest.raises(ValueError, match=r"layer 1 Graph: node sum Add expected inputs of one shape"):
        inner.forward(np.ones((2, 5)))


def test_inputs_that_are_missing_or_too_many():
    graph = Graph(["x", "z"], {"a": (["x", "z"], Add())}, "a")
    with pytest.raises(ValueError, match=r"Graph expected 2 inputs \(x, z\), got \(N, 3\) and \(N, 3\) and \(N, 3\)"):
        graph.build([(3,)] * 3)
    with pytest.raises(TypeError, match="Graph.forward takes a tuple of arrays, got one"):
        graph.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"Graph takes several inputs, a tuple, got \(N, 3\)"):
        graph.build((3,))
    with pytest.raises(ValueError, match=r"Dense takes one input, got \(N, 3\) and \(N, 3\)"):
        Dense(2).build([(3,), (3,)])
    with pytest.raises(ValueError, match="expected as many examples in each input, got 2 and 3"):
        graph.forward((np.ones((2, 3)), np.ones((3, 3))))
    with pytest.raises(TypeError, match="expected one dtype, got float32 and float64"):
        graph.forward((np.ones((2, 3), np.float32), np.ones((2, 3))))
    with pytest.raises(TypeError, match="Dense.forward takes one array, got a tuple of 2"):
        Dense(2).forward((np.ones((2, 3)), np.ones((2, 3))))
    assert graph.forward([np.ones((2, 3)), np.ones((2, 3))]).tolist() == [[2] * 3] * 2


def test_gradients_of_several_outputs_are_a_tuple():
    graph = Graph("x", {"a": ("x", Sigmoid()), "b": ("x", Tanh())}, ["a", "b"])
    graph.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected a tuple of 2 gradients, got ndarray"):
        graph.backward(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected a tuple of 2 gradients, got 1"):
        graph.backward((np.ones((2, 3)),))
    with pytest.raises(ValueError, match=r"expected g of shape \(2, 3\), as forward returned, got \(2, 2\)"):
        graph.backward((np.ones((2, 3)), np.ones((2, 2))))
