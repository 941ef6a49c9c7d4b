"""The stubs: what a submission can rely on, which is what the library's own classes promise."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import layers
import losses
import optim

STUBS = Path(__file__).resolve().parents[3] / "threestep" / "coursework" / "sandbox" / "stubs"


def stub(name):
    spec = importlib.util.spec_from_file_location(f"stub_{name}", STUBS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BASES = [stub("layers").Layer, layers.Layer]


def dense(base):
    class Scale(base):
        def build(self, input_shape, rng=0, dtype=np.float32):
            assert isinstance(rng, np.random.Generator)
            assert rng is self.rng
            super().build(input_shape, rng, dtype)
            assert rng is self.rng
            self.params["w"] = rng.normal(size=input_shape)
            self.state["seen"] = np.zeros(1)
            return input_shape

        def forward(self, x):
            self.x = x
            return self.params["w"] * x

        def backward(self, g):
            self.g = g
            return self.params["w"] * g

        def update(self):
            self.grads["w"] = (self.g * self.x).sum(axis=0)

    return Scale()


@pytest.mark.parametrize("base", BASES)
def test_a_layer_keeps_the_contract_on_either_base(base):
    layer = dense(base)
    x = np.ones((2, 3), np.float32)
    y = layer.forward(x)
    assert layer.built
    np.testing.assert_array_equal(layer.params["w"], dense(layers.Layer).forward(x)[0])  # drawn as in the library
    np.testing.assert_array_equal(layer.grads["w"], np.zeros(3))
    np.testing.assert_array_equal(layer.backward(y), layer.params["w"] * y)
    layer.update()
    np.testing.assert_allclose(layer.grads["w"], 2 * layer.params["w"])
    assert layer.params["w"].dtype == layer.grads["w"].dtype == layer.state["seen"].dtype == y.dtype == np.float32


@pytest.mark.parametrize("base", BASES)
def test_build_takes_a_seed_and_a_dtype(base):
    first, second, other = dense(base), dense(base), dense(base)
    assert first.build((3,), rng=1, dtype=np.float64) == (3,)
    second.build((3,), rng=1, dtype=np.float64)
    other.build((3,), rng=2, dtype=np.float64)
    assert first.params["w"].dtype == np.float64
    np.testing.assert_array_equal(first.params["w"], second.params["w"])
    assert (first.params["w"] != other.params["w"]).all()


@pytest.mark.parametrize("base", BASES)
def test_modes_and_defaults(base):
    layer = dense(base)
    assert layer.training
    assert layer.eval() is layer
    assert not layer.training
    assert layer.train().training
    assert base().build((4, 5)) == (4, 5)
    with pytest.raises(NotImplementedError, match="Layer.forward"):
        type("Layer", (base,), {})().forward(np.ones((1, 1)))


def test_a_first_forward_builds_for_the_dtype_of_x():
    layer = dense(BASES[0])
    assert layer.forward(np.ones((2, 3))).dtype == np.float64


def test_losses_and_optimizers_are_names_to_build_on():
    loss, optimizer = stub("losses").Loss(), stub("optim").Optimizer(0.1)
    for step in (lambda: loss.forward(None, None), loss.backward, lambda: optimizer.step(None, None)):
        with pytest.raises(NotImplementedError):
            step()
    assert (optimizer.lr, optimizer.weight_decay, optimizer.state) == (0.1, 0.0, {"steps": 0})
    assert issubclass(losses.MSE, losses.Loss)
    assert issubclass(optim.SGD, optim.Optimizer)
