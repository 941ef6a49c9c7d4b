"""What every layer has: the vectors, copies, pictures of itself."""

import copy

import numpy as np
import pytest

from layers import Dense, Dropout, Flatten, Layer, ReLU, Sequential, Sigmoid
from losses import CrossEntropy
from optim import SGD


@pytest.fixture
def model():
    model = Sequential(Dense(4), ReLU(), Sequential(Dense(3), Sigmoid()), Dense(2))
    model.build((5,), dtype=np.float64)
    return model


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


@pytest.mark.parametrize(("make", "got"), [(lambda: Flatten(1), "1"), (lambda: ReLU(inplace=True), "'inplace'")])
def test_a_layer_without_settings_says_so(make, got):
    with pytest.raises(TypeError, match=f"(Flatten|ReLU) takes no arguments, got {got}"):
        make()


def test_astype_belongs_to_the_outermost_model(model):
    with pytest.raises(RuntimeError, match="Dense is part of a model: call astype on the outermost one"):
        model[0].astype(np.float32)
    with pytest.raises(RuntimeError, match="not built yet"):
        Dense(3).astype(np.float64)
    with pytest.raises(TypeError, match="float32 or float64, got dtype int64"):
        model.astype(np.int64)


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


def test_a_name_stands_in_messages(model):
    model[3].name = "head"
    with pytest.raises(RuntimeError, match="Dense 'head'.backward before forward"):
        model[3].backward(np.ones((3, 2)))


def test_a_new_dtype_makes_backward_wait_for_a_new_forward(model):
    y = model.forward(np.ones((3, 5)))
    model.astype(np.float32)
    with pytest.raises(RuntimeError, match="backward before forward"):
        model.backward(y)


def test_state_has_the_dtype_of_the_layer_through_copies():
    class Counts(Layer):
        def build(self, input_shape, rng=0, dtype=np.float32):
            self.state["mean"] = np.zeros(input_shape)
            self.state["steps"] = np.zeros((), int)
            return input_shape

        def forward(self, x):
            return x

    for dtype in (np.float32, np.float64):
        model = Sequential(Counts())
        model.build((2,), dtype=dtype)
        for each in (model, copy.deepcopy(model)):
            assert [a.dtype for a in each.state.values()] == [dtype, int]
            assert each.state["0.mean"] is each[0].state["mean"]
    model.astype(np.float32)
    assert model.state["0.mean"].dtype == np.float32 and model.state["0.mean"] is model[0].state["mean"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("frozen", "no", "frozen expected true or false, got 'no'"),
        ("lr_factor", "0.1", "lr_factor expected a number, got '0.1'"),
        ("lr_factor", -1, "lr_factor expected a number of 0 or more, got -1"),
    ],
)
def test_settings_are_checked_when_they_are_set(name, value, message):
    with pytest.raises(ValueError, match=message):
        setattr(Dense(3), name, value)


def test_flops_are_one_for_each_entry_of_y_unless_the_layer_says_otherwise():
    layer = Sigmoid()
    with pytest.raises(RuntimeError, match=r"Sigmoid is not built yet, so its flops are not known: call build"):
        layer.flops  # noqa: B018
    layer.build((4, 3))
    assert layer.flops == 12


def test_flops_of_a_layer_of_several_outputs():
    class Both(Layer):
        def output_shape(self, input_shape):
            return input_shape, (1,)

    layer = Both()
    layer.build((4, 3))
    assert layer.flops == 13
