"""One set of parameters in several places: the total derivative, and theta without anything twice."""

import copy
import pickle

import numpy as np
import pytest

from layers import Add, Dense, Dropout, Graph, Layer, Parallel, ReLU, Residual, Sequential, Sigmoid, Standardize, Tanh
from optim import SGD
from threestep.checks import check_gradients


def shared(layer):
    """A model in which the layer stands in three places, one of them in a nested model."""
    return Sequential(layer, Tanh(), Sequential(layer, Sigmoid()), layer)


CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (shared(Dense(5)), (6, 5)),
    (shared(Sequential(Dense(5), Tanh())), (6, 5)),
    (shared(shared(Dense(5))), (6, 5)),
]


X = np.random.default_rng(0).normal(size=(6, 4))


def steps(model, x=X, **options):
    y = model.forward(x)
    model.backward(np.cos(np.arange(y.size)).reshape(y.shape), **options)
    model.update()
    return y


def unshared(count):
    """The same model with a layer for each place."""
    layers = [Dense(4) for _ in range(count)]
    return Sequential(*(part for layer in layers for part in (layer, Tanh()))), layers


@pytest.mark.parametrize("options", [{}, {"input_gradient": False}])
def test_three_uses_get_the_sum_of_three_gradients(options):
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer, Tanh(), layer, Tanh())
    apart, layers = unshared(3)
    for each in (model, apart):
        each.build((4,), dtype=np.float64)
    for other in layers:
        other.theta = layer.theta
    assert model.theta.size == 20 and list(model.params) == ["0.W", "0.b"] == list(model.grads)
    assert np.array_equal(steps(model, **options), steps(apart, **options))
    total = sum(other.gradient for other in layers)
    assert np.allclose(model.gradient, total, rtol=1e-14)
    assert np.shares_memory(layer.grads["W"], model.gradient)
    model.update()
    assert np.allclose(model.gradient, total, rtol=1e-14)
    steps(model, -X)
    steps(apart, -X)
    assert np.allclose(model.gradient, sum(other.gradient for other in layers), rtol=1e-14)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a: Sequential(a, Sequential(a, Tanh()), Residual(a)),
        lambda a: Sequential(Sequential(a, Tanh()), Sequential(Tanh(), Sequential(a))),
        lambda a: Sequential(Sequential(a, a), Residual(Sequential(a, Tanh()), a)),
        lambda a: Graph("x", {"p": ("x", a), "q": ("p", a), "r": (["p", "q"], Add()), "s": ("r", Residual(a))}, "s"),
    ],
)
def test_theta_holds_it_once_at_any_nesting(wrap):
    layer = Dense(4)
    model = wrap(layer)
    for built in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        built.build((4,), dtype=np.float64)
        for same in (built, copy.deepcopy(built), pickle.loads(pickle.dumps(built))):
            assert same.theta.size == same.gradient.size == 20
            steps(same)
            first = same.gradient.copy()
            same.theta[:] = 0
            assert not any(array.any() for part in same.walk() for array in part.params.values())
            same.theta = built.theta
            assert np.abs(first).min() > 0
    model.astype(np.float32)
    assert {part.gradient.dtype for part in model.walk() if part.params} == {np.dtype(np.float32)}


def two_models(rng, depth, owners, uses):
    """The same random model twice: with layers in several places, and with one for each place; uses: their pairs."""
    kind = rng.choice(["leaf", "sequential", "residual", "sum", "graph"]) if depth else "leaf"
    if kind == "leaf":
        if not owners or rng.random() < 0.5:
            owners.append(Dense(4))
        uses.append((owners[rng.integers(len(owners))], Dense(4)))
        return uses[-1]
    first, second = (two_models(rng, depth - 1, owners, uses) for _ in range(2))
    make = {
        "sequential": lambda a, b: Sequential(a, Tanh(), b),
        "residual": lambda a, b: Residual(a, Tanh(), b),
        "sum": lambda a, b: Parallel(a, Sequential(Tanh(), b), merge="sum"),
        "graph": lambda a, b: Graph("x", {"a": ("x", a), "b": ("a", b), "y": (["b", "a", "x"], Add())}, "y"),
    }[kind]
    return tuple(make(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("seed", range(40))
def test_any_model_has_the_gradient_of_the_same_without_sharing(seed):
    rng, owners, uses = np.random.default_rng(seed), [], []
    model, apart = two_models(rng, 4, owners, uses)
    for each in (model, apart):
        each.build((4,), dtype=np.float64)
    for owner, own in uses:
        own.theta = owner.theta
    used = {id(owner): owner for owner, _ in uses}.values()
    assert model.theta.size == 20 * len(used)
    frozen = [owner for owner in used if rng.random() < 0.3]
    for owner in frozen:
        owner.frozen = True
    for same in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for options in ({}, {"input_gradient": False}):
            assert np.allclose(steps(same, **options), steps(apart), rtol=1e-12)
    for owner in used:
        total = sum(own.gradient for other, own in uses if other is owner) * (owner not in frozen)
        assert np.allclose(owner.gradient, total, rtol=1e-10, atol=1e-12)
    assert np.allclose(same.gradient, model.gradient, rtol=1e-12)


def test_a_use_keeps_its_own_values():
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer)
    model.build((4,), dtype=np.float64)
    steps(model)
    assert model[0] is layer and model[2] is not layer
    assert model[2].params is layer.params and model[2].x is not layer.x
    assert np.allclose(model[2].grads["b"], np.cos(np.arange(24)).reshape(6, 4).sum(axis=0))
    with pytest.raises(RuntimeError, match="Dense is part of a model"):
        model[2].astype(np.float32)


def test_a_container_may_stand_in_two_places():
    block = Sequential(Dense(4), Tanh())
    model = Sequential(block, block)
    apart, layers = unshared(2)
    for each in (model, apart):
        each.build((4,), dtype=np.float64)
    for other in layers:
        other.theta = block[0].theta
    steps(model)
    steps(apart)
    assert model.theta.size == 20
    assert np.allclose(model.gradient, layers[0].gradient + layers[1].gradient, rtol=1e-14)
    assert list(model.params) == ["0.0.W", "0.0.b"]
    assert model[1].params["0.W"] is block[0].params["W"]
    block[0].frozen = True
    assert model[1].frozen is False and model[1][0].frozen  # Tanh is not
    steps(model)
    assert not model.gradient.any()


def test_frozen_is_of_the_parameters_wherever_they_are_used():
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer, Dense(4))
    model.build((4,), dtype=np.float64)
    model[2].frozen = True
    assert layer.frozen and model.segments == [(slice(0, 20), 0.0, 1.0)]
    steps(model)
    assert not model.gradient[:20].any() and model.gradient[20:].any()
    before = model.theta.copy()
    SGD(lr=0.1, weight_decay=0.1).step(model.theta, model.gradient, model.segments)
    assert before[:20].tobytes() == model.theta[:20].tobytes()
    layer.frozen = False
    steps(model)
    assert model.gradient[:20].all()


def test_building_again_draws_the_owners_parameters():
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer)
    model.build((4,), dtype=np.float64)
    start, theta = model.theta.copy(), model.theta
    model.build((4,), rng=1, dtype=np.float64)
    assert not np.array_equal(model.theta, start)
    model.build((4,), rng=0, dtype=np.float64)
    assert model.theta is theta and np.array_equal(theta, start)
    steps(model)
    assert np.allclose(model[2].grads["b"], np.cos(np.arange(24)).reshape(6, 4).sum(axis=0))
    with pytest.raises(ValueError):
        model.build((3,))
    assert np.array_equal(theta, start) and model[2].params is layer.params


def test_state_and_generators():
    """State is the owner's, as parameters are; a generator is each use's own."""
    scale, drop = Standardize(), Dropout(0.5)
    model = Sequential(scale, drop, scale, drop)
    model.build((4,))
    scale.state["mean"] = [1, 2, 3, 4]
    assert model[2].state["mean"].tolist() == [1, 2, 3, 4] and list(model.state) == ["0.mean", "0.std"]
    assert model[1].rng is not model[3].rng and model[3].p == 0.5
    with pytest.raises(ValueError, match=r"layer 2 Standardize has mean \(3,\), std \(3,\), expected mean \(4,\), std"):
        scale = Standardize()
        Sequential(scale, Dense(3), scale).build((4,))


def test_a_new_use_remembers_nothing():
    layer, drop = ReLU(), Dropout()
    layer.forward(X)
    drop.forward(X)
    model = Sequential(layer, layer, drop, drop)
    model.build((4,), dtype=np.float64)
    assert model[3].rng is not drop.rng
    with pytest.raises(RuntimeError, match="ReLU.backward before forward"):
        model[1].backward(X)


@pytest.mark.parametrize("late_first", [False, True])
def test_the_order_in_which_blocks_were_made_does_not_matter(late_first):
    layer = Dense(4)
    block = Sequential(layer, Tanh())
    late = Sequential(layer, block)  # in which block's layer is a further use
    model = Sequential(late, block) if late_first else Sequential(block, late)
    assert check_gradients(copy.deepcopy(model), X)
    steps(model)
    assert model.theta.size == 20 and np.shares_memory(layer.gradient, model.gradient)


def test_a_model_that_is_made_and_not_built_changes_nothing():
    layer = Dense(4)
    block = Residual(layer)
    model, other = Sequential(layer, block), Sequential(block)
    assert block[0] is layer and model[1][0] is layer
    model.build((4,))
    assert model.theta.size == 20 and model[1][0] is not layer
    with pytest.raises(RuntimeError, match="layer 0 Residual belongs to another model, which would lose it"):
        other.build((4,))
    steps(model)
    assert model.theta.size == 20


def test_settings_of_a_use():
    """frozen and lr_factor are of the parameters; what else is set later is of the place."""
    layer = Dense(4)
    model = Sequential(layer, layer)
    model.build((4,))
    model[1].lr_factor = 0.5
    assert layer.lr_factor == 0.5 and model.segments == [(slice(0, 20), 0.5, 1.0)]


def test_a_use_belongs_to_its_model():
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer)
    model.build((4,))
    with pytest.raises(RuntimeError, match="Dense uses the parameters of a layer of another model: give that layer"):
        Sequential(ReLU(), model[2])
    again = Dense(4)
    built = Sequential(again)
    built.build((4,))
    with pytest.raises(RuntimeError, match="Sequential was built before it joined, and holds a layer that stands"):
        Sequential(again, built).build((4,))


def test_a_layer_of_a_students_own_can_be_shared():
    class Shift(Layer):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.params["b"] = rng.normal(size=input_shape)
            return input_shape

        def forward(self, x):
            return x + self.params["b"]

        def backward(self, g):
            self.g = g
            return g

        def update(self):
            self.grads["b"] = self.g.sum(axis=0)

    shift = Shift()
    model = Sequential(shift, shift, shift)
    steps(model)
    assert np.allclose(model.gradient, 3 * np.cos(np.arange(24)).reshape(6, 4).sum(axis=0), rtol=1e-5)
