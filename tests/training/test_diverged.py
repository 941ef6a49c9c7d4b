"""What is not finite is told by name, before the parameters move."""

import warnings

import numpy as np
import pytest

from layers import BatchNorm, Dense, ReLU, Sequential, Tanh
from losses import MAE, MSE, CrossEntropy
from optim import SGD
from threestep.data import Moons
from threestep.training import Callback, Diverged, fit


def small():
    return Sequential(Dense(16), Tanh(), Dense(2))


def test_a_gradient_that_is_not_finite_names_its_parameter():
    class Broken(MSE):
        def backward(self):
            return super().backward() * np.nan

    model = Sequential(Dense(3), Sequential(ReLU(), Dense(1)))
    with pytest.raises(
        Diverged, match="gradient of layer 0 Dense W is not finite at epoch 1, step 1.*: layer 0 Dense W, nan"
    ):
        fit(model, Broken(), SGD(), np.ones((4, 2)), np.ones((4, 1)))


def test_nothing_finite_is_lost_on_the_way_to_divergence():
    model = small()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Diverged):
            fit(model, CrossEntropy(), SGD(lr=1e38), *Moons(n=300).train, epochs=5)


def test_parameters_that_are_not_finite_after_the_last_step_are_told():
    with pytest.raises(Diverged, match="a parameter is not finite at epoch 1, step 1"):
        fit(small(), CrossEntropy(), SGD(lr=1e60), np.ones((6, 2)), np.zeros(6, int))


@pytest.mark.parametrize(("spoilt", "told"), [(3, 4), (6, 6)])
def test_statistics_that_are_not_finite_are_told(spoilt, told):
    """Before the next step, or at the end of the epoch."""

    class Spoil(Callback):
        def on_step(self, progress):
            if progress.step == spoilt:
                progress.model.state["1.running_var"][0] = np.inf

    model = Sequential(Dense(3), BatchNorm(), Dense(2))
    message = f"a layer's state is not finite at epoch 1, step {told} .*not finite: layer 1 BatchNorm running_var"
    with pytest.raises(Diverged, match=message):
        fit(model, CrossEntropy(), SGD(), np.ones((12, 2)), np.zeros(12, int), batch_size=2, callbacks=[Spoil()])


@pytest.mark.parametrize("lr", [np.nan, np.inf])
def test_a_learning_rate_that_is_not_finite_is_told(lr):
    class Spoil(Callback):
        def on_step(self, progress):
            progress.optimizer.lr = lr

    model = small()
    with pytest.raises(Diverged, match=f"lr is {lr} at epoch 2, step 2"):
        fit(model, CrossEntropy(), SGD(), np.ones((6, 2)), np.zeros(6, int), epochs=3, callbacks=[Spoil()])
    assert np.isfinite(model.theta).all()


def test_the_optimizer_s_vector_names_the_parameter():
    class Spoil(Callback):
        def on_step(self, progress):
            progress.optimizer.state["velocity"][-1] = np.nan

    model = Sequential(Dense(3), Dense(2))
    with pytest.raises(Diverged, match="the optimizer's velocity of layer 1 Dense b is not finite at epoch 2, step 2"):
        fit(model, CrossEntropy(), SGD(0.1, 0.9), np.ones((6, 2)), np.zeros(6, int), epochs=2, callbacks=[Spoil()])


def test_a_large_gradient_is_not_called_infinite():
    model = Sequential(Dense(1))
    fit(model, MAE(), SGD(lr=0), np.full((2, 2), 1e25, np.float32), np.zeros((2, 1), np.float32))
    assert np.abs(model.gradient).max() > 1e24
