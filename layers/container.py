"""Container: what the layers made of layers have in common."""

import numpy as np

from .layer import Layer
from .parameters import Parameters
from .sharing import pair, twin


class Container(Layer):
    """A layer made of layers, whose parameters lie one after the other in its theta.

    params, grads and state hold the arrays of all layers within under dotted names: "2.W" is W of layer 2. Setting
    `frozen` sets it for all layers within; a container is frozen when every one of them is. A layer that was built
    before it joined keeps its parameters. A layer that stands in several places has one set of parameters: its further
    places become twins when the model is built (see sharing.py), their gradients are added to its own, and theta holds
    it once. Settings such as Dropout's p are from then on the twins' own; frozen and lr_factor are the layer's.

    `model[i]`, `len(model)` and `model.layers` give the layers, counted from 0 as in every message.

    A container of your own calls `adopt` in __init__, `build_child` in build, and the steps of its `children`; update
    is the same for all.

    Raises TypeError for something that is not a layer, RuntimeError for a layer whose parameters belong to another
    model, and what the layers raise, with their place in the message.
    """

    layers = property(lambda self: self.children)
    place_word = "layer"  # what messages call a place
    flops_per_entry = 0  # besides those of the layers within
    places = ()  # the children's names in dotted names and messages
    _twins = ()  # further uses of layers within, to be summed here

    def adopt(self, layers, places=None):
        """Makes the layers the children, each checked."""
        self.places = tuple(map(str, range(len(layers)))) if places is None else tuple(places)
        for place, layer in zip(self.places, layers, strict=True):
            if isinstance(layer, type) and issubclass(layer, Layer):
                raise TypeError(f"{self.place_word} {place} is the class {layer.__name__}: write {layer.__name__}(...)")
            if not isinstance(layer, Layer):
                what = f"{self.place_word} {place} is a {type(layer).__name__}, expected a layer (an instance of Layer)"
                raise TypeError(what + (": write Sequential(*layers)" if isinstance(layer, list) else ""))
        self.children = tuple(layers)
        inside = {id(layer) for layer in self.walk()}
        for layer in self.walk():
            if layer._owner is not None and id(layer._owned) not in inside:
                raise RuntimeError(f"{layer.label} uses the parameters of a layer of another model: give that layer")

    def build_child(self, place, input_shape, rng, dtype):
        """Builds one layer, unless it came built; returns its output shape. Errors name its place."""
        layer = self.children[place]
        known = [other for other in self.children[:place] if other.params and other.input_shape == input_shape]
        layer._sees_data = self._sees_data and (input_shape == self._asked or input_shape in self._asked) and not known
        try:
            if layer.built and not self.built:
                if layer.dtype is not None and layer.dtype != dtype:
                    raise ValueError(
                        f"{layer.label} is {layer.dtype} already, expected {dtype}: use astype, or build in it"
                    )
                return layer.output_shape(input_shape)
            return layer.build(input_shape, rng, dtype)
        except Exception as error:
            raise self.located(error, place) from error.__cause__

    def call(self, place, step, *arguments):
        """What a step of one layer returns. Errors name its place."""
        try:
            return getattr(self.children[place], step)(*arguments)
        except Exception as error:
            raise self.located(error, place) from error.__cause__

    def located(self, error, place):
        """The error with the place of the layer that raised it: "layer 2 Dense.forward: ..."."""
        layer, where = self.children[place], f"{self.place_word} {self.places[place]}"
        if isinstance(error, (MemoryError, OSError)):
            return error
        if type(error).__str__ is not BaseException.__str__ or not isinstance(next(iter(error.args), None), str):
            return RuntimeError(f"{where} {layer.label}: {type(error).__name__}: {error}")
        text = error.args[0]
        head = f"{where} " if text.startswith(type(layer).__name__) else f"{where} {layer.label}: "
        error.args = (head + text, *error.args[1:])
        return error

    def path_to(self, layer):
        """Where a layer stands, in words: "layer 2 Sequential: layer 0 Dense"."""
        place, child = next((p, c) for p, c in zip(self.places, self.children, strict=True) if layer in c.walk())
        inner = "" if child is layer else f": {child.path_to(layer)}"
        return f"{self.place_word} {place} {child.label}{inner}"

    def update(self):
        try:
            for place in range(len(self.children)):
                if self.children[place].trains:
                    self.children[place].update()
                else:
                    self.children[place].gradient.fill(0)
        except Exception as error:
            raise self.located(error, place) from error.__cause__
        for layer in self._twins:  # the total derivative: each use adds its share
            if not layer.frozen:
                total = layer._owned.gradient
                total += layer.gradient

    @property
    def frozen(self):
        return len(self.children) > 0 and all(layer.frozen for layer in self.children)

    @frozen.setter
    def frozen(self, value):
        for layer in self.children:
            layer.frozen = value

    @property
    def trains(self):
        return any(layer.trains for layer in self.children)

    def __getitem__(self, place):
        return self.layers[place]

    def __len__(self):
        return len(self.layers)

    def _find_shared(self):
        """Puts a twin in each further place of a layer, and pairs each layer that has a `share` with the one it names.

        Done when the outermost model is built, before the models within are, so that it sees every place and name.
        """
        seen = set()
        self.children = tuple(distinct(layer, seen) for layer in self.children)
        layers = list(self.walk())
        nodes = [layer for layer in layers if layer.children and layer.place_word == "node"]
        called = [(layer.name, layer) for layer in layers]
        called += [node for graph in nodes for node in zip(graph.places, graph.children, strict=True)]
        for layer in layers:
            if layer.share is not None and layer._owner is None:
                where = f"{self.path_to(layer)} shares {layer.share!r}"
                named = [other for name, other in called if name == layer.share and other is not layer]
                owners = {id(other._owned): other._owned for other in named}
                if len(owners) != 1:
                    there = ", ".join(sorted({name for name, _ in called if name})) or "none"
                    how = "several layers are called that" if owners else f"no layer is called that: there are {there}"
                    raise ValueError(f"{where}, but {how}")
                (owner,) = owners.values()
                if layers.index(owner) > layers.index(layer):
                    raise ValueError(f"{where}, which comes later: let that one share this one")
                pair(layer, owner, where)

    @property
    def _size(self):
        return sum(layer._size for layer in self.children)

    def _gather(self, dtype):
        if self._gradient is None:
            for place, layer in enumerate(self.children):
                moved = layer._owner is None and layer.theta.base is not None
                if moved and any(part.params for part in layer.walk()):
                    raise RuntimeError(
                        f"{self.place_word} {self.places[place]} {layer.label} belongs to another model, which would "
                        "lose it: use copy.deepcopy"
                    )
            self._bind(np.empty(self._size, dtype), np.empty(self._size, dtype))

    def _bind(self, theta, gradient):
        self._params, self._grads, self._state = Parameters(), Parameters(), Parameters()
        start = 0
        for place, layer in zip(self.places, self.children, strict=True):
            stop = start + layer._size
            layer._bind(theta[start:stop], gradient[start:stop])
            start = stop
            if layer._owner is None or self._owner is not None:
                for mine, its in ((self.params, layer.params), (self.grads, layer.grads), (self.state, layer.state)):
                    for name, array in its.items():
                        mine.rebind(f"{place}.{name}", array)
        self._theta, self._gradient = theta, gradient
        self.params.fixed = self.grads.fixed = self.state.fixed = True
        self._twins = self._twins_within()

    def _twins_within(self):
        """The twins whose owner is within too, less those that a container further in sums already."""
        layers = list(self.walk())
        inside = {id(layer) for layer in layers}
        summed = {id(use) for layer in layers if layer is not self and layer.children for use in layer._twins}
        uses = [layer for layer in layers if layer._owner is not None and not layer.children and layer.params]
        return [use for use in uses if id(use._owned) in inside and id(use) not in summed]

    def _segments(self, start, lr_factor, decay):
        for layer in self.children:
            yield from layer._segments(start, lr_factor * self.lr_factor, decay)
            start += layer._size


def distinct(layer, seen):
    """The layer, or a twin of it if it has been seen; layers within likewise."""
    if id(layer) in seen:
        return twin(layer)
    seen.add(id(layer))
    children = tuple(distinct(child, seen) for child in layer.children)
    if children != layer.children:
        if layer.built:
            raise RuntimeError(f"{layer.label} was built before it joined, and holds a layer that stands elsewhere too")
        layer.children = children
    return layer
