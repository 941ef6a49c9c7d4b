"""Sequential: layers one after the other."""

import numpy as np

from .container import Container


class Sequential(Container):
    """y = f_n(... f_2(f_1(x))), a model as a layer of layers.

    Shapes: what the first layer takes, (N, ...), to what the last one gives.

    backward: the chain rule, last layer first; each layer's dl/dx is the g of the one before it. With
    `input_gradient=False` it stops at the first layer that has something to train, and returns None.
    update: every layer's own; a layer in several places gets the sum over them.

    Raises what the layers raise, with the layer's place in the message.

    Source: slides "Backward" and "Update".
    """

    def __init__(self, *layers):
        self.adopt(layers)

    @property
    def several_inputs(self):
        return len(self) > 0 and self.layers[0].several_inputs

    def build(self, input_shape, rng=0, dtype=np.float32):
        for place in range(len(self)):
            input_shape = self.build_child(place, input_shape, rng, dtype)
        return input_shape

    def output_shape(self, input_shape):
        try:
            for place in range(len(self)):
                input_shape = self.layers[place].output_shape(input_shape)
        except Exception as error:
            raise self.located(error, place) from error.__cause__
        return input_shape

    def forward(self, x):
        try:
            for place in range(len(self)):
                x = self.layers[place].forward(x)
        except Exception as error:
            raise self.located(error, place) from error.__cause__
        return x

    def backward(self, g, input_gradient=True):
        first = 0 if input_gradient else self._first_trained()
        try:
            for place in range(len(self) - 1, first - 1, -1):
                g = self.layers[place].backward(g, input_gradient or place > first)
        except Exception as error:
            raise self.located(error, place) from error.__cause__
        return g

    def _first_trained(self):
        return next((place for place, layer in enumerate(self.layers) if layer.trains), len(self))
