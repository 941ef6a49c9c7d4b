"""`share`: a layer that names another, whose parameters it uses."""

import copy

import numpy as np
import pytest

from layers import Add, Dense, Graph, Parallel, ReLU, Sequential, Tanh
from threestep.checks import check_gradients

X = np.random.default_rng(0).normal(size=(6, 4))


def steps(model, x=X, **options):
    y = model.forward(x)
    model.backward(np.cos(np.arange(y.size)).reshape(y.shape), **options)
    model.update()
    return y


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
        ValueError, match="layer 1 Dense shares 'b': set frozen and lr_factor of Dense 'b', whose parameters move"
    ):
        model.build((4,))


def test_names_in_a_circle():
    for names in (("b", "a"), ("b", "c", "a")):
        model = Sequential(*(Dense(4) for _ in names))
        for layer, name, share in zip(model.layers, "abc", names, strict=False):
            layer.name, layer.share = name, share
        with pytest.raises(ValueError, match="layer 0 Dense 'a' shares 'b', which comes later"):
            model.build((4,))


def test_a_layer_in_several_places_may_be_named():
    """Whichever use the name is found at, the owner is one."""
    first, second = Dense(4), Dense(4)
    first.name, second.name, second.share = "a", "b", "a"
    last = Dense(4)
    last.share = "b"
    model = Sequential(first, first, second, second, last)
    assert check_gradients(copy.deepcopy(model), X)
    model.build((4,))
    assert model.theta.size == 20


def test_a_built_layer_loses_nothing_to_a_block_that_shares():
    inner = Dense(4)
    inner.build((4,))
    before = inner.theta.copy()
    first, second = Sequential(Dense(4)), Sequential(inner)
    first.name = second.share = "a"
    with pytest.raises(
        RuntimeError, match="layer 1 Sequential shares 'a', but Dense is built and has parameters of its own"
    ):
        Sequential(first, second).build((4,))
    assert inner.built and np.array_equal(inner.theta, before)


def test_a_build_that_fails_leaves_uses_as_they_were():
    class Fails(Tanh):
        def build(self, input_shape, rng=0, dtype=np.float32):
            if self.built:
                raise ValueError("Fails: not twice")
            return input_shape

    model = named("a", "<a", "<a")
    model = Sequential(*model.layers, Fails())
    model.build((4,))
    before = model.theta.copy()
    with pytest.raises(ValueError, match="layer 3 Fails: not twice"):
        model.build((4,), rng=1, dtype=np.float64)
    assert model.dtype == np.float32 and np.array_equal(model.theta, before)
    assert model[1].params is model[0].params
    steps(model)
    with pytest.raises(TypeError):
        model.build((4,), rng="x", dtype=np.float64)
    assert model.dtype == np.float32


def test_a_named_layer_that_came_built_must_still_come_first():
    late = Sequential(Dense(4))
    late.build((4,))
    early = Sequential(Dense(4))
    late.name = early.share = "o"
    with pytest.raises(ValueError, match="layer 0 Sequential shares 'o', which comes later"):
        Sequential(early, late).build((4,))


def test_share_is_set_before_build():
    model = named("b", "")
    model.build((4,))
    with pytest.raises(RuntimeError, match="Dense is built and has parameters of its own: set share before"):
        model[1].share = "b"


def test_what_is_built_otherwise_cannot_be_shared():
    mixed = Sequential(Sequential(Dense(4), ReLU()), Dense(4))
    mixed[0].name = mixed[1].share = "b"
    with pytest.raises(ValueError, match="layer 1 Dense shares 'b', but Sequential 'b' is built otherwise"):
        mixed.build((4,))


def test_names_that_are_no_names_of_layers():
    inner = Sequential(Sequential(Dense(4)))
    inner.name = inner[0].share = "outer"
    with pytest.raises(
        ValueError, match="layer 0 Sequential shares 'outer', but Sequential 'outer' is built otherwise, or"
    ):
        Sequential(inner).build((4,))
    late = Dense(4)
    late.share = "0"  # a place in Parallel is no name
    with pytest.raises(ValueError, match="layer 1 Dense shares '0', but no layer is called that"):
        Sequential(Parallel(Dense(2), Dense(2)), late).build((4,))


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


def test_a_built_layer_that_shares_belongs_to_its_model():
    model = named("b", "<b")
    model.build((4,))
    with pytest.raises(RuntimeError, match="Dense uses the parameters of a layer of another model: give that layer"):
        Sequential(model[1])
