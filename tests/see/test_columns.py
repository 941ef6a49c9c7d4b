"""Columns by the longest path, edges that skip some, and few crossings."""

from itertools import pairwise

import numpy as np

from layers import Add, Concat, Dense, Graph, ReLU, Residual, Sequential, Tanh
from threestep.see.columns import Bend, columns_of, neighbours, untangle
from threestep.see.wires import Wires


def wires_of(model, input_shape):
    model.build(input_shape)
    return Wires(model, input_shape)


def named(columns):
    return [["-" if isinstance(item, Bend) else item.place or item.title for item in column] for column in columns]


def crossings(columns, wires, bends):
    """How many pairs of edges cross, counted pair by pair."""
    before, _ = neighbours(wires, bends)
    total = 0
    for left, right in pairwise(columns):
        lines = [(left.index(start), right.index(item)) for item in right for start in before[item]]
        total += sum(a < c and b > d for a, b in lines for c, d in lines)
    return total


def test_an_edge_bends_in_each_column_that_it_skips():
    columns, bends = columns_of(wires_of(Sequential(Residual(Dense(4), ReLU(), Tanh())), (4,)))
    assert named(columns) == [["x"], ["0.0", "-"], ["0.1", "-"], ["0.2", "-"], ["0"], ["y"]]
    assert sorted(map(len, bends.values())) == [0, 0, 0, 0, 0, 3]


def test_inputs_stand_near_their_user_and_outputs_in_the_last_column():
    nodes = {"a": ("x", Dense(3)), "b": ("a", ReLU()), "c": ("b", Dense(3)), "d": (["c", "z"], Add())}
    columns, _ = columns_of(wires_of(Graph(["x", "z"], nodes, ["d", "a", "z"]), [(4,), (3,)]))
    assert named(columns) == [["x"], ["a"], ["b", "-"], ["z", "c", "-"], ["d", "-", "-"], ["d", "a", "z"]]


def test_a_branch_of_its_own_input_moves_along():
    nodes = {"a": ("x", Dense(3)), "b": ("a", ReLU()), "d": ("z", Dense(3)), "e": (["b", "d"], Add())}
    columns, _ = columns_of(wires_of(Graph(["x", "z"], nodes, "e"), [(4,), (5,)]))
    assert named(columns) == [["x"], ["z", "a"], ["b", "d"], ["e"], ["e"]]


def test_a_graph_that_can_be_drawn_without_crossings_is():
    names = [f"x{i}" for i in range(5)]
    order = [3, 0, 4, 1, 2]
    nodes = {f"a{i}": (f"x{i}", Tanh()) for i in order} | {f"b{i}": (f"a{i}", Tanh()) for i in order[::-1]}
    wires = wires_of(Graph(names, {**nodes, "y": ([f"b{i}" for i in range(5)], Concat())}, "y"), [(1,)] * 5)
    columns, bends = columns_of(wires)
    assert crossings(columns, wires, bends) > 0
    untangle(columns, *neighbours(wires, bends))
    assert crossings(columns, wires, bends) == 0


def test_graph_3_keeps_the_three_crossings_it_must_have():
    nodes = {f"f{j}{i}": (f"x{j}", Tanh()) for i in (1, 0) for j in (2, 0, 1)}
    nodes |= {f"y{i}": ([f"f{j}{i}" for j in range(3)], Add()) for i in (0, 1)}
    wires = wires_of(Graph([f"x{j}" for j in range(3)], nodes, ["y1", "y0"]), [(1,)] * 3)
    columns, bends = columns_of(wires)
    untangle(columns, *neighbours(wires, bends))
    assert crossings(columns, wires, bends) == 3


def layered(seed):
    """A graph of four layers of four nodes, each of which takes two values, mostly from the layer before."""
    rng, nodes = np.random.default_rng(seed), {}
    inputs = [f"x{i}" for i in range(4)]
    last, known = inputs, inputs
    for layer in range(4):
        names = [f"n{layer}{i}" for i in range(4)]
        for name in names:
            taken = rng.choice(last if rng.random() < 0.8 else known, 2, replace=False)
            nodes[name] = (list(map(str, taken)), Add())
        last, known = names, known + names
    used = {name for taken, _ in nodes.values() for name in taken}
    return Graph([name for name in inputs if name in used], nodes, [name for name in nodes if name not in used])


def test_few_crossings_are_left_in_a_dense_graph():
    """163 in the three at first; sweeps alone leave 52, swaps alone 75."""
    total = 0
    for seed in range(3):
        model = layered(seed)
        wires = wires_of(model, [(1,)] * len(model.inputs))
        columns, bends = columns_of(wires)
        untangle(columns, *neighbours(wires, bends))
        total += crossings(columns, wires, bends)
    assert total <= 47


def test_a_branch_of_a_shared_input_stays_beside_the_other():
    nodes = {"a": ("x", Dense(3)), "b": ("a", ReLU()), "c": ("x", Dense(3)), "y": (["b", "c"], Add())}
    columns, _ = columns_of(wires_of(Graph("x", nodes, "y"), (4,)))
    assert named(columns) == [["x"], ["a", "c"], ["b", "-"], ["y"], ["y"]]
