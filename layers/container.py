"""Container: what the layers made of layers have in common."""

import numpy as np

from .layer import Layer
from .parameters import Parameters


class Container(Layer):
    """A layer made of layers, whose parameters lie one after the other in its theta.

    params, grads and state hold the arrays of all layers within under dotted names: "2.W" is W of layer 2. Setting
    `frozen` sets it for all layers within; a container is frozen when every one of them is. A layer that was built
    before it joined keeps its parameters.

    Raises TypeError for something that is not a layer, ValueError for a layer that stands in two places, RuntimeError
    for a layer whose parameters belong to another model.
    """

    def adopt(self, layers):
        """The layers as a tuple, each checked."""
        for place, layer in enumerate(layers):
            if isinstance(layer, type) and issubclass(layer, Layer):
                raise TypeError(f"layer {place} is the class {layer.__name__}: write {layer.__name__}(...)")
            if not isinstance(layer, Layer):
                raise TypeError(f"layer {place} is a {type(layer).__name__}, expected a layer (an instance of Layer)")
        self.children = tuple(layers)
        walked = [layer for child in layers for layer in child.walk()]
        if len(set(map(id, walked))) < len(walked):
            twice = next(layer for place, layer in enumerate(walked) if any(layer is other for other in walked[:place]))
            raise ValueError(f"{twice.label} stands in two places of the model: each place needs a layer of its own")
        return self.children

    def build_child(self, place, input_shape, rng, dtype):
        """Builds one layer, unless it came built; returns its output shape. Errors name its place."""
        layer = self.children[place]
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

    def located(self, error, place):
        """The error with the place of the layer that raised it: "layer 2 Dense.forward: ..."."""
        layer = self.children[place]
        if isinstance(error, (MemoryError, OSError)):
            return error
        if type(error).__str__ is not BaseException.__str__ or not isinstance(next(iter(error.args), None), str):
            return RuntimeError(f"layer {place} {layer.label}: {type(error).__name__}: {error}")
        text = error.args[0]
        head = f"layer {place} " if text.startswith(type(layer).__name__) else f"layer {place} {layer.label}: "
        error.args = (head + text, *error.args[1:])
        return error

    @property
    def frozen(self):
        return len(self.children) > 0 and all(layer.frozen for layer in self.children)

    @frozen.setter
    def frozen(self, value):
        for layer in self.children:
            layer.frozen = value

    def _gather(self, dtype):
        if self._theta is None:
            for place, layer in enumerate(self.children):
                if layer.theta.size and layer.theta.base is not None:
                    raise RuntimeError(
                        f"layer {place} {layer.label} belongs to another model, which would lose it: use copy.deepcopy"
                    )
            size = sum(layer.theta.size for layer in self.children)
            self._bind(np.empty(size, dtype), np.empty(size, dtype))

    def _bind(self, theta, gradient):
        self._params, self._grads, self._state = Parameters(), Parameters(), Parameters()
        start = 0
        for place, layer in enumerate(self.children):
            stop = start + layer.theta.size
            layer._bind(theta[start:stop], gradient[start:stop])
            start = stop
            for mine, its in ((self.params, layer.params), (self.grads, layer.grads), (self.state, layer.state)):
                for name, array in its.items():
                    mine.rebind(f"{place}.{name}", array)
        self._theta, self._gradient = theta, gradient
        self.params.fixed = self.grads.fixed = self.state.fixed = True

    def _segments(self, start, lr_factor):
        for layer in self.children:
            yield from layer._segments(start, lr_factor * self.lr_factor)
            start += 0 if layer.theta is None else layer.theta.size
