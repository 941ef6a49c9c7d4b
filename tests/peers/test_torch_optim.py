"""Optimizers and clipping equal to PyTorch's to 1e-10 in float64, over 1000 steps. Runs where torch is installed."""

import numpy as np
import pytest

import optim

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")

RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-10, "atol": 1e-10}
START, GRADIENTS = RNG.normal(size=20), RNG.normal(size=(1000, 20))
GRADIENTS[:, 0] = 0

OPTIMIZERS = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "initial_accumulator_value": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"lr": 0.001, "alpha": 0.9, "eps": 1e-3, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.1}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "momentum_decay": 0.1, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.01, "betas": (0.8, 0.5), "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.5)}),
]


@pytest.fixture(autouse=True)
def float64_throughout():
    """NAdam's product of mu is float32 in PyTorch otherwise, whatever the parameters are."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_optimizers_over_1000_steps(name, options):
    theta = START.copy()
    t = torch.tensor(theta, requires_grad=True)
    ours, theirs = getattr(optim, name)(**options), getattr(torch.optim, name)([t], **options)
    for g in GRADIENTS:
        ours.step(theta, g)
        t.grad = torch.tensor(g)
        theirs.step()
    assert np.allclose(theta, t.detach(), **CLOSE)


def test_only_lion_is_not_in_pytorch():
    names = {name for name in optim.__all__ if optim.Optimizer in getattr(getattr(optim, name), "__mro__", ())[1:]}
    assert names - {name for name, _ in OPTIMIZERS} == {"Lion"}


@pytest.mark.parametrize("limit", [0.1, 4.4, 4.5, 100])
@pytest.mark.parametrize(("name", "peer"), [("clip_norm", "clip_grad_norm_"), ("clip_value", "clip_grad_value_")])
def test_clipping(name, peer, limit):
    for gradient in GRADIENTS:
        g, t = gradient.copy(), torch.zeros(20, requires_grad=True)
        t.grad = torch.tensor(gradient)
        before, expected = getattr(optim, name)(g, limit), getattr(torch.nn.utils, peer)([t], limit)
        assert before is expected is None or before == pytest.approx(expected.item(), rel=1e-12)
        assert np.allclose(g, t.grad, rtol=1e-12, atol=0)
