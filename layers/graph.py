"""Graph: layers wired to each other in any way that has no cycle."""

import numpy as np

from .container import Container
from .guards import batch
from .wiring import check_wiring, in_order, name_list


class Graph(Container):
    """A directed acyclic graph of layers: each node applies its layer to the values that it takes from elsewhere.

        Graph(inputs=["x"], nodes={"a": ("x", Dense(8)), "y": (["x", "a"], Concat())}, outputs=["y"])

    A node is (from, layer), with from the name of an input or node, or a list of names, whose values the layer then
    gets as a tuple. The order in which nodes are given does not matter.

    Shapes: one input is an array, several a tuple of arrays in the order of `inputs`; outputs likewise.

    backward: dynamic programming. Nodes are visited once each, in reverse topological order; where a value fans out,
    the gradients that come back along its edges are added, before they go on. So one product an edge does for all the
    paths, of which there may be exponentially many: see `paths`.
    update: every layer's own; a layer in several places gets the sum over them.

    Args:
        inputs, outputs: a name, or a list of names. nodes: a dict from a name to (from, layer).

    Raises ValueError for a cycle, a name that is unknown, taken twice or never used, and for shapes that do not go
    together, with the node's name.

    Source: slides "Computational graph: Ex. 1" to "Ex. 3" and "Backpropagation" (Graph traversal problem, Dynamic
    programming).
    """

    place_word = "node"

    def __init__(self, inputs, nodes, outputs):
        self.inputs, self.outputs = name_list("inputs", inputs), name_list("outputs", outputs)
        if not isinstance(nodes, dict):
            raise ValueError(f"Graph: nodes expected a dict from names to (from, layer), got {nodes!r}")
        self.nodes = dict(nodes)
        self.sources = check_wiring(self.inputs, self.nodes, self.outputs)
        order = in_order(self.inputs, self.sources, self.outputs)
        self.adopt([self.nodes[name][1] for name in order], places=order)

    def __getitem__(self, place):
        """The layer of a node, by its name or by its place in topological order."""
        return super().__getitem__(self.places.index(place) if place in self.places else place)

    @property
    def several_inputs(self):
        return len(self.inputs) > 1

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = self._flow(input_shape, lambda place, shape: self.build_child(place, shape, rng, dtype))
        for name, shape in zip(self.outputs, one_or_more(output_shape, self.outputs), strict=True):
            if len(self.outputs) > 1 and shape and isinstance(shape[0], tuple):
                raise ValueError(f"Graph: output {name!r} is several values, {batch(shape)}, and not the only output")
        return output_shape

    def output_shape(self, input_shape):
        return self._flow(input_shape, lambda place, shape: self.call(place, "output_shape", shape))

    def forward(self, x):
        return self._flow(x, lambda place, x: self.call(place, "forward", x))

    def backward(self, g, input_gradient=True):
        wanted = self._wanted(input_gradient)
        gradients = {}  # dl/dvalue, summed over the edges by which it has come back so far
        for name, part in zip(self.outputs, one_or_more(g, self.outputs), strict=True):
            add(gradients, name, part)
        for place in reversed(range(len(self.children))):
            name, sources = self.places[place], self.sources[self.places[place]]
            if name in wanted:
                dx = self.call(place, "backward", gradients.pop(name), not wanted.isdisjoint(sources))
                if not wanted.isdisjoint(sources):
                    for source, part in zip(sources, one_or_more(dx, sources), strict=True):
                        add(gradients, source, part)
        if not input_gradient:
            return None
        dx = tuple(gradients[name] for name in self.inputs)
        return dx if self.several_inputs else dx[0]

    def paths(self):
        """(how many paths lead from an input to an output, how many edges the graph has).

        An edge is a value that a node takes; a node counts as one step, whatever its layer holds. The paths are counted
        as gradients are calculated, by dynamic programming: paths to a node = sum of the paths to what it takes.
        """
        count = dict.fromkeys(self.inputs, 1)
        for name in self.places:
            count[name] = sum(count[source] for source in self.sources[name])
        return sum(count[name] for name in self.outputs), sum(map(len, self.sources.values()))

    def _flow(self, x, step):
        """Carries something from the inputs to the outputs; a node holds step(place, what its sources hold)."""
        if self.several_inputs and len(x) != len(self.inputs):
            got = f"{len(x)}" if not isinstance(x[0], tuple) else batch(x)
            raise ValueError(f"{self.label} expected {len(self.inputs)} inputs ({', '.join(self.inputs)}), got {got}")
        held = dict(zip(self.inputs, one_or_more(x, self.inputs), strict=True))
        for place, name in enumerate(self.places):
            sources = self.sources[name]
            taken = tuple(held[source] for source in sources)
            held[name] = step(place, taken if len(sources) > 1 else taken[0])
        return tuple(held[name] for name in self.outputs) if len(self.outputs) > 1 else held[self.outputs[0]]

    def _wanted(self, input_gradient):
        """The names whose gradient somebody needs: the inputs if asked for, and nodes that train or follow such."""
        wanted = set(self.inputs) if input_gradient else set()
        for name, layer in zip(self.places, self.children, strict=True):
            if layer.trains or not wanted.isdisjoint(self.sources[name]):
                wanted.add(name)
        return wanted


def one_or_more(values, names):
    """The values as a tuple, one for each name: an array stands for itself where there is one name."""
    return values if len(names) > 1 else (values,)


def add(gradients, name, part):
    """Adds to what has come back to a value so far, without writing into an array that a layer returned."""
    gradients[name] = total(gradients[name], part) if name in gradients else part


def total(a, b):
    """a + b; entry by entry for the several outputs of one node."""
    return tuple(map(total, a, b)) if isinstance(a, tuple) else a + b
