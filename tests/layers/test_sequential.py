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
    assert model.build((3,)) == (2,) and model[1].params["W"].shape == (2, 1)
    with pytest.raises(
        ValueError, match=r"layer 0 Column expected x of shape \(N, 3\), got \(N, 4\) \(x has shape \(5, 4\)\)"
    ):
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


def test_assigning_to_theta_gradient_params_and_grads_copies_in(model):
    theta, W = model.theta, model[0].params["W"]
    model.theta = model.theta - 1
    model.gradient = np.full(47, 5.0)
    assert model.theta is theta and model[0].params["W"] is W and (model[0].grads["W"] == 5).all()
    model[0].params = {"W": np.zeros((4, 5)), "b": np.ones(4)}
    assert model.theta[:24].tolist() == [0] * 20 + [1] * 4
    with pytest.raises(ValueError, match=r"Sequential.theta expected shape \(47,\), got \(46,\)"):
        model.theta = np.zeros(46)
    with pytest.raises(ValueError, match="expected arrays called W, b, got W"):
        model[0].params = {"W": W}
    with pytest.raises(RuntimeError, match="not built yet, so it has no theta"):
        Dense(2).theta = np.zeros(3)


def test_a_misspelt_gradient_is_told():
    class Typo(Dense):
        def update(self):
            self.grads["w"] = self.g.T @ self.x

    model = Sequential(Typo(2))
    model.backward(model.forward(np.ones((3, 4), np.float32)))
    with pytest.raises(ValueError, match="layer 0 Typo: no array is called 'w': expected one of W, b"):
        model.update()


def test_copy_copy_is_refused(model):
    with pytest.raises(TypeError, match="would share its parameters: use copy.deepcopy"):
        copy.copy(model)


def test_a_failed_build_leaves_everything_as_it_was():
    model, fresh = (Sequential(Dense(4), Dense(3), Dense(2, in_features=5)) for _ in range(2))
    with pytest.raises(ValueError, match=r"layer 2 Dense expected x of shape \(N, 5\), got \(N, 3\)"):
        model.build((7,))
    assert not any(layer.built or layer.params for layer in model.walk())
    model.layers[2].in_features = fresh.layers[2].in_features = 3
    model.build((6,), rng=1)
    fresh.build((6,), rng=1)
    assert np.array_equal(model.theta, fresh.theta)


def test_dtypes_of_layers_that_came_built():
    head = Dense(3)
    head.build((4,), dtype=np.float64)
    with pytest.raises(ValueError, match="layer 0 Dense is float64 already, expected float32"):
        Sequential(head).build((4,))
    model = Sequential(head)
    assert model.forward(np.ones((2, 4))).dtype == np.float64


def test_errors_of_every_kind_name_their_place():
    class Misses(ReLU):
        def forward(self, x):
            return x * self.params["scale"]

    with pytest.raises(RuntimeError, match=r"layer 1 Misses: KeyError: 'scale'"):
        Sequential(ReLU(), Misses()).forward(np.ones((2, 2)))


def test_a_wrong_dx_is_blamed_on_the_layer_that_returned_it():
    class Half(ReLU):
        def backward(self, g):
            return g[:1]

    class Nothing(ReLU):
        def backward(self, g):
            pass

    for last, message in ((Half(), r"shape \(1, 3\)"), (Nothing(), "NoneType")):
        model = Sequential(Dense(3), last)
        g = model.forward(np.ones((2, 4), np.float32))
        with pytest.raises(ValueError, match=rf"layer 1 \w+.backward returned {message}, expected x's shape \(2, 3\)"):
            model.backward(g)
        with pytest.raises(RuntimeError, match="update before backward"):
            model.update()


def test_a_build_without_a_shape_is_blamed_on_the_layer():
    class Silent(Dense):
        def build(self, input_shape, rng=0, dtype=np.float32):
            super().build(input_shape, rng, dtype)

    with pytest.raises(TypeError, match="layer 0 Silent.build returned None, expected the output's shape"):
        Sequential(Silent(2), ReLU()).build((3,))


def test_steps_may_call_super_and_come_from_a_mixin():
    class Column(Dense):
        def forward(self, x):
            return super().forward(x)[..., None]

        def backward(self, g):
            return super().backward(g[..., 0])

        def output_shape(self, input_shape):
            return (*super().output_shape(input_shape), 1)

        def build(self, input_shape, rng=0, dtype=np.float32):
            return (*super().build(input_shape, rng, dtype),)

    class Doubles:
        def forward(self, x):
            return 2 * x

        def backward(self, g):
            return 2 * g

    class Mixed(Doubles, Layer):
        pass

    plain, column = Dense(2), Column(2)
    plain.build((3,), rng=4)
    column.build((3,), rng=4)
    assert np.array_equal(plain.theta, column.theta)
    model = Sequential(Mixed(), column)
    y = model.forward(np.ones((5, 3), np.float32))
    assert y.shape == (5, 2, 1) and model.backward(y).shape == (5, 3)
    with pytest.raises(RuntimeError, match="Mixed.backward before forward"):
        Mixed().backward(np.ones((2, 2)))


def test_a_new_forward_makes_the_old_backward_stale(model):
    x = np.ones((3, 5))
    model.backward(model.forward(x))
    model.forward(x)
    with pytest.raises(RuntimeError, match="update before backward"):
        model.update()
    with pytest.raises(ValueError, match="layer 0 Dense expected"):
        model.forward(np.ones((3, 6)))
    model.build((5,), dtype=np.float64)
    with pytest.raises(RuntimeError, match="backward before forward"):
        model.backward(np.ones((3, 2)))


def test_what_g_and_x_may_be(model):
    model.forward(np.ones((3, 5)))
    with pytest.raises(TypeError, match=r"needs floating-point g, got int64: use g.astype\(np.float64\)"):
        model.backward(np.ones((3, 2), int))
    assert model.backward(np.ones((3, 2), np.float32)).dtype == np.float64
    with pytest.raises(ValueError, match="expected examples stacked on axis 0, got a single number"):
        ReLU().forward(1.5)


def test_a_name_stands_in_messages(model):
    model[3].name = "head"
    with pytest.raises(RuntimeError, match="Dense 'head'.backward before forward"):
        model[3].backward(np.ones((3, 2)))
