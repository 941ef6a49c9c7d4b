"""diagnose: the subject is named, located, explained; what is right is not flagged."""

import numpy as np
import pytest

import layers
import losses
import optim
from layers import Dense, Layer, ReLU
from losses import MSE
from optim import SGD
from threestep.checks import diagnose


class Averaged(Dense):
    def update(self):
        super().update()
        self.grads["b"] /= len(self.g)


def test_the_three_parts_of_a_finding():
    found = diagnose(Averaged(3))
    assert not found and found.bug == "bias-gradient-averaged"
    assert found.steps == {"forward": True, "backward": True, "update": False, "contract": True}
    assert repr(found).splitlines() == [
        "Dense  forward ok     backward ok     update FAIL   contract ok",
        "  Dense.update: db wrong, dW right; forward and backward and contract right",
        "  db is the expected value / 5 in every entry: 5 is the batch size",
        "  consistent with: the bias gradient as a mean over the examples: it is a sum, 1/N comes with the loss",
        "  smallest case: passes at N=1, fails at N=2",
    ]
    assert len(found.findings[0].lines("locate")) == 1 and len(found.findings[0].lines("symptom")) == 3


def test_a_class_without_a_base():
    class Dense:
        def __init__(self):
            self.out_features = 3
            self.params = {"W": np.ones((3, 7)), "b": np.zeros(3)}
            self.grads = {}

        def forward(self, x):
            self.x = x
            return x @ self.params["W"].T + self.params["b"]

        def backward(self, g):
            self.g = g
            return g @ self.params["W"]

        def update(self):
            self.grads = {"W": self.x.T @ self.g, "b": self.g.sum(0)}

    assert diagnose(Dense()).bug == "gradient-transposed"


def test_a_layer_that_the_library_does_not_have():
    class Cube(Layer):
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, g):
            return g * 3 * self.x**2

    class Half(Cube):
        def backward(self, g):
            return super().backward(g) / 2

    assert diagnose(Cube()) and diagnose(Half()).bug == "factor-of-two"
    assert diagnose(Half(), like=Cube()).bug == "factor-of-two"


def test_the_subject_and_the_global_generator_are_left_alone():
    layer = Averaged(3)
    layer.build((7,))
    world, theta = repr(np.random.get_state()), layer.theta.copy()  # noqa: NPY002 - to see that it is left alone
    diagnose(layer)
    assert repr(np.random.get_state()) == world and np.array_equal(layer.theta, theta)  # noqa: NPY002


def test_losses_and_optimizers():
    class Half(MSE):
        def backward(self):
            return super().backward() / 2

    class Uphill(SGD):
        def step(self, theta, gradient, segments=None):
            theta += self.lr * gradient

    assert diagnose(Half()).bug == "factor-of-two" and diagnose(Uphill()).bug == "sign-flipped"


def test_a_class_is_no_instance():
    with pytest.raises(TypeError, match="expected an instance to examine, got the class ReLU"):
        diagnose(ReLU)


NEEDS = {
    **dict.fromkeys(("Conv1d", "Conv2d", "ConvTranspose2d"), (3, 3)),
    **dict.fromkeys(("MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d", "GroupNorm", "Upsample"), (2,)),
    "Dense": (3,),
    "Pad": (1,),
    "Permute": ((2, 1, 3),),
}
PLAIN = [
    getattr(package, name)(*NEEDS.get(name, ()))
    for package, base in ((layers, layers.Layer), (losses, losses.Loss), (optim, optim.Optimizer))
    for name in package.__all__
    if isinstance(getattr(package, name), type) and issubclass(getattr(package, name), base)
    if name not in ("Layer", "Loss", "Optimizer", "Sequential", "Residual", "Parallel", "Graph", "Reshape")
]


@pytest.mark.parametrize("subject", PLAIN, ids=lambda subject: type(subject).__name__)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_library_is_right(subject, seed):
    assert diagnose(subject, rng=seed)
