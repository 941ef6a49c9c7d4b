"""Gradients with respect to the data: right, in evaluation mode, and without a trace in the model."""

import copy

import numpy as np
import pytest

from layers import Add, Dense, Dropout, Flatten, Graph, Residual, Sequential, Softmax, Standardize, Tanh
from losses import MSE, CrossEntropy
from threestep.checks import numerical_gradient
from threestep.see import class_score, input_gradient, loss_score

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(4, 3, 2)), np.array([0, 2, 1, 2])


def network(*more):
    model = Sequential(Flatten(), Standardize(), Dense(8), Tanh(), Dropout(0.5), Dense(3), *more)
    model.build((3, 2), dtype=np.float64)
    model[1].fit(RNG.normal(2, 3, size=(50, 6)))
    return model


def kept(model):
    """Everything of a model that must stay: parameters, gradients, state, modes, generators."""
    arrays = [model.theta.tobytes(), model.gradient.tobytes(), [value.tobytes() for value in model.state.values()]]
    return arrays, [(layer.training, layer.rng.bit_generator.state) for layer in model.walk()]


def test_a_class_score_beside_finite_differences():
    model = network()
    y, dx = input_gradient(model, X, class_score(LABELS))
    assert np.array_equal(y, model.eval().forward(X))
    numerical = numerical_gradient(lambda x: float(model.forward(x)[np.arange(4), LABELS].sum()), X)
    assert np.allclose(dx, numerical, rtol=1e-7, atol=1e-9)
    _, same = input_gradient(model, X, class_score(1))
    _, each = input_gradient(model, X, class_score(np.array([1, 1, 1, 1])))
    assert np.array_equal(same, each) and not np.allclose(same, dx)


def test_a_loss_beside_finite_differences():
    model, criterion = network(), CrossEntropy()
    _, dx = input_gradient(model, X, loss_score(criterion, LABELS))
    model.eval()
    assert np.allclose(dx, numerical_gradient(lambda x: criterion.forward(model.forward(x), LABELS), X), rtol=1e-6)


def test_nothing_of_the_model_changes():
    model = network()
    model.forward(X)
    model.backward(np.ones((4, 3)))
    model.update()
    model[4].training = False  # one layer in another mode than the rest
    before = kept(model)
    input_gradient(model, X, class_score(0))
    assert kept(model) == before
    with pytest.raises(ZeroDivisionError):
        input_gradient(model, X, lambda y: 1 / 0)
    assert kept(model) == before


def test_a_training_step_that_was_begun_has_to_be_begun_again():
    model = network()
    model.forward(X)
    model.backward(np.ones((4, 3)))
    input_gradient(model, X + 1, class_score(0))
    with pytest.raises(RuntimeError, match="update before backward"):
        model.update()
    with pytest.raises(RuntimeError, match="backward before forward"):
        model.backward(np.ones((4, 3)))


def test_up_to_a_layer_by_place_and_by_name():
    model = network(Softmax())
    model[3].name = "hidden"
    logits, dx = input_gradient(model, X, class_score(LABELS), upto=-2)
    assert np.array_equal(input_gradient(model, X, np.ones_like, upto=-7)[0], X.reshape(4, 6))
    assert np.array_equal(input_gradient(model, X, np.ones_like, upto=np.int64(5))[0], logits)
    assert np.array_equal(logits, input_gradient(model, X, class_score(LABELS), upto=5)[0])
    shorter = Sequential(*copy.deepcopy(model[:6]))
    shorter.build((3, 2), dtype=np.float64)
    assert np.array_equal(dx, input_gradient(shorter, X, class_score(LABELS))[1])
    hidden, dx = input_gradient(model, X, np.ones_like, upto="hidden")
    assert hidden.shape == (4, 8)
    numerical = numerical_gradient(lambda x: float(input_gradient(model, x, np.ones_like, upto=3)[0].sum()), X)
    assert np.allclose(dx, numerical, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("upto", [7, -8, "output", True, 1.0])
def test_a_layer_that_is_not_there(upto):
    model = network(Softmax())
    model[3].name = "hidden"
    with pytest.raises(ValueError, match=r"upto expected one of -7 to 6, hidden, got"):
        input_gradient(model, X, np.ones_like, upto=upto)


def test_upto_needs_a_sequential():
    model = Residual(Dense(3))
    model.build((3,))
    with pytest.raises(ValueError, match="upto expected a layer of a Sequential, got 0 for a Residual"):
        input_gradient(model, np.ones((2, 3)), np.ones_like, upto=0)


def test_several_inputs_have_several_gradients():
    graph = Graph(["a", "b"], {"f": ("a", Dense(3)), "y": (["f", "b"], Add())}, "y")
    graph.build([(2,), (3,)], dtype=np.float64)
    y, (da, db) = input_gradient(graph, (np.ones((5, 2)), np.ones((5, 3))), np.ones_like)
    assert y.shape == (5, 3)
    assert np.allclose(da, graph["f"].params["W"].sum(axis=0)) and (db == 1).all()


def test_a_model_that_is_not_built():
    with pytest.raises(RuntimeError, match="Sequential is not built yet"):
        input_gradient(Sequential(Dense(2)), X, class_score(0))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (3, "class_score expected labels from 0 to 2, got 3"),
        (-1, "class_score expected labels from 0 to 2, got -1"),
        (np.array([0, 1, 3, 5]), "class_score expected labels from 0 to 2, got 3 at 2"),
        (np.array([0, 1]), r"class_score expected a label, or labels of shape \(4,\), got shape \(2,\)"),
        (np.ones((4, 1), int), r"class_score expected a label, or labels of shape \(4,\), got shape \(4, 1\)"),
    ],
)
def test_labels_that_are_none(labels, message):
    with pytest.raises(ValueError, match=message):
        input_gradient(network(), X, class_score(labels))


@pytest.mark.parametrize(
    ("labels", "got"), [(1.0, r"float64: use .astype\(int\)"), (np.ones(4), "float64"), (True, "bool"), ("2", "<U1")]
)
def test_labels_are_whole_numbers(labels, got):
    with pytest.raises(TypeError, match=f"class_score expected whole numbers as labels, got {got}"):
        class_score(labels)


def test_labels_of_no_examples():
    y, dx = input_gradient(network(), X[:0], class_score([]))
    assert y.shape == (0, 3) and dx.shape == (0, 3, 2)


@pytest.mark.parametrize(
    ("model", "got"),
    [
        (Dense, r"the class Dense: write Dense\(...\)"),
        ([Dense(2)], r"a list: write Sequential\(\*layers\)"),
        (X, "a ndarray"),
        (None, "a NoneType"),
    ],
)
def test_something_that_is_no_model(model, got):
    with pytest.raises(TypeError, match=rf"input_gradient expected a model.*, got {got}"):
        input_gradient(model, X, class_score(0))


@pytest.mark.parametrize("seed", [2, CrossEntropy(), CrossEntropy])
def test_something_that_is_no_seed(seed):
    with pytest.raises(TypeError, match=r"seed expected a function such as class_score\(3\) or loss_score"):
        input_gradient(network(), X, seed)


@pytest.mark.parametrize(
    ("loss", "got"), [(CrossEntropy, r"the class CrossEntropy: write CrossEntropy\(\)"), (X, "a ndarray")]
)
def test_something_that_is_no_loss(loss, got):
    with pytest.raises(TypeError, match=f"loss_score expected a loss first, got {got}"):
        loss_score(loss, LABELS)


def test_up_to_a_layer_everything_has_the_models_dtype_and_errors_their_place():
    model = Sequential(Flatten(), Dense(3), Softmax())
    model.build((3, 2))
    for upto in (None, 0, 1, 2):
        y, dx = input_gradient(model, X, np.ones_like, upto)
        assert (y.dtype, dx.dtype) == (np.float32, np.float32)
    with pytest.raises(ValueError, match=r"layer 1 Dense.backward expected g of shape \(4, 3\)"):
        input_gradient(model, X, lambda y: y[:, :1], upto=1)
    with pytest.raises(ValueError, match=r"layer 1 Dense expected x of shape \(N, 6\), got"):
        input_gradient(model, X[:, :2], np.ones_like, upto=1)


def test_a_score_needs_classes():
    with pytest.raises(ValueError, match=r"class_score expected y of shape \(N, K\), got \(4, 3, 2\)"):
        class_score(0)(X)


def test_a_loss_score_is_the_means_gradient():
    y, target = np.ones((4, 2)), np.zeros((4, 2))
    assert (loss_score(MSE(), target)(y) == 2 / 8).all()
