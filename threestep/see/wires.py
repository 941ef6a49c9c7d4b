"""A model as the slides draw it: one node for each function, one edge for each value that a function takes."""

import numpy as np

from layers import Add, Graph, Residual, Sequential


class Node:
    """A layer without layers within, or an end of the graph: an input or an output.

    Attributes:
        layer: None for an end. title: the layer's class, "+" where a Residual adds, the name of an end.
        place: where the layer stands in the model, such as "2.a".
        shapes: one example's shape of each value that it gives. flops: of forward, for one example.
        takes: the edges that arrive, in the order of the layer's inputs. gives: for each value, the edges that leave.
    """

    def __init__(self, layer, title, place, shapes):
        self.layer, self.title, self.place, self.shapes = layer, title, place, shapes
        self.flops = 0 if layer is None else layer.flops
        self.takes, self.gives = [], [[] for _ in shapes]


class Edge:
    """A value on its way to one of its users, and the gradient that comes back on this way; both None until `run`."""

    value = gradient = None

    def __init__(self, source, number, target):
        self.source, self.number, self.target = source, number, target  # number: which of the source's values

    @property
    def shape(self):
        """One example's."""
        return self.source.shapes[self.number]


class Wires:
    """The nodes of a model, each after all that it takes, with the containers taken apart.

    Sequential is a chain, Residual a fan-out whose two ways meet in an Add, Graph and Parallel are their nodes; all
    nest. A layer in several places is a node in each. A container with a forward of its own is one node: only it knows
    how it is wired inside.

    Args:
        model: a built layer, which the picture may keep: a copy. input_shape: one example's, or a tuple of several.
    """

    def __init__(self, model, input_shape):
        self.nodes = []
        shapes = input_shape if model.several_inputs else (input_shape,)
        names = end_names(model, "inputs", "x", len(shapes))
        self.inputs = [self.node(None, name, "", [shape], []) for name, shape in zip(names, shapes, strict=True)]
        given = self.wire(model, "", [(node, 0) for node in self.inputs])
        names = end_names(model, "outputs", "y", len(given))
        self.outputs = [self.node(None, name, "", [], [value]) for name, value in zip(names, given, strict=True)]

    @property
    def edges(self):
        return [edge for node in self.nodes for edge in node.takes]

    def node(self, layer, title, place, shapes, taken):
        """A new node that takes these values; a value is (node, which of its values)."""
        node = Node(layer, title, place, shapes)
        for source, number in taken:
            edge = Edge(source, number, node)
            source.gives[number].append(edge)
            node.takes.append(edge)
        self.nodes.append(node)
        return node

    def wire(self, layer, place, taken):
        """The values that a layer gives for those taken, after adding its nodes. place: "", or its dotted path."""
        forward, prefix = type(layer).forward, f"{place}." if place else ""
        if forward is Graph.forward:
            held = dict(zip(layer.inputs, [[value] for value in taken], strict=True))
            for name, child in zip(layer.places, layer.children, strict=True):
                into = [value for source in layer.sources[name] for value in held[source]]
                held[name] = self.wire(child, prefix + name, into)
            return [value for name in layer.outputs for value in held[name]]
        if forward in (Sequential.forward, Residual.forward):
            given = taken
            for name, child in zip(layer.places, layer.children, strict=True):
                given = self.wire(child, prefix + name, given)
            return given if forward is Sequential.forward else self.leaf(Add(), "+", place, [*given, *taken])
        return self.leaf(layer, type(layer).__name__, place, taken)

    def leaf(self, layer, title, place, taken):
        """The values that a layer gives which is a node as a whole."""
        shapes = tuple(source.shapes[number] for source, number in taken)
        shape = shapes if layer.several_inputs else shapes[0]
        given = layer.output_shape(shape) if layer.built else layer.build(shape)
        layer.input_shape, layer._built_shape = shape, given  # what flops counts by: it may have been built for others
        node = self.node(layer, title, place, several(given), taken)
        return [(node, number) for number in range(len(node.shapes))]

    def run(self, x):
        """Fills the edges: values forward, node by node, then gradients backward, one visit a node.

        x: a list, one array for each input. The gradients are those of the sum of all outputs, and so begin with ones.
        Where a value fans out, those that have come back on its edges are added before they go on.
        """
        x = iter(x)
        for node in self.nodes:
            y = [next(x)] if node in self.inputs else []
            if node.layer is not None:
                taken = tuple(edge.value for edge in node.takes)
                y = several(node.layer.forward(taken if node.layer.several_inputs else taken[0]))
            for value, edges in zip(y, node.gives, strict=True):
                for edge in edges:
                    edge.value = value
        for node in self.outputs:
            node.takes[0].gradient = np.ones_like(node.takes[0].value)
        for node in reversed(self.nodes):
            if node.layer is not None:
                back = tuple(sum(edge.gradient for edge in edges) for edges in node.gives)
                dx = several(node.layer.backward(back if len(back) > 1 else back[0]))
                for edge, part in zip(node.takes, dx, strict=True):
                    edge.gradient = part

    def paths(self):
        """(how many paths lead from an input to an output, how many values the layers take): as Graph.paths counts."""
        count = dict.fromkeys(self.inputs, 1)
        for node in self.nodes[len(self.inputs) :]:
            count[node] = sum(count[edge.source] for edge in node.takes)
        return sum(count[node] for node in self.outputs), len(self.edges) - len(self.outputs)


def end_names(model, ends, letter, count):
    """The names of a model's inputs or outputs: a graph's own, otherwise x or x0, x1, ..., and y likewise."""
    if model.children and model.place_word == "node":
        names = getattr(model, ends)
        if len(names) == count:  # one output may be several values
            return names
    return [letter] if count == 1 else [f"{letter}{i}" for i in range(count)]


def several(values):
    """Arrays or shapes as a list, where one may stand for itself."""
    alone = isinstance(values, np.ndarray) or not values or not isinstance(values[0], (tuple, np.ndarray))
    return [values] if alone else list(values)
