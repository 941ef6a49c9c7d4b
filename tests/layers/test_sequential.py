import copy

import numpy as np
import pytest

from layers import Dense, Dropout, Flatten, Layer, ReLU, Sequential, Sigmoid, Standardize
from losses import CrossEntropy
from optim import SGD


@pytest.fixture
def model():
    model = Sequential(Dense(4), ReLU(), Sequential(Dense(3), Sigmoid()), Dense(2))
    model.build((5,), dtype=np.float64)
    return model


def test_places_lengths_names(model):
    assert len(model) == 4 and model[0] is model.layers[0]
    assert list(model.params) == ["0.W", "0.b", "2.0.W", "2.0.b", "3.W", "3.b"]
    assert model.theta.size == 24 + 15 + 8


def test_writing_either_side_of_theta_changes_the_other(model):
    model.theta[:] = np.arange(model.theta.size)
    assert model[2][0].params["W"][0].tolist() == [24, 25, 26, 27]
    model[2][0].params["W"] = np.zeros((3, 4))
    assert not model.theta[24:36].any()
    assert np.shares_memory(model.params["2.0.W"], model.theta)


def test_errors_count_places_from_0_and_go_down_into_nested_models(model):
    model[2][0].params.rebind("W", np.zeros((3, 9)))
    with pytest.raises(ValueError, match=r"^layer 2 Sequential: layer 0 Dense"):
        model.forward(np.zeros((1, 5)))


def test_a_wrong_layer_is_refused():
    with pytest.raises(TypeError, match=r"layer 1 is the class ReLU: write ReLU"):
        Sequential(Dense(2), ReLU)
    with pytest.raises(TypeError, match="layer 0 is a list"):
        Sequential([Dense(2)])


def test_a_layer_in_two_places_is_refused():
    twice = Dense(3)
    with pytest.raises(ValueError, match="Dense stands in two places"):
        Sequential(twice, Sequential(ReLU(), twice))


def test_a_layer_of_another_model_is_refused(model):
    with pytest.raises(RuntimeError, match=r"layer 0 Dense belongs to another model.*copy.deepcopy"):
        Sequential(model[0]).build((5,))
    assert Sequential(copy.deepcopy(model[0])).build((5,)) == (4,)


def test_a_built_layer_keeps_its_parameters_when_it_joins():
    head = Dense(3)
    head.build((4,), rng=7)
    before = head.params["W"].copy()
    model = Sequential(Dense(4), head)
    model.build((5,), rng=1)
    assert np.array_equal(model[1].params["W"], before)
    assert np.shares_memory(head.params["W"], model.theta)


def test_building_again_draws_again_in_the_same_memory(model):
    theta, before = model.theta, model.theta.copy()
    model.build((5,), rng=9, dtype=np.float64)
    assert model.theta is theta and not np.array_equal(theta, before)
    model.build((5,), rng=0, dtype=np.float64)
    assert np.array_equal(theta, before)


def test_without_input_gradient_the_first_layers_do_no_work():
    class Watched(ReLU):
        def backward(self, g):
            raise AssertionError("backward was called")

    model = Sequential(Standardize(), Watched(), Dense(3))
    y = model.forward(np.ones((2, 4), np.float32))
    assert model.backward(np.ones_like(y), input_gradient=False) is None
    model.update()
    assert model[2].grads["W"].any()


def test_frozen_layers_stay_bit_for_bit(model):
    model[0].frozen = model[2].frozen = True
    model[3].lr_factor = 0.5
    assert model.segments == [(slice(0, 24), 0, 1), (slice(24, 39), 0, 1), (slice(39, 47), 0.5, 1)]
    assert model[2][0].frozen and not model.frozen
    before, optimizer = model.theta.copy(), SGD(lr=0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        model.backward(np.ones_like(model.forward(np.ones((3, 5)))), input_gradient=False)
        model.update()
        assert not model.gradient[:39].any() and model.gradient[39:].any()
        optimizer.step(model.theta, model.gradient, model.segments)
    assert before[:39].tobytes() == model.theta[:39].tobytes()
    assert (before[39:] != model.theta[39:]).any()


def test_lr_factors_multiply_down_the_tree(model):
    model.lr_factor, model[2].lr_factor, model[2][0].lr_factor = 0.5, 0.5, 0.1
    assert model.segments == [(slice(0, 24), 0.5, 1), (slice(24, 39), 0.025, 1), (slice(39, 47), 0.5, 1)]


def test_a_layer_as_plain_as_the_slides_works():
    class Scale(Layer):
        def __init__(self, n):
            self.params = {"a": np.ones(n)}  # plain dicts will do
            self.grads = {}

        def forward(self, x):
            self.x = x
            return self.params["a"] * x

        def backward(self, g):
            self.g = g
            return g * self.params["a"]

        def update(self):
            self.grads["a"] = (self.g * self.x).sum(axis=0)

    model = Sequential(Dense(3), Scale(3), Dense(2))
    x, y = np.ones((4, 5), np.float32), np.array([0, 1, 1, 0])
    criterion, optimizer = CrossEntropy(), SGD(lr=0.1)
    for _ in range(2):
        criterion.forward(model.forward(x), y)
        model.backward(criterion.backward())
        model.update()
        optimizer.step(model.theta, model.gradient)
    assert (model[1].params["a"] != 1).any() and model[1].params["a"].dtype == np.float32
    assert np.shares_memory(model[1].grads["a"], model.gradient)


def test_a_layer_that_defines_build_alone_takes_the_shape_it_was_built_for():
    class Column(Layer):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.params["w"] = rng.normal(size=input_shape)
            return (1,)

        def forward(self, x):
            return x @ self.params["w"][:, None]

    layer = Column()
    layer.build((3,))
    model = Sequential(layer, Dense(2))
    assert model.build((3,)) == (2,) and model[1].in_features == 1
    with pytest.raises(ValueError, match=r"layer 0 Column expected x of shape \(N, 3\), got \(5, 4\)"):
        model.forward(np.ones((5, 4)))


def test_a_forward_that_forgets_to_return_is_named():
    class Forgetful(Layer):
        def forward(self, x):
            self.y = x

        def backward(self, g):
            return g

    with pytest.raises(TypeError, match=r"layer 1 Forgetful.forward returned NoneType, expected an array"):
        Sequential(Flatten(), Forgetful()).forward(np.ones((2, 2)))


def test_repr_reads_like_the_code():
    assert repr(Sequential(Dense(10), Dropout(p=0.2))) == "Sequential(Dense(10), Dropout(p=0.2))"
    long = Sequential(*(Dense(1000 + i, init="he_normal") for i in range(3)), Sequential(ReLU()))
    assert repr(long).splitlines() == [
        "Sequential(",
        "    Dense(1000, init='he_normal'),",
        "    Dense(1001, init='he_normal'),",
        "    Dense(1002, init='he_normal'),",
        "    Sequential(ReLU()),",
        ")",
    ]


def test_astype_belongs_to_the_outermost_model(model):
    with pytest.raises(RuntimeError, match="Dense is part of a model: call astype on the outermost one"):
        model[0].astype(np.float32)
    with pytest.raises(RuntimeError, match="not built yet"):
        Dense(3).astype(np.float64)
    with pytest.raises(TypeError, match="float32 or float64, got dtype int64"):
        model.astype(np.int64)


@pytest.mark.parametrize("shape", [(0,), (-1,), (2.5,), (3, 0)])
def test_a_shape_that_no_example_has_is_refused(shape):
    with pytest.raises(ValueError, match=r"Sequential.build expected one example's shape"):
        Sequential(ReLU()).build(shape)
