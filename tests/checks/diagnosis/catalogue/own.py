"""Layers that the library does not have: what is wrong shows in their own finite differences, and in the algebra."""
# ruff: noqa: F811 - several classes have one name

import numpy as np

from benchmarks.diagnosis.tables import bug, right
from layers import Layer


@right("of each entry")
class Square(Layer):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, g):
        return 2 * g * self.x


@bug(5, "factor-of-two", "the 2 of x^2 forgotten, a layer of the student's own")
class Square(Layer):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, g):
        return g * self.x


@bug(6, "sign-flipped", "a layer of the student's own, a plain class")
class Square:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, g):
        return -2 * self.x * g

    def update(self):
        pass


@bug(12, "g-ignored", "a layer of the student's own")
class Square(Layer):
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, g):
        return 2 * self.x


@bug(25, "writes-into-input", "x squared in place, a layer of the student's own")
class Square(Layer):
    def forward(self, x):
        self.x = x.copy()
        x *= x
        return x.copy()

    def backward(self, g):
        return 2 * g * self.x


@right("a factor for each feature")
class Scale(Layer):
    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["a"] = np.ones(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.x = x
        return self.params["a"] * x

    def backward(self, g):
        self.g = g
        return self.params["a"] * g

    def update(self):
        self.grads["a"] = (self.g * self.x).sum(axis=0)


@bug(3, "divided-by-n-twice", "da averaged, a layer of the student's own")
class Scale(Layer):
    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["a"] = np.ones(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.x = x
        return self.params["a"] * x

    def backward(self, g):
        self.g = g
        return self.params["a"] * g

    def update(self):
        self.grads["a"] = (self.g * self.x).mean(axis=0)


@bug(29, "accumulates", "da added to the one of before, a layer of the student's own")
class Scale(Layer):
    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["a"] = np.ones(input_shape[-1])
        self.grads["a"] = np.zeros(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.x = x
        return self.params["a"] * x

    def backward(self, g):
        self.g = g
        return self.params["a"] * g

    def update(self):
        self.grads["a"] += (self.g * self.x).sum(axis=0)


@bug(51, "update-takes-step", "a moved in update, a layer of the student's own")
class Scale(Layer):
    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["a"] = np.ones(input_shape[-1])
        return input_shape

    def forward(self, x):
        self.x = x
        return self.params["a"] * x

    def backward(self, g):
        self.g = g
        return self.params["a"] * g

    def update(self):
        self.grads["a"] = (self.g * self.x).sum(axis=0)
        self.params["a"] -= 0.1 * self.grads["a"]


@right("the slides' name for Dense", 3)
class Linear(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)


@bug(8, "bias-gradient-averaged", "under the slides' name", 3)
class Linear(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, input_shape[-1]))
        self.params["b"] = np.zeros(self.out_features)
        return (self.out_features,)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"].T + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"]

    def update(self):
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0) / len(self.g)
