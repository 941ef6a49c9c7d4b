import math

import numpy as np
import pytest

from layers import (
    Concat,
    Dense,
    Dropout,
    Flatten,
    Graph,
    Identity,
    LogSoftmax,
    Multiply,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Standardize,
    Tanh,
)
from losses import (
    MAE,
    MSE,
    NLL,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Hinge,
    Huber,
    KLDivergence,
    PoissonNLL,
)
from optim import SGD, Adam
from threestep.data import Moons, batches
from threestep.training import METRICS, Callback, Diverged, evaluate, fit, predict
from threestep.training.loop import classic_mistakes


@pytest.fixture
def moons():
    return Moons(n=300, valid=60, test=60)


def small():
    return Sequential(Dense(16), Tanh(), Dense(2))


def test_fit_is_the_slides_loop(moons):
    """The same bytes as the loop written out by hand."""
    x, y = moons.train
    fitted, by_hand = small(), small()
    fit(fitted, CrossEntropy(), SGD(lr=0.1, momentum=0.9), x, y, epochs=3, batch_size=20, rng=4)

    rng, criterion, optimizer = np.random.default_rng(4), CrossEntropy(), SGD(lr=0.1, momentum=0.9)
    by_hand.build(x.shape[1:], rng)
    for _ in range(3):
        for x_batch, y_batch in batches(x, y, batch_size=20, rng=rng):
            criterion.forward(by_hand.forward(x_batch), y_batch)
            by_hand.backward(criterion.backward())
            by_hand.update()
            optimizer.step(by_hand.theta, by_hand.gradient)
    assert fitted.theta.tobytes() == by_hand.theta.tobytes()


def test_it_learns_and_reports(moons):
    model, criterion = small(), CrossEntropy()
    history = fit(model, criterion, Adam(lr=0.03), *moons.train, epochs=100, valid=moons.valid)
    assert [record["epoch"] for record in history] == list(range(1, 101))
    assert list(history[0]) == ["epoch", "train_loss", "valid_loss", "valid_accuracy"]
    assert history[-1]["train_loss"] < 0.1 * history[0]["train_loss"]
    found = evaluate(model, criterion, *moons.test, metrics=["accuracy", "error"])
    assert found["accuracy"] >= 0.95 and found["error"] == pytest.approx(1 - found["accuracy"])


def test_train_loss_is_the_mean_over_the_examples():
    x, y = np.ones((5, 1)), np.arange(5.0)[:, None]
    model = Sequential(Dense(1, init="zeros"))
    history = fit(model, MSE(), SGD(lr=0), x, y, batch_size=2, rng=0)
    assert history[0]["train_loss"] == pytest.approx(np.mean(y**2))


def test_predict_is_in_eval_mode_and_in_order():
    model = Sequential(Dropout(p=0.5), Dense(2))
    x = np.random.default_rng(0).normal(size=(11, 3)).astype(np.float32)
    y = predict(model, x, batch_size=4)
    assert np.allclose(y, model.eval().forward(x), rtol=1e-6) and not model.training
    model.train()
    predict(model, x)
    assert model.training
    assert predict(model, x[:0]).shape == (0, 2)


def test_evaluate_weighs_every_example_the_same():
    model, criterion = Sequential(Dense(1)), MSE()
    x, y = np.random.default_rng(0).normal(size=(2, 11, 1)).astype(np.float32)
    assert evaluate(model, criterion, x, y, batch_size=3)["loss"] == pytest.approx(
        criterion.forward(predict(model, x), y)
    )


def test_standardize_is_fitted_once_to_what_reaches_it():
    x = np.random.default_rng(0).normal(5, 3, (50, 2, 2, 1)).astype(np.float32)
    y = np.zeros(50, int)
    model = Sequential(Sequential(Standardize(), Flatten()), Dense(3), Standardize(), Dense(2))
    fit(model, CrossEntropy(), SGD(lr=0.1), x, y)
    first, second = model[0][0], model[2]
    assert first.state["mean"][0] == pytest.approx(x.mean(), rel=1e-5)
    assert second.fitted
    kept = first.state["mean"].copy()
    fit(model, CrossEntropy(), SGD(lr=0.1), x + 100, y)
    assert np.array_equal(first.state["mean"], kept)


class Recorder(Callback):
    def __init__(self):
        self.moments = []

    def on_start(self, progress):
        self.moments.append("start")

    def on_gradient(self, progress, x, y):
        self.moments.append(f"gradient {progress.step} {len(x)}")

    def on_step(self, progress):
        self.moments.append(f"step {progress.step}")

    def on_epoch(self, progress):
        self.moments.append(f"epoch {progress.epoch} {progress.record['epoch']}")

    def on_end(self, progress):
        self.moments.append("end")


def test_callbacks_see_every_moment_in_order():
    recorder = Recorder()
    fit(small(), CrossEntropy(), SGD(), np.zeros((5, 2)), np.zeros(5, int), 2, batch_size=3, callbacks=[recorder])
    epoch = ["gradient 1 3", "step 1", "gradient 2 2", "step 2", "epoch 1 1"]
    again = ["gradient 3 3", "step 3", "gradient 4 2", "step 4", "epoch 2 2"]
    assert recorder.moments == ["start", *epoch, *again, "end"]


def test_a_callback_may_change_the_gradient_and_stop_the_run():
    class Meddler(Callback):
        def on_gradient(self, progress, x, y):
            progress.model.gradient[:] = 0

        def on_step(self, progress):
            progress.stop = progress.step == 3

    model = small()
    model.build((2,))
    before = model.theta.copy()
    history = fit(model, CrossEntropy(), SGD(), np.ones((10, 2)), np.zeros(10, int), 9, 5, callbacks=[Meddler()])
    assert np.array_equal(model.theta, before) and len(history) == 1


def test_divergence_is_told_before_the_step():
    model = Sequential(Dense(3), ReLU(), Sequential(Dense(1)))
    x, recorder = np.full((4, 2), 1e18, np.float32), Recorder()
    model.build((2,))
    before = model.theta.copy()
    with pytest.raises(Diverged, match=r"loss is inf at epoch 1, step 1 \(lr 0.5"):
        fit(model, MSE(), SGD(lr=0.5), x, np.full((4, 1), -1e30, np.float32), callbacks=[recorder])
    assert np.array_equal(model.theta, before) and recorder.moments == ["start", "end"]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.array([[0, 1], [np.nan, 0]]), np.zeros(2, int), r"x\[1, 0\] is nan, expected a number"),
        (np.zeros((0, 2)), np.zeros(0, int), "x holds no examples"),
        (np.zeros((3, 2)), np.zeros(2, int), "x holds 3 examples and y 2"),
        (np.zeros((2, 2)), np.array([[0.0], [np.inf]]), r"y\[1, 0\] is inf, expected a number"),
    ],
)
def test_what_cannot_be_trained_on(x, y, message):
    with pytest.raises(ValueError, match=message):
        fit(small(), CrossEntropy(), SGD(), x, y)


def test_unknown_metric():
    with pytest.raises(ValueError, match="no metric 'acuracy': expected accuracy, error, mean_error"):
        fit(small(), CrossEntropy(), SGD(), np.zeros((3, 2)), np.zeros(3, int), metrics=["acuracy"])


@pytest.mark.parametrize(
    ("last", "criterion", "advice"),
    [
        (Softmax(), CrossEntropy(), "softmax is applied twice"),
        (Softmax(), NLL(), "NLL takes log-probabilities: use LogSoftmax"),
        (Softmax(), KLDivergence(), "KLDivergence takes log-probabilities: use LogSoftmax"),
        (Softmax(), Hinge(), "Hinge takes scores of any size.*remove Softmax"),
        (Sigmoid(), BinaryCrossEntropyWithLogits(), "sigmoid is applied twice"),
        (Dense(2), NLL(), "ends with Dense and NLL takes log-probabilities, which are 0 or less: add LogSoftmax"),
        (Dense(2), KLDivergence(), "ends with Dense and KLDivergence takes log-probabilities"),
        (Graph("x", {"p": ("x", Softmax())}, "p"), CrossEntropy(), "softmax is applied twice"),
    ],
)
def test_classic_mistakes_are_warned_about(last, criterion, advice):
    labels = criterion.labels
    y = np.zeros(4, int) if labels else np.zeros((4, 2))
    with pytest.warns(UserWarning, match=advice):
        fit(Sequential(Dense(2), Sequential(last)), criterion, SGD(), np.zeros((4, 3)), y)


def test_right_pairs_are_not_warned_about():
    fit(Sequential(Dense(2), LogSoftmax()), NLL(), SGD(), np.zeros((4, 3)), np.zeros(4, int))
    fit(Sequential(Dense(2), LogSoftmax()), KLDivergence(), SGD(), np.zeros((4, 3)), np.full((4, 2), 0.5))
    fit(Sequential(Dense(2)), Hinge(), SGD(), np.zeros((4, 3)), np.zeros(4, int))
    two = Graph("x", {"p": ("x", Softmax()), "d": ("x", Dense(2))}, ["p", "d"])
    assert not list(classic_mistakes(two, CrossEntropy()))
    fit(Sequential(Dense(2), Sigmoid()), BinaryCrossEntropy(), SGD(), np.zeros((4, 3)), np.zeros((4, 2)))


def test_metrics_by_hand():
    logits = np.array([[2.0, 1], [0, 3], [1, 0], [5, 4]])
    one_hot = np.eye(2)[[0, 1, 1, 1]]
    assert METRICS["accuracy"](CrossEntropy(), logits, np.array([0, 1, 1, 1])) == 0.5
    assert METRICS["accuracy"](CrossEntropy(), logits, one_hot) == 0.5
    assert METRICS["accuracy"](MSE(), logits, one_hot) == 0.5
    assert METRICS["error"](
        BinaryCrossEntropy(), np.array([[0.9], [0.6], [0.1]]), np.array([[1], [0], [0]])
    ) == pytest.approx(1 / 3)
    assert METRICS["accuracy"](BinaryCrossEntropyWithLogits(), np.array([[0.1], [-0.1]]), np.array([[1], [1]])) == 0.5
    bits = np.array([[1, 1, 0], [0, 0, 1]])
    assert METRICS["accuracy"](BinaryCrossEntropy(), np.array([[0.9, 0.6, 0.6], [0.1, 0.1, 0.9]]), bits) == 5 / 6
    assert METRICS["accuracy"](BinaryCrossEntropy(), np.full((2, 10), 0.01), np.eye(10)[[3, 0]]) == 0.5  # argmax is 0
    assert METRICS["accuracy"](MSE(), np.array([[0.7], [0.2], [0.4]]), np.array([[1], [0], [1]])) == pytest.approx(
        2 / 3
    )
    assert METRICS["mean_error"](MAE(), np.array([[1.0], [4]]), np.array([[2.0], [2]])) == 1.5


@pytest.mark.parametrize(
    ("criterion", "target", "metric", "value"),
    [
        (Hinge(), [0, 1, 1], "accuracy", 2 / 3),
        (KLDivergence(), [[1, 0], [0, 1], [0, 1]], "accuracy", 2 / 3),
        (KLDivergence(), [[0.6, 0.4], [0.3, 0.7], [0.4, 0.6]], "accuracy", 2 / 3),
        (CrossEntropy(), [0, -100, 1], "accuracy", 1 / 2),
        (NLL(ignore_index=1), [0, 1, 0], "accuracy", 1),
        (CrossEntropy(ignore_index=1), [[1, 0], [0.3, 0.7], [0.4, 0.6]], "accuracy", 2 / 3),
        (Huber(), [[-1, -2], [-2, -1], [-1, -3]], "mean_error", 1 / 6),
        (PoissonNLL(), [[1, 1], [1, 1], [1, 1]], "mean_error", 1 - (math.exp(-1) + math.exp(-2)) / 2),
    ],
)
def test_each_loss_has_the_metric_that_suits_it(criterion, target, metric, value):
    x = np.array([[-1.0, -2], [-2, -1], [-1, -2]])
    found = evaluate(Sequential(Identity()), criterion, x, np.array(target))
    assert list(found) == ["loss", metric] and found[metric] == pytest.approx(value)


def test_metrics_that_do_not_suit():
    with pytest.raises(ValueError, match="accuracy needs classes, and MSE has quantities here: use mean_error"):
        METRICS["accuracy"](MSE(), np.zeros((3, 1)), np.array([[0.3], [1], [0]]))
    with pytest.raises(ValueError, match="mean_error needs quantities, and CrossEntropy decides on a class"):
        METRICS["mean_error"](CrossEntropy(), np.zeros((3, 3)), np.eye(3))
    with pytest.raises(ValueError, match="mean_error needs quantities, and KLDivergence decides on a class"):
        METRICS["mean_error"](KLDivergence(), np.zeros((3, 3)), np.eye(3))


def test_valid_is_checked_and_evaluated_on_its_own_part():
    x, y = np.zeros((4, 2)), np.zeros((4, 1))
    model = Sequential(Dense(1, init="zeros"))
    history = fit(model, MSE(), SGD(lr=0), x, y, valid=(x + 1, y + 3))
    assert history[0] == {"epoch": 1, "train_loss": 0, "valid_loss": 9, "valid_mean_error": 3}
    with pytest.raises(ValueError, match=r"valid x\[0, 0\] is nan"):
        fit(model, MSE(), SGD(), x, y, valid=(x * np.nan, y))


def test_lists_will_do():
    history = fit(small(), CrossEntropy(), SGD(), [[0.0, 1.0], [1.0, 0.0]], [0, 1], valid=([[0.0, 1.0]], [0]))
    assert history[0]["valid_accuracy"] in (0, 1)


@pytest.mark.parametrize("epochs", [0, -1, 1.5, "3", True])
def test_epochs_must_be_a_whole_number(epochs):
    with pytest.raises(ValueError, match="epochs expected a whole number above 0"):
        fit(small(), CrossEntropy(), SGD(), np.zeros((3, 2)), np.zeros(3, int), epochs)


def test_frozen_layers_and_lr_factors_reach_the_optimizer():
    model = Sequential(Dense(3), Dense(2))
    model.build((2,))
    model[0].frozen, before = True, model[0].theta.copy()
    fit(model, CrossEntropy(), SGD(lr=0.1, weight_decay=0.5), np.ones((6, 2)), np.zeros(6, int), 3)
    assert model[0].theta.tobytes() == before.tobytes()


def test_each_layer_keeps_its_mode():
    model = Sequential(Dropout(), Dense(2))
    model[0].eval()
    predict(model, np.ones((3, 2)))
    fit(model, CrossEntropy(), SGD(), np.ones((6, 2)), np.zeros(6, int))
    assert [layer.training for layer in model.walk()] == [True, False, True]


def test_a_callback_that_did_not_start_is_not_ended():
    class Fails(Callback):
        def on_start(self, progress):
            raise OSError("disk full")

        def on_end(self, progress):
            raise AssertionError("never started")

    recorder = Recorder()
    with pytest.raises(OSError, match="disk full"):
        fit(small(), CrossEntropy(), SGD(), np.ones((6, 2)), np.zeros(6, int), callbacks=[recorder, Fails()])
    assert recorder.moments == ["start", "end"]


def test_a_loss_of_ones_own_may_give_numpy_s_numbers():
    class Mine(MSE):
        def forward(self, *arguments):
            return np.float32(super().forward(*arguments))

    x, y = np.ones((4, 2)), np.ones((4, 1))
    record = fit(Sequential(Dense(1)), Mine(), SGD(), x, y, valid=(x, y))[0]
    assert type(record["train_loss"]) is type(record["valid_loss"]) is float


def test_predict_refuses_a_batch_size_of_0():
    with pytest.raises(ValueError, match="batch_size expected a whole number above 0, got 0"):
        predict(small(), np.ones((3, 2)), batch_size=0)


def test_several_inputs_and_outputs():
    """A graph of two inputs is fitted, evaluated and asked like any model; several outputs are a tuple."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    y = (x * z).sum(axis=1, keepdims=True)
    nodes = {"a": ("x", Dense(16)), "b": ("z", Dense(16)), "m": (["a", "b"], Multiply()), "y": ("m", Dense(1))}
    model = Graph(["x", "z"], nodes, "y")
    history = fit(model, MSE(), Adam(lr=0.01), (x, z), y, epochs=200, batch_size=8, valid=((x, z), y))
    assert history[-1]["valid_loss"] < 0.01 < history[0]["valid_loss"]
    assert evaluate(model, MSE(), (x, z), y)["loss"] == history[-1]["valid_loss"]
    assert predict(model, (x, z), batch_size=7).shape == (40, 1)
    both = Graph("x", {"a": ("x", Dense(2)), "b": ("a", Dense(3))}, ["a", "b"])
    assert [part.shape for part in predict(both, x, batch_size=7)] == [(40, 2), (40, 3)]
    with pytest.raises(ValueError, match="x holds 39 examples and y 40"):
        fit(model, MSE(), Adam(), (x, z[:39]), y)
    z[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"x\[1\]\[3, 1\] is nan"):
        fit(model, MSE(), Adam(), (x, z), y)


def test_standardize_is_fitted_wherever_it_stands():
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, size=(300, 2))
    nodes = {"d": ("x", Dense(3)), "s": ("d", Standardize()), "t": ("x", Standardize()), "y": (["s", "t"], Concat())}
    model = Sequential(Residual(Dropout(0.5)), Graph("x", nodes, "y"), Dense(1))
    model.build((2,), dtype=np.float64)
    fit(model, MSE(), SGD(lr=0.0), x, np.zeros((300, 1)))
    inside = 2 * x  # what the residual dropout gives in evaluation
    seen = inside @ model.params["1.d.W"].T + model.params["1.d.b"]
    for node, reached in (("t", inside), ("s", seen)):
        assert np.allclose(model.state[f"1.{node}.mean"], reached.mean(axis=0))
        assert np.allclose(model.state[f"1.{node}.std"], reached.std(axis=0))
    assert model.forward(x).shape == (300, 1)  # nothing listens any more


def test_evaluate_leaves_the_criterion_between_its_steps():
    criterion, x, y = MSE(), np.ones((3, 2)), np.zeros((3, 2))
    criterion.forward(x, y)
    evaluate(Sequential(Identity()), criterion, np.full((5, 2), 7.0), np.zeros((5, 2)))
    assert criterion.backward().tolist() == [[1 / 3] * 2] * 3
