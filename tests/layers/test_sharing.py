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


def test_share_by_name():
    model = Sequential(Dense(4), Tanh(), Dense(4), Tanh(), Dense(4))
    model[0].name, model[2].share, model[4].share = "first", "first", "first"
    model.build((4,), dtype=np.float64)
    steps(model)
    assert model.theta.size == 20
    assert np.shares_memory(model[4].params["W"], model.theta)
    by_name = model.gradient.copy()
    layer = Dense(4)
    again = Sequential(layer, Tanh(), layer, Tanh(), layer)
    again.build((4,), dtype=np.float64)
    again.theta = model.theta
    steps(again)
    assert np.array_equal(again.gradient, by_name)


def test_a_node_may_be_shared_by_its_name():
    nodes = {"a": ("x", Dense(3)), "b": ("z", Dense(3)), "y": (["a", "b"], Add())}
    nodes["b"][1].share = "a"
    graph = Graph(["x", "z"], nodes, "y")
    y = graph.forward((X, 2 * X))
    assert graph.theta.size == 15
    graph.backward(np.ones_like(y))
    graph.update()
    assert np.allclose(graph.grads["a.W"], 3 * np.ones((3, 6)) @ X.astype(np.float32), rtol=1e-5)
    assert np.allclose(graph.grads["a.b"], 12)


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


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((3, 5), r"layer 1 Dense has W \(5, 3\), b \(5,\), expected W \(3, 4\), b \(3,\) as Dense 'a' that it shares"),
        ((3, 3), r"layer 1 Dense has W \(3, 3\), b \(3,\), expected W \(3, 4\), b \(3,\)"),
    ],
)
def test_shares_of_different_shapes(sizes, message):
    model = Sequential(*map(Dense, sizes))
    model[0].name, model[1].share = "a", "a"
    with pytest.raises(ValueError, match=message):
        model.build((4,))
    layer = Dense(3)
    with pytest.raises(ValueError, match=r"layer 1 Dense has W \(3, 3\), b \(3,\), expected W \(3, 4\)"):
        Sequential(layer, layer).build((4,))


def named(*shares):
    """A model of Dense(4) layers: "a" names one, "<a" makes it share that."""
    model = Sequential(*(Dense(4) for _ in shares))
    for layer, name in zip(model.layers, shares, strict=True):
        if name.startswith("<"):
            layer.share = name[1:]
        else:
            layer.name = name
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (named("", "<b"), "layer 1 Dense shares 'b', but no layer is called that: there are none"),
        (named("a", "c", "<b"), "layer 2 Dense shares 'b', but no layer is called that: there are a, c"),
        (named("b", "b", "<b"), "layer 2 Dense shares 'b', but several layers are called that"),
        (named("<b", "b"), "layer 0 Dense shares 'b', which comes later: let that one share this one"),
        (Sequential(ReLU(), named("a", "<b")), "layer 1 Sequential: layer 1 Dense shares 'b', but no layer is called"),
    ],
)
def test_names_that_are_not_there(model, message):
    with pytest.raises(ValueError, match=message):
        model.build((4,))


def test_a_layer_alone_shares_nothing():
    alone = Dense(4)
    alone.share = "b"
    with pytest.raises(ValueError, match="Dense shares 'b', but stands in no model with a layer of that name"):
        alone.build((4,))


def test_a_chain_of_names_leads_to_one_owner():
    model = named("a", "<a", "<b")
    model[1].name = "b"
    model.build((4,))
    assert model.theta.size == 20 and model[2].params is model[0].params


@pytest.mark.parametrize(("setting", "value"), [("lr_factor", 0.5), ("frozen", True)])
def test_what_moves_the_parameters_is_set_on_their_owner(setting, value):
    model = named("b", "<b")
    setattr(model[1], setting, value)
    with pytest.raises(
        ValueError, match="layer 1 Dense shares the parameters of Dense 'b': set frozen and lr_factor th"
    ):
        model.build((4,))


def test_share_is_set_before_build():
    model = named("b", "")
    model.build((4,))
    with pytest.raises(RuntimeError, match="Dense is built and has parameters of its own: set share before"):
        model[1].share = "b"


def test_what_is_built_otherwise_cannot_be_shared():
    mixed = Sequential(Sequential(Dense(4), ReLU()), Dense(4))
    mixed[0].name = mixed[1].share = "b"
    with pytest.raises(
        ValueError, match="layer 1 Dense cannot share the parameters of Sequential 'b': it is built other"
    ):
        mixed.build((4,))


def test_containers_share_layer_by_layer():
    model = Sequential(Sequential(Dense(4), Tanh()), Sequential(Dense(4), ReLU()))
    model[0].name = model[1].share = "block"
    model.build((4,))
    assert model.theta.size == 20 and model[1][0].params is model[0][0].params


def test_a_layer_that_shares_may_itself_stand_in_several_places():
    a, b = Dense(4), Dense(4)
    a.name = b.share = "a"
    block = Sequential(b, Tanh())
    for model in (Sequential(a, b, b), Sequential(a, block, block)):
        assert check_gradients(copy.deepcopy(model), X)
        model = copy.deepcopy(model)
        model.build((4,))
        assert model.theta.size == 20


@pytest.mark.parametrize("late_first", [False, True])
def test_the_order_in_which_blocks_were_made_does_not_matter(late_first):
    layer = Dense(4)
    block = Sequential(layer, Tanh())
    late = Sequential(layer, block)  # in which block's layer is a further use
    model = Sequential(late, block) if late_first else Sequential(block, late)
    assert check_gradients(copy.deepcopy(model), X)
    steps(model)
    assert model.theta.size == 20 and np.shares_memory(layer.gradient, model.gradient)


def test_settings_of_a_use():
    """frozen and lr_factor are of the parameters; what else is set later is of the place."""
    layer = Dense(4)
    model = Sequential(layer, layer)
    model[1].lr_factor = 0.5
    model.build((4,))
    assert layer.lr_factor == 0.5 and model.segments == [(slice(0, 20), 0.5, 1.0)]


def test_a_use_belongs_to_its_model():
    layer = Dense(4)
    model = Sequential(layer, Tanh(), layer)
    assert Sequential(ReLU(), model[2])[1] is layer  # the twin stands for it
    by_name = named("b", "<b")
    by_name.build((4,))
    with pytest.raises(RuntimeError, match="Dense is a further use of a layer of another model"):
        Sequential(by_name[1])
    built = Sequential(layer)
    built.build((4,))
    with pytest.raises(RuntimeError, match="Sequential was built before it joined, and holds a layer that stands"):
        Sequential(layer, built)


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
