"""Every way to wire a graph wrongly, and the order of its nodes."""

import pytest

from layers import Add, Dense, Graph, Multiply, Tanh


def test_the_order_of_the_nodes_does_not_matter():
    nodes = {"a": ("x", Dense(3)), "b": ("a", Tanh()), "c": (["a", "b"], Multiply())}
    one, other = Graph("x", nodes, "c"), Graph("x", dict(reversed(nodes.items())), "c")
    assert one.places == ("a", "b", "c") == other.places
    assert one.nodes == nodes and one.nodes is not nodes
    assert list(Graph("x", {"b": ("x", Tanh()), "a": ("b", Tanh())}, "a").places) == ["b", "a"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", {"a": ("b", Tanh()), "b": ("a", Tanh())}, "a"), "nodes in a cycle: (a -> b -> a|b -> a -> b)"),
        (("x", {"a": (["x", "a"], Add())}, "a"), "nodes in a cycle: a -> a"),
        (("x", {"a": ("z", Tanh())}, "a"), r"node 'a' takes 'z', which is no input or node: There are x, a"),
        (("x", {"left": ("x", Tanh())}, "lef"), "outputs name 'lef', which is no input or node: did you mean 'left'"),
        ((["x", "z"], {"a": ("x", Tanh())}, "a"), "input 'z' is taken by no node and is no output"),
        (("x", {"a": ("x", Tanh()), "b": ("x", Tanh())}, "a"), "node 'b' is taken by no node and is no output"),
        (("x", {"x": ("x", Tanh())}, "x"), "'x' is an input and a node"),
        ((["x", "x"], {"a": ("x", Tanh())}, "a"), "inputs names 'x' twice"),
        (("x", {"a.b": ("x", Tanh())}, "x"), "nodes expected names without dots, got 'a.b'"),
        (("x", {"a": Tanh()}, "a"), r"node 'a' expected \(from, layer\), got Tanh\(\)"),
        (("x", {"a": ("x", Tanh())}, []), r"outputs expected a name or a list of names, got \[\]"),
        (("x", {"a": ([], Add())}, "a"), r"node 'a': from expected a name or a list of names, got \[\]"),
        (([1], {"a": ("x", Tanh())}, "a"), "inputs expected names, got 1: put it in quotes"),
        (("x", {True: ("x", Tanh())}, "a"), "nodes expected names, got True: put it in quotes"),
        (("x", {"a": (1, Tanh())}, "a"), "node 'a': from expected a name or a list of names, got 1: put it in quotes"),
        (("x", {"a": (None, Tanh())}, "a"), "node 'a': from expected a name or a list of names, got None"),
        (("x", {"a": ({"x"}, Tanh())}, "a"), "node 'a': from expected a name or a list of names, got {'x'}"),
        (
            ("x", {"a": ("x, z", Tanh())}, "a"),
            "node 'a' takes 'x, z', which is no input or node: several names are a list. ",
        ),
        (("x", {"a": (Tanh(), "x")}, "a"), r"node 'a': from expected a name or a list of names, got Tanh\(\)"),
    ],
)
def test_wrong_wiring(arguments, message):
    with pytest.raises(ValueError, match=f"^Graph: {message}"):
        Graph(*arguments)
