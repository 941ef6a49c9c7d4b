"""Places and routes: straight where they can be, apart where they must be."""

from itertools import pairwise

import numpy as np
import pytest

from layers import Add, Dense, Graph, Layer, ReLU, Residual, Sequential, Sigmoid, Tanh
from threestep.see.layout import GAP, Layout, settle
from threestep.see.wires import Wires


def layout_of(model, input_shape, room=0, pitch=18):
    """(wires, layout) with boxes of 80 by 60, ends of 50 by 30; room: of each landing and trunk."""
    model.build(input_shape)
    wires = Wires(model, input_shape)
    sizes = {node: (50, 30) if node.layer is None else (80, 60) for node in wires.nodes}
    trunks = {(node, i): room for node in wires.nodes for i, edges in enumerate(node.gives) if len(edges) > 1}
    return wires, Layout(wires, sizes, trunks, dict.fromkeys(wires.edges, room), pitch)


def heights(layout, edge):
    return {y for _, y in layout.routes[edge]}


def test_settle_moves_no_more_than_it_must():
    assert settle([0, 10, 20], [1, 1, 1], [5, 5]) == [0, 10, 20]
    assert settle([0, 0], [1, 1], [4]) == [-2, 2]
    assert settle([0, 0], [1, 3], [4]) == [-3, 1]
    assert settle([5, 0, 100], [1, 1, 1], [2, 2]) == [1.5, 3.5, 100]
    assert settle([], [], []) == []


def test_settle_beside_a_search():
    """No feasible point near the answer is better."""
    rng = np.random.default_rng(0)
    wished, weights, gaps = rng.normal(0, 5, 6), rng.uniform(0.5, 2, 6), rng.uniform(0, 4, 5)
    best = np.array(settle(wished, weights, gaps))
    assert (np.diff(best) >= gaps - 1e-12).all()
    for _ in range(300):
        other = best + rng.normal(0, 0.3, 6)
        if (np.diff(other) >= gaps).all():
            assert (weights * (other - wished) ** 2).sum() >= (weights * (best - wished) ** 2).sum()


@pytest.mark.parametrize("depth", [1, 30])
def test_a_chain_is_one_straight_line(depth):
    wires, layout = layout_of(Sequential(*[Dense(2) for _ in range(depth)]), (2,))
    assert len(set().union(*(heights(layout, edge) for edge in wires.edges))) == 1
    assert layout.width == 2 * 50 + depth * 80 + (depth + 1) * 30


def test_a_chain_with_edges_around_it_stays_straight():
    model = Sequential(Residual(Dense(4), ReLU(), Residual(Dense(4), Tanh())), Dense(4), Residual(Dense(4), Sigmoid()))
    wires, layout = layout_of(model, (4,))
    chain = [edge for edge in wires.edges if not layout.bends[edge]]
    assert len(set().union(*(heights(layout, edge) for edge in chain))) == 1
    for edge in wires.edges:
        if layout.bends[edge]:  # leaves on the chain, runs beside it at one height, and lands beside it
            assert len(heights(layout, edge)) == 3


def test_branches_stand_evenly_about_what_they_share():
    nodes = {"a": ("x", Tanh()), "b": ("x", Tanh()), "c": ("x", Tanh()), "y": (["a", "b", "c"], Add())}
    wires, layout = layout_of(Graph("x", nodes, "y"), (1,))
    x, a, b, c, y, end = (layout.y[node] for node in wires.nodes)
    assert x == b == y == end and b - a == c - b == 60 + GAP
    assert [layout.arrivals[edge] - y for edge in wires.nodes[4].takes] == [-18, 0, 18]


def test_an_edge_that_comes_straight_arrives_in_the_middle_where_there_is_room():
    nodes = {"a": ("x", Tanh()), "y": (["a", "x"], Add())}
    wires, layout = layout_of(Graph("x", nodes, "y"), (1,))
    assert [layout.arrivals[edge] - layout.y[edge.target] for edge in wires.nodes[2].takes] == [0, 18]
    nodes = {"a": ("x", Tanh()), "y": (["a", "x", "x", "x"], Add())}
    wires, layout = layout_of(Graph("x", nodes, "y"), (1,), pitch=14)
    arrivals = [layout.arrivals[edge] - layout.y[edge.target] for edge in wires.nodes[2].takes]
    assert arrivals == [-18, -4, 10, 24]  # within the box, which ends at 30
    wires, layout = layout_of(Graph("x", {"y": (["x", "x"], Add())}, "y"), (1,))
    assert [layout.arrivals[edge] - layout.y[edge.target] for edge in wires.nodes[1].takes] == [-9, 9]


def test_no_edge_bends_by_a_hair():
    nodes = {"a": ("x", Dense(3)), "b": (["a", "z"], Add()), "c": ("b", Dense(2)), "d": (["a", "a"], Add())}
    wires, layout = layout_of(Graph(["x", "z"], nodes, ["c", "d"]), [(2,), (3,)], pitch=26)
    for edge in wires.edges:
        (_, old), (_, new) = layout.routes[edge][-3:-1]
        assert old == new or abs(old - new) >= 4


def test_inputs_stand_in_the_middle_of_what_they_feed():
    nodes = {f"f{j}{i}": (f"x{j}", Tanh()) for j in range(3) for i in range(2)}
    wires, layout = layout_of(Graph(["x0", "x1", "x2"], nodes, list(nodes)), [(1,)] * 3)
    for node in wires.inputs:
        users = [layout.y[edge.target] for edge in node.gives[0]]
        assert layout.y[node] == sum(users) / 2 and users[1] - users[0] == 60 + GAP


def test_an_input_beside_a_chain_does_not_bend_it():
    nodes = {"a": ("x", Tanh()), "b": ("a", Tanh()), "c": ("b", Tanh()), "y": (["c", "z"], Add())}
    wires, layout = layout_of(Graph(["x", "z"], nodes, "y"), [(1,)] * 2)
    x, z, a, b, c, *_ = wires.nodes
    assert layout.y[x] == layout.y[a] == layout.y[b] == layout.y[c]
    assert layout.boxes[z][0] + 50 == layout.boxes[c][0] + 80  # on the right of its column, next to its user


def test_several_values_of_a_layer_leave_apart():
    class Halves(Layer):
        def output_shape(self, input_shape):
            return ((input_shape[-1] // 2,),) * 2

    wires, layout = layout_of(Sequential(Halves(), Add()), (4,))
    first, second = (layout.routes[edge][0] for edge in wires.nodes[2].takes)
    assert second[1] - first[1] == 18 and (first[1] + second[1]) / 2 == layout.y[wires.nodes[1]]


def test_a_value_splits_at_its_dot():
    wires, layout = layout_of(Graph("x", {"a": ("x", Tanh()), "y": (["a", "a", "x"], Add())}, "y"), (1,), room=40)
    assert list(layout.dots) == [(wires.nodes[0], 0), (wires.nodes[1], 0)]
    for (node, _), dot in layout.dots.items():
        left, top, width, height = layout.boxes[node]
        assert dot == (left + width + 40, top + height / 2)
        assert all(layout.routes[edge][0] == dot for edge in node.gives[0])


def test_where_edges_arrive_there_is_room_for_a_label():
    wires, layout = layout_of(Sequential(Residual(Dense(4), ReLU()), Dense(4)), (4,), room=70, pitch=30)
    for edge in wires.edges:
        (x, y), (end, height) = layout.routes[edge][-2:]
        assert end - x >= 70 and y == height and end == layout.boxes[edge.target][0]
    arrivals = sorted(layout.arrivals[edge] for edge in wires.nodes[3].takes)
    assert arrivals[1] - arrivals[0] == 30


def test_neighbours_in_a_column_keep_their_distance():
    nodes = {f"a{i}": ("x", Tanh()) for i in range(6)}
    nodes |= {"b": (["a0", "a5"], Add()), "y": (["b", *nodes, "x"], Add())}
    _, layout = layout_of(Graph("x", nodes, ["y", "x"]), (1,))
    for column in layout.columns:
        for upper, lower in pairwise(column):
            room = (layout.heights[upper] + layout.heights[lower]) / 2 + GAP
            assert layout.y[lower] - layout.y[upper] >= room - 1  # places are rounded
    assert min(y - layout.heights[item] / 2 for item, y in layout.y.items()) == 0
