"""What holds for a model of layers, nested or not."""

import copy

import numpy as np
import pytest

from layers import Dense, Flatten, ReLU, Sequential, Sigmoid
from optim import SGD


@pytest.fixture
def model():
    model = Sequential(Dense(4), ReLU(), Sequential(Dense(3), Sigmoid()), Dense(2))
    model.build((5,), dtype=np.float64)
    return model


def test_a_wrong_layer_is_refused():
    with pytest.raises(TypeError, match=r"layer 1 is the class ReLU: write ReLU"):
        Sequential(Dense(2), ReLU)
    with pytest.raises(TypeError, match="layer 0 is a list"):
        Sequential([Dense(2)])


def test_a_layer_of_another_model_is_refused(model):
    with pytest.raises(RuntimeError, match=r"layer 0 Dense belongs to another model.*copy.deepcopy"):
        Sequential(model[0]).build((5,), dtype=np.float64)
    assert Sequential(copy.deepcopy(model[0])).build((5,), dtype=np.float64) == (4,)


def test_a_built_layer_keeps_its_parameters_when_it_joins():
    head = Dense(3)
    head.build((4,), rng=7)
    before = head.params["W"].copy()
    model = Sequential(Dense(4), head)
    model.build((5,), rng=1)
    assert np.array_equal(model[1].params["W"], before)
    assert np.shares_memory(head.params["W"], model.theta)


def test_dtypes_of_layers_that_came_built():
    head = Dense(3)
    head.build((4,), dtype=np.float64)
    with pytest.raises(ValueError, match="layer 0 Dense is float64 already, expected float32"):
        Sequential(head).build((4,))
    model = Sequential(head)
    assert model.forward(np.ones((2, 4))).dtype == np.float64


def test_building_again_draws_again_in_the_same_memory(model):
    theta, before = model.theta, model.theta.copy()
    model.build((5,), rng=9, dtype=np.float64)
    assert model.theta is theta and not np.array_equal(theta, before)
    model.build((5,), rng=0, dtype=np.float64)
    assert np.array_equal(theta, before)


def test_writing_either_side_of_theta_changes_the_other(model):
    model.theta[:] = np.arange(model.theta.size)
    assert model[2][0].params["W"][0].tolist() == [24, 25, 26, 27]
    model[2][0].params["W"] = np.zeros((3, 4))
    assert not model.theta[24:36].any()
    assert np.shares_memory(model.params["2.0.W"], model.theta)


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


def test_errors_count_places_from_0_and_go_down_into_nested_models(model):
    model[2][0].params.rebind("W", np.zeros((3, 9)))
    with pytest.raises(ValueError, match=r"^layer 2 Sequential: layer 0 Dense"):
        model.forward(np.zeros((1, 5)))


def test_a_build_that_fails_changes_nothing():
    model = Sequential(Dense(3), Flatten(), Dense(2))
    model.build((2, 4))
    before = model.theta.copy()
    for shape in ((3, 4), (2, 5)):
        with pytest.raises(ValueError):
            model.build(shape, rng=1, dtype=np.float64)
        assert model.dtype == np.float32 and np.array_equal(model.theta, before)
    assert model.forward(np.ones((5, 2, 4))).shape == (5, 2)


def test_building_in_another_dtype_changes_the_one_dtype(model):
    model.build((5,), dtype=np.float32)
    assert {part.dtype for part in model.walk()} - {None} == {np.dtype(np.float32)}


def test_errors_that_are_not_the_models_pass_as_they_are():
    class Broken(ReLU):
        def forward(self, x):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError) as caught:
        Sequential(Broken()).forward(np.ones((1, 2)))
    assert caught.value.errno == 28


def test_errors_of_every_kind_name_their_place():
    class Misses(ReLU):
        def forward(self, x):
            return x * self.params["scale"]

    with pytest.raises(RuntimeError, match=r"layer 1 Misses: KeyError: 'scale'"):
        Sequential(ReLU(), Misses()).forward(np.ones((2, 2)))


def test_flops_are_those_of_every_place():
    twice = Dense(4)
    model = Sequential(Flatten(), twice, Sequential(ReLU(), twice))
    with pytest.raises(RuntimeError, match="Sequential is not built yet"):
        model.flops  # noqa: B018
    model.build((2, 2))
    assert model.flops == 32 + 4 + 32
