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
        "Averaged  forward ok     backward ok     update FAIL   contract ok",
        "  Averaged.update: db wrong, dW right; all else right",
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
def test_the_library_is_right(subject, seed=1):
    assert diagnose(subject, rng=seed)


class Alone:
    """A layer that the library does not have: W is (in, out)."""

    def __init__(self):
        self.params = {"W": np.linspace(-1, 1, 21).reshape(7, 3), "b": np.ones(3)}
        self.grads = {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, g):
        self.g = g
        return g @ self.params["W"].T

    def update(self):
        self.grads = {"W": self.x.T @ self.g, "b": self.g.sum(0)}


def altered(step, change):
    """An Alone of which one step does something more: change(self, what it returned)."""

    def call(self, *arguments):
        return change(self, getattr(Alone, step)(self, *arguments))

    return type("Alone", (Alone,), {step: call})()


@pytest.mark.parametrize(
    ("bug", "step", "change"),
    [
        ("bias-gradient-not-summed", "update", lambda self, _: self.grads.update(b=self.g)),
        ("column-for-vector", "update", lambda self, _: self.grads.update(b=self.g.sum(0, keepdims=True))),
        ("gradient-transposed", "update", lambda self, _: self.grads.update(W=self.grads["W"].T)),
        ("overlaps-overwritten", "update", lambda self, _: self.grads.update(W=np.outer(self.x[-1], self.g[-1]))),
        ("mask-from-g", "backward", lambda self, dx: dx + np.maximum(self.g, 0) @ self.params["W"].T),
        (None, "update", lambda self, _: self.grads.pop("W")),
        (None, "update", lambda self, _: self.grads.update(W=None)),
        (None, "backward", lambda self, dx: (dx, self.g)),
        (None, "forward", lambda self, y: y * np.nan),
    ],
)
def test_where_nothing_is_to_compare_with(bug, step, change):
    found = diagnose(altered(step, change))
    assert not found and not found.steps[step] and found.bug == bug, f"\n{found}"


def test_rows_that_are_cut_off_at_the_number_of_the_first_batch():
    class First(Alone):
        def forward(self, x):
            self.rows = getattr(self, "rows", len(x))
            return super().forward(x[: self.rows])

    assert diagnose(First()).bug == "batch-size-frozen"


def test_each_of_several_inputs_is_examined():
    class Gate:
        def forward(self, x):
            self.x = x
            return x[0] * x[1]

        def backward(self, g):
            return g * self.x[1], g * self.x[0]

    class Crossed(Gate):
        def backward(self, g):
            return super().backward(g)[::-1]

    x = np.random.default_rng(0).standard_normal((2, 5, 4))
    assert diagnose(Gate(), x=tuple(x))
    found = diagnose(Crossed(), x=tuple(x))
    assert not found.steps["backward"] and found.findings[0].what == "dx[0]"


def test_a_class_is_known_by_what_its_forward_does():
    class Exponentials:
        def forward(self, x):
            e = np.exp(x - x.max(-1, keepdims=True))
            self.p = e / e.sum(-1, keepdims=True)
            return self.p

        def backward(self, g):
            return g * self.p * (1 - self.p)

    assert diagnose(Exponentials()).bug == "softmax-diagonal-only"


def test_a_loss_is_known_by_the_two_arguments_of_its_forward():
    class Squares:
        def forward(self, prediction, target):
            self.difference = prediction - target
            return np.mean(self.difference**2)

        def backward(self):
            return self.difference / self.difference.size

    found = diagnose(Squares())
    assert list(found.steps) == ["forward", "backward", "contract"] and found.bug == "factor-of-two"


@pytest.mark.parametrize("error", [SystemExit(3), NotImplementedError(), ZeroDivisionError(), BaseException("odd")])
@pytest.mark.parametrize("step", ["forward", "backward", "update"])
def test_whatever_a_subject_raises_is_a_finding(step, error):
    def stop(self, _):
        raise error

    found = diagnose(altered(step, stop))
    assert not found and repr(found)


def test_what_cannot_be_copied_is_told():
    subject = Alone()
    subject.open = open(__file__)  # noqa: SIM115
    with subject.open:
        assert "cannot be copied" in repr(diagnose(subject))


def test_warnings_of_a_subject_do_not_escape():
    def warn(self, y):
        import warnings

        warnings.warn("mine", stacklevel=1)
        return y

    assert diagnose(altered("forward", warn))


def test_decay_in_the_other_place():
    class AdamW(optim.Adam):
        def __init__(self):
            super().__init__(weight_decay=0.1)

    class Adam(optim.AdamW):
        def __init__(self):
            super().__init__(weight_decay=0.1)

    for subject, right in ((AdamW(), optim.AdamW), (Adam(), optim.Adam)):
        found = diagnose(subject, like=right(weight_decay=0.1))
        assert found.bug == "regularizer" and "decay" in found.findings[0].symptom


def test_how_a_logarithm_is_limited_is_a_matter_of_taste():
    class BinaryCrossEntropy:
        """The logarithm is limited at 1e-12, where the library's is at exp(-100)."""

        def forward(self, p, y):
            self.p, self.y = p, y
            return -np.where(y > 0.5, np.log(np.maximum(p, 1e-12)), np.log(np.maximum(1 - p, 1e-12))).mean()

        def backward(self):
            p = self.p
            return (p - self.y) / np.maximum(p * (1 - p), 1e-12) / p.size

    assert diagnose(BinaryCrossEntropy())


@pytest.mark.parametrize("names", [("running_mean", "running_var"), ("mu", "var")])
def test_statistics_that_are_attributes_under_any_name(names):
    class BatchNorm:
        eps, momentum, training = 1e-5, 0.1, True

        def __init__(self):
            self.params, self.grads = {"gamma": np.ones(7), "beta": np.zeros(7)}, {}
            for name, value in zip(names, (np.zeros(7), np.ones(7)), strict=True):
                setattr(self, name, value)

        def forward(self, x):
            self.by_batch, now = self.training, [getattr(self, name) for name in names]
            if self.training:
                unbiased = x.mean(0), x.var(0) * len(x) / (len(x) - 1)
                for name, old, new in zip(names, now, unbiased, strict=True):
                    setattr(self, name, (1 - self.momentum) * old + self.momentum * new)
                now = x.mean(0), x.var(0)
            self.std = np.sqrt(now[1] + self.eps).astype(x.dtype)
            self.xhat = ((x - now[0]) / self.std).astype(x.dtype)
            return self.params["gamma"] * self.xhat + self.params["beta"]

        def backward(self, g):
            self.g, d = g, g * self.params["gamma"]
            if self.by_batch:
                d = d - d.mean(0) - self.xhat * (d * self.xhat).mean(0)
            return d / self.std

        def update(self):
            self.grads = {"gamma": (self.g * self.xhat).sum(0), "beta": self.g.sum(0)}

    class Constant(BatchNorm):
        def backward(self, g):
            super().backward(g)
            return g * self.params["gamma"] / self.std

    assert diagnose(BatchNorm()) and diagnose(Constant()).bug == "batchnorm-constant-statistics"
