"""What fit refuses before anything moves, and batches in which nothing counts."""

import numpy as np
import pytest

from layers import Add, Dense, Graph, ReLU, Sequential
from losses import MSE, NLL, BinaryCrossEntropy, CrossEntropy
from optim import SGD, Adam, Cosine, OneCycle, Step
from threestep.training import Callback, evaluate, fit, predict

X, Y = np.random.default_rng(0).normal(size=(12, 4)), np.arange(12) % 3


def small():
    return Sequential(Dense(5), ReLU(), Dense(3))


def built(model):
    model.build((4,))
    return model


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((Sequential, CrossEntropy(), SGD()), {}, r"model is the class Sequential: write Sequential\(...\)"),
        ((small(), CrossEntropy, SGD()), {}, r"criterion is the class CrossEntropy: write CrossEntropy\(...\)"),
        ((small(), CrossEntropy(), Adam), {}, r"optimizer is the class Adam: write Adam\(...\)"),
        (
            (small(), SGD(), CrossEntropy()),
            {},
            r"criterion expected an object with forward, backward, decide, got SGD\(\)",
        ),
        ((small(), CrossEntropy(), SGD()), {"schedule": Cosine}, "schedule is the class Cosine"),
        ((small(), CrossEntropy(), SGD()), {"schedule": "Cosine"}, "schedule expected an object with start, step, obs"),
        ((small(), CrossEntropy(), SGD()), {"callbacks": Callback()}, "callbacks expected a list, got"),
        ((small(), CrossEntropy(), SGD()), {"callbacks": [Callback]}, r"callbacks\[0\] is the class Callback"),
        ((small(), CrossEntropy(), SGD()), {"callbacks": [print]}, r"callbacks\[0\] expected an object with on_start"),
        ((small(), CrossEntropy(), SGD()), {"valid": X}, r"valid expected a pair \(x, y\), got ndarray"),
        ((small(), CrossEntropy(), SGD()), {"valid": 0.2}, r"valid expected a pair \(x, y\), got float"),
    ],
)
def test_parts_of_another_kind(arguments, options, message):
    with pytest.raises(TypeError, match=message):
        fit(*arguments, X, Y, **options)


def test_a_label_without_an_output_is_found_before_anything_moves():
    model, wrong = small(), Y.copy()
    model.build((4,))
    before, wrong[7] = model.theta.copy(), 5
    with pytest.raises(ValueError, match=r"y\[7\] is 5, expected a label from 0 to 2"):
        fit(model, CrossEntropy(), SGD(), X, wrong, batch_size=2)
    assert np.array_equal(model.theta, before)
    wrong[7] = -100  # PyTorch's label for what does not count
    fit(model, CrossEntropy(), SGD(), X, wrong, batch_size=2)


def test_a_schedule_too_long_is_told_before_the_model_is_built():
    model = small()
    with pytest.raises(ValueError, match="Step: step_size 9 is longer than the run of 3 epochs"):
        fit(model, CrossEntropy(), SGD(), X, Y, epochs=3, schedule=Step(9))
    assert not model.built


@pytest.mark.parametrize(
    "criterion", [CrossEntropy(ignore_index=2), CrossEntropy(weight=[1, 2, 0]), NLL(ignore_index=2)]
)
@pytest.mark.filterwarnings("ignore:the model ends with Dense")
def test_a_batch_in_which_nothing_counts_takes_no_step(criterion):
    """Batches of one: every third has no label that counts."""
    model, seen = small(), []

    class Steps(Callback):
        def on_gradient(self, progress, x, y):
            seen.append(progress.step)

    optimizer = SGD(lr=0.1)
    penalty = 0.5 * 2 * float(np.square(built(model).theta).sum())
    options = {"batch_size": 1, "callbacks": [Steps()], "schedule": OneCycle(), "l2": 2.0}
    history = fit(model, criterion, SGD(lr=0.0), X, Y, **options)
    assert len(seen) == 8 and history[0]["train_penalty"] == pytest.approx(penalty, rel=1e-5)
    history = fit(model, criterion, optimizer, X, Y, **options)
    assert history[0]["lr"] == pytest.approx(0.1 / 25 / 1e4)  # time passes all the same
    assert evaluate(model, criterion, X, Y)["accuracy"] <= 1


def test_labels_that_are_all_ignored():
    with pytest.raises(ValueError, match="y holds no label that counts: each is 1, which is ignored"):
        fit(small(), CrossEntropy(ignore_index=1), SGD(), X, np.ones(12, int), batch_size=5)
    with pytest.raises(ValueError, match="no label counts in epoch 1: each is ignored or has weight 0"):
        fit(small(), CrossEntropy(weight=[1, 0, 1]), SGD(), X, np.ones(12, int), batch_size=5)


@pytest.mark.parametrize(
    ("valid", "options", "message"),
    [
        ((X, Y + 1), {}, r"valid y\[2\] is 3, expected a label from 0 to 2"),
        ((X, np.full(12, -100)), {}, "valid y holds no label that counts: each is -100, which is ignored"),
        ((X[:, :3], Y), {}, r"layer 0 Dense expected x of shape \(N, 4\), got"),
        ((X, Y), {"metrics": ["mean_error"]}, "mean_error needs quantities, and CrossEntropy decides on a class"),
    ],
)
def test_a_wrong_valid_is_told_before_anything_moves(valid, options, message):
    model = built(small())
    before = model.theta.copy()
    with pytest.raises(ValueError, match=message):
        fit(model, CrossEntropy(), SGD(lr=0.1), X, Y, valid=valid, **options)
    assert np.array_equal(model.theta, before)


def test_lengths_are_compared_first():
    with pytest.raises(ValueError, match="x holds 12 examples and y 11"):
        fit(small(), CrossEntropy(), SGD(), X, Y[:11], weights=np.ones(11))


def test_a_list_of_inputs_is_a_tuple_where_the_model_takes_several():
    model = Graph(["x", "z"], {"y": (["x", "z"], Add())}, "y")
    assert np.array_equal(predict(model, [X, X]), 2 * X)
    with pytest.warns(UserWarning, match="nothing is trained"):
        fit(model, MSE(), SGD(), [X, X], X, valid=([X, X], X))


def test_nothing_to_train_is_warned_about():
    model = small()
    model.frozen = True
    with pytest.warns(UserWarning, match="nothing is trained: every layer is frozen, or there are no parameters"):
        fit(model, CrossEntropy(), SGD(), X, Y)


def test_several_outputs_are_no_prediction():
    both = Graph("x", {"a": ("x", Dense(3)), "b": ("a", Dense(3))}, ["a", "b"])
    with pytest.raises(TypeError, match="CrossEntropy takes one prediction, got 2"):
        fit(both, CrossEntropy(), SGD(), X, Y)


def test_the_gradient_with_respect_to_the_data_is_not_paid_for():
    asked = []

    class Asked(Dense):
        def backward(self, g, input_gradient=True):
            asked.append(input_gradient)
            return super().backward(g, input_gradient)

    fit(Sequential(Asked(5), ReLU(), Asked(3)), CrossEntropy(), SGD(), X, Y)
    assert asked == [True, False]


def test_examples_of_weight_0_fill_no_batch():
    seen = []

    class Sizes(Callback):
        def on_gradient(self, progress, x, y):
            seen.append(len(x))

    fit(small(), CrossEntropy(), SGD(), X, Y, batch_size=3, weights=np.arange(12) % 2, callbacks=[Sizes()])
    assert seen == [3, 3]


def test_train_loss_of_weighted_examples_is_the_weighted_mean():
    weights = np.arange(1.0, 13)
    p = np.random.default_rng(1).uniform(0.1, 0.9, (12, 1))
    model = Sequential(Dense(1))
    model.build((1,), dtype=np.float64)
    model.theta = [1, 0]  # the prediction is x
    history = fit(model, BinaryCrossEntropy(), SGD(lr=0.0), p, np.ones((12, 1)), batch_size=5, weights=weights)
    assert history[0]["train_loss"] == pytest.approx((weights * -np.log(p[:, 0])).sum() / weights.sum(), rel=1e-12)
    assert evaluate(model, MSE(), p, p)["loss"] == 0
