"""The contract check goes red: each broken layer fails the clause that it breaks."""

import numpy as np
import pytest

from layers import Add, Dense, Flatten, Identity, Layer, Multiply, ReLU, Sequential, Sigmoid
from threestep.checks import check_contract, check_gradients
from threestep.checks.contract import CLAUSES

X = np.random.default_rng(0).normal(size=(5, 7)) + 3


class WritesX(Layer):
    def forward(self, x):
        x *= 2
        return x.copy()

    def backward(self, g):
        return 2 * g


class WritesG(ReLU):
    def backward(self, g):
        g *= self.y > 0
        return g


class Accumulates(Dense):
    def update(self):
        self.grads["W"] += self.g.T @ self.x
        self.grads["b"] += self.g.sum(axis=0)


class Steps(Dense):
    def update(self):
        super().update()
        self.params["W"] -= 0.1 * self.grads["W"]


class UpdatesInBackward(Dense):
    def backward(self, g):
        self.g = g
        self.update_now()
        return g @ self.params["W"]

    def update_now(self):
        self.grads["W"] = self.g.T @ self.x


class OneBuffer(Sigmoid):
    def forward(self, x):
        y = super().forward(x)
        if getattr(self, "buffer", np.empty(0)).shape != y.shape:
            self.buffer = np.empty_like(y)
        self.buffer[...] = y
        return self.buffer


class StaleInput(Dense):
    def forward(self, x):
        if not hasattr(self, "first"):
            self.first = x
        y = super().forward(x)
        self.x = self.first
        return y


class FrozenBatch(Dense):
    def update(self):
        self.rows = getattr(self, "rows", len(self.g))
        super().update()
        self.grads["b"] = np.ones(self.rows) @ self.g


class IgnoresG(Sigmoid):
    def backward(self, g):
        return self.y * (1 - self.y)


class Promotes(Sigmoid):
    def forward(self, x):
        return super().forward(x).astype(np.float64)


class Rebinds(Dense):
    def update(self):
        self.grads.rebind("W", self.g.T @ self.x)
        self.grads.rebind("b", self.g.sum(axis=0))


class OwnWeights(Dense):
    def build(self, input_shape, rng=0, dtype=np.float32):
        shape = super().build(input_shape, rng, dtype)
        self.params["W"] = np.random.default_rng().normal(size=self.params["W"].shape)
        return shape


class GlobalGenerator(Dense):
    def build(self, input_shape, rng=0, dtype=np.float32):
        shape = super().build(input_shape, rng, dtype)
        np.random.random()  # noqa: NPY002
        return shape


class WrongShape(Dense):
    def output_shape(self, input_shape):
        return (*super().output_shape(input_shape)[:-1], 99)


class AliasesWeights(Identity):
    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["b"] = np.ones((5, *input_shape))
        return input_shape

    def forward(self, x):
        self.n = len(x)
        return self.params["b"][: len(x)]

    def backward(self, g):
        return 0 * g


class SilentOnShapes(Dense):
    def output_shape(self, input_shape):
        return (*input_shape[:-1], self.out_features)


class LongRepr(ReLU):
    def __repr__(self):
        return "LongRepr(limit=6)"


class FastPathForgets(Dense):
    def backward(self, g, input_gradient=True):
        if input_gradient:
            self.g = g
            return g @ self.params["W"]
        self.g = 0 * g


class OwnCopy(Dense):
    """Reads a copy of W that it made when it was built."""

    def build(self, input_shape, rng=0, dtype=np.float32):
        shape = super().build(input_shape, rng, dtype)
        self.W = self.params["W"].copy()
        return shape

    def forward(self, x):
        self.x = x
        return x @ self.W.T

    def backward(self, g):
        self.g = g
        return g @ self.W


class WrongInEval(Sigmoid):
    def backward(self, g):
        return super().backward(g) * (1 if self.training else 2)


class FirstBatchScale(Dense):
    """Averages over the first batch's size for ever."""

    n = None

    def update(self):
        self.n = self.n or len(self.x)
        super().update()
        self.gradient[:] *= len(self.x) / self.n


class FirstWeights(Dense):
    """Sends gradients back through the weights of the first forward."""

    first = None

    def forward(self, x):
        self.first = self.params["W"].copy() if self.first is None else self.first
        return super().forward(x)

    def backward(self, g, input_gradient=True):
        super().backward(g, input_gradient)
        return g @ self.first


class FirstSlope(Layer):
    """x squared, with the slope of the first x as long as the shape stays."""

    first = None

    def forward(self, x):
        self.first = x if self.first is None or self.first.shape != x.shape else self.first
        return x * x

    def backward(self, g):
        return 2 * g * self.first


class GivesView(Layer):
    """Hands out a view of a part of x."""

    def output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] - 1)

    def forward(self, x):
        self.shape = x.shape
        return x[..., 1:]

    def backward(self, g):
        dx = np.zeros(self.shape, g.dtype)
        dx[..., 1:] = g
        return dx


class LiesAboutShape(Dense):
    """Says that it takes more columns, and returns another shape for them."""

    def output_shape(self, input_shape):
        return (*input_shape[:-1], self.out_features + (input_shape[-1] > 7))

    def forward(self, x):
        return super().forward(x[..., : self.params["W"].shape[1]])

    def backward(self, g, input_gradient=True):
        return super().backward(g, input_gradient)


class Swaps(Add):
    """Several inputs whose gradients are swapped: right in every shape."""

    def forward(self, x):
        self.n = 2
        return x[0] + 2 * x[1]

    def backward(self, g):
        return 2 * g, g


class Unpicklable(ReLU):
    def forward(self, x):
        self.rule = lambda: None
        return super().forward(x)


class ReadsMemory(ReLU):
    """Takes the entries of g in the order in which they lie in memory."""

    def backward(self, g):
        return super().backward(g.ravel(order="K").reshape(g.shape))


MUTANTS = [
    (ReadsMemory(), "laid out in memory in any way"),
    (Unpicklable(), "deepcopy and pickle"),
    (FirstBatchScale(3), "batch size may change"),
    (FirstWeights(3), "read the parameters from theta"),
    (FirstSlope(), "follow the last forward"),
    (GivesView(), "shares memory with nothing"),
    (LiesAboutShape(3), "x of another shape"),
    (OwnCopy(3), "read the parameters from theta"),
    (WrongInEval(), "in eval mode too"),
    (WritesX(), "forward writes neither"),
    (WritesG(), "writes into neither g"),
    (Accumulates(3), "update assigns"),
    (Steps(3), "update leaves params alone"),
    (UpdatesInBackward(3), "writes into neither g, x, params nor grads"),
    (OneBuffer(), "leave alone what the first returned"),
    (StaleInput(3), "follow the last forward"),
    (FrozenBatch(3), "batch size may change"),
    (IgnoresG(), "linear in g"),
    (Promotes(), "float32 stays float32"),
    (Rebinds(3), "theta and gradient are contiguous"),
    (OwnWeights(3), "a seed fixes everything"),
    (GlobalGenerator(3), "nothing global is drawn from"),
    (WrongShape(3), "build returns the output's shape"),
    (AliasesWeights(), "shares memory with nothing"),
    (SilentOnShapes(3), "x of another shape"),
    (LongRepr(), "repr reads like"),
    (FastPathForgets(3), "input_gradient=False"),
]


@pytest.mark.parametrize(("mutant", "sentence"), MUTANTS, ids=[type(mutant).__name__ for mutant, _ in MUTANTS])
def test_a_broken_layer_fails_its_clause(mutant, sentence):
    report = check_contract(mutant, X)
    assert not report
    assert any(sentence in row.what for row in report.failures), report


def test_a_right_layer_passes_every_clause():
    report = check_contract(Dense(3), X)
    assert report and len(report.rows) == len(CLAUSES)


class Plain:
    """The three steps without the base class, as a student might write them."""

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1) * 2

    def backward(self, g):
        return 2 * g.reshape(self.shape)

    def update(self):
        pass


def test_a_class_that_is_no_layer_is_checked_in_what_concerns_it():
    report = check_contract(Plain(), X)
    assert report and len(report.rows) == sum(not layers_only for *_, layers_only in CLAUSES)


def test_few_examples_and_classes_are_refused():
    with pytest.raises(ValueError, match="x expected at least 5 examples, got 1"):
        check_contract(Dense(3), X[:1])
    with pytest.raises(TypeError, match="got the class Dense"):
        check_contract(Dense, X)


def test_settings_of_the_instance_are_no_finding():
    layer = Dense(3)
    layer.frozen, layer.lr_factor = True, 0.1
    assert check_contract(layer, X)


def test_a_layer_that_raises_is_a_finding():
    class Raises(Flatten):
        def backward(self, g):
            raise IndexError("too far")

    report = check_contract(Raises(), X)
    assert any(row.seen == "IndexError: too far" for row in report.failures)


def test_layers_with_several_inputs():
    pair = (X, X[::-1] + 0.5)
    assert check_contract(Add(), pair) and check_contract(Multiply(), pair)
    swapped = check_gradients(Swaps(), pair)
    assert [row.what for row in swapped.failures] == ["dx[0]", "dx[1]"]
    assert [row.what for row in check_contract(Swaps(), pair).failures] == [
        "in eval mode too, backward is the gradient of forward"
    ]


def test_a_layer_that_came_built_in_float32_is_no_finding():
    layer = Dense(3)
    layer.build(X.shape[1:])
    assert check_contract(layer, X) and check_gradients(layer, X)


def test_a_further_use_of_a_layer_is_checked_as_that_layer():
    layer = Dense(X.shape[1])
    model = Sequential(layer, layer)
    model.build(X.shape[1:])
    assert check_contract(model[1], X) and check_gradients(model[1], X)


def test_state_alone_decides_on_the_shape_too():
    class Centre(Layer):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.state["mean"] = np.full(input_shape, 0.5)
            return input_shape

        def forward(self, x):
            return x - self.state["mean"].astype(x.dtype)

        def backward(self, g):
            return g

    assert check_contract(Centre(), X)
    layer = Centre()
    layer.build((4,))
    with pytest.raises(ValueError, match=r"Centre expected x of shape \(N, 4\), got \(2, 1\)"):
        layer.forward(np.ones((2, 1)))
