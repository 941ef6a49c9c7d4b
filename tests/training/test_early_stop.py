"""Best and EarlyStop: which epoch was best, when it is enough, and whose weights stay."""

import numpy as np
import pytest

from layers import BatchNorm, Dense, Sequential
from losses import MSE
from optim import SGD
from threestep.training import Best, Callback, EarlyStop, fit

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 2))
NAN, INF = float("nan"), float("inf")


class Figures(Callback):
    """Puts figures of its own into the record, and keeps the weights of each epoch."""

    def __init__(self, metric, figures):
        self.metric, self.figures, self.weights = metric, figures, []

    def on_epoch(self, progress):
        progress.record[self.metric] = self.figures[progress.epoch - 1]
        self.weights.append((progress.model.theta.copy(), progress.model.state["1.running_mean"].copy()))


def train(stop, figures):
    watch, model = Figures(stop.metric, figures), Sequential(Dense(3), BatchNorm(), Dense(2))
    history = fit(model, MSE(), SGD(lr=0.1), X, Y, epochs=len(figures), callbacks=[watch, stop])
    return model, history, watch


@pytest.mark.parametrize(
    ("metric", "figures", "epoch"),
    [
        ("valid_loss", [3, 1, 2, 1], 2),
        ("valid_error", [0.3, 0.1, 0.1], 2),
        ("valid_mean_error", [3, 2, 1], 3),
        ("valid_accuracy", [0.5, 0.9, 0.7], 2),
        ("valid_loss", [NAN, 3, NAN, 2, INF], 4),
        ("train_penalty", [-1, -2, -1], 2),
    ],
)
def test_the_best_epoch(metric, figures, epoch):
    best = Best(metric)
    train(best, figures)
    assert (best.epoch, best.value) == (epoch, figures[epoch - 1])


def test_no_figure_that_is_finite_is_no_best():
    best = Best("valid_loss")
    train(best, [NAN, INF, -INF])
    assert best.epoch == 0


@pytest.mark.parametrize(
    ("patience", "figures", "epochs", "best"),
    [(1, [3, 2, 2, 1], 3, 2), (2, [3, 2, 2, 1, 5, 6, 0], 6, 4), (3, [3, 2, 1, 4, 5], 5, 3), (1, [1, 2, 3], 2, 1)],
)
def test_it_stops_after_so_many_epochs_and_puts_the_best_weights_back(patience, figures, epochs, best):
    stop = EarlyStop("valid_loss", patience)
    model, history, watch = train(stop, figures)
    assert len(history) == epochs and stop.epoch == best
    assert np.array_equal(model.theta, watch.weights[best - 1][0])
    assert np.array_equal(model.state["1.running_mean"], watch.weights[best - 1][1])


def test_without_any_best_the_last_weights_stay():
    model, history, watch = train(EarlyStop("valid_loss", 2), [NAN] * 5)
    assert len(history) == 2 and np.array_equal(model.theta, watch.weights[-1][0])


def test_a_metric_that_is_none_of_the_records():
    with pytest.raises(ValueError, match="no metric 'valid_acuracy' in the record: expected train_loss"):
        fit(Sequential(Dense(2)), MSE(), SGD(lr=0.1), X, Y, callbacks=[EarlyStop("valid_acuracy")])


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "3"])
def test_patience_is_a_whole_number(wrong):
    with pytest.raises(ValueError, match="patience expected a whole number of 1 or more"):
        EarlyStop("valid_loss", wrong)
