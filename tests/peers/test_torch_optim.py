"""Optimizers, schedules and clipping equal to PyTorch's to 1e-10 over 1000 steps. Runs where torch is installed."""

from inspect import signature

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


CYCLE = {"max_lr": 0.01, "total_steps": 1000, "cycle_momentum": False}
SCHEDULES = [  # ours, its name in PyTorch, options, what only PyTorch's is told
    ("Step", "StepLR", {"step_size": 300}, {}),
    ("Step", "StepLR", {"step_size": 7, "gamma": 0.97}, {}),
    ("MultiStep", "MultiStepLR", {"milestones": [700, 200, 200], "gamma": 0.3}, {}),
    ("Exponential", "ExponentialLR", {"gamma": 0.99}, {}),
    ("Cosine", "CosineAnnealingLR", {}, {"T_max": 1000}),
    ("Cosine", "CosineAnnealingLR", {"T_max": 130, "eta_min": 0.002}, {}),
    ("Linear", "LinearLR", {}, {}),
    ("Linear", "LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 800}, {}),
    ("OneCycle", "OneCycleLR", {}, CYCLE),
    ("OneCycle", "OneCycleLR", {"anneal_strategy": "linear", "pct_start": 0.77, "final_div_factor": 10.0}, CYCLE),
    ("OneCycle", "OneCycleLR", {"three_phase": True, "div_factor": 5.0}, CYCLE),
    ("Plateau", "ReduceLROnPlateau", {}, {}),
    ("Plateau", "ReduceLROnPlateau", {"mode": "max", "patience": 30, "factor": 0.5, "threshold": 0.2}, {}),
    ("Plateau", "ReduceLROnPlateau", {"patience": 3, "threshold_mode": "abs", "cooldown": 5, "min_lr": 0.001}, {}),
    ("Plateau", "ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "threshold": 0.5, "eps": 1e-4}, {}),
]


def together_over_1000_steps(schedule, make):
    """Holds lr beside PyTorch's in every step, and theta after the last."""
    theta = START.copy()
    t = torch.tensor(theta, requires_grad=True)
    ours, theirs = optim.SGD(lr=0.01, momentum=0.9), torch.optim.SGD([t], lr=0.01, momentum=0.9)
    schedule.start(ours, epochs=1000, steps_per_epoch=1)
    peer = make(theirs)
    losses = np.round(3 * np.exp(-np.arange(1000) / 200) + np.random.default_rng(1).normal(size=1000) / 10, 2)
    for i, (g, loss) in enumerate(zip(GRADIENTS, losses, strict=True)):
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-10, abs=1e-14)
        ours.step(theta, g)
        t.grad = torch.tensor(g)
        theirs.step()
        schedule.step()
        schedule.observe(loss)
        if i < 999:  # PyTorch's OneCycleLR has no step after the last
            peer.step(*[loss] * isinstance(schedule, optim.Plateau))
    assert np.allclose(theta, t.detach(), **CLOSE)


@pytest.mark.parametrize(("name", "peer", "options", "more"), SCHEDULES)
def test_schedules_over_1000_steps(name, peer, options, more):
    make = getattr(torch.optim.lr_scheduler, peer)
    together_over_1000_steps(getattr(optim, name)(**options), lambda optimizer: make(optimizer, **options, **more))


@pytest.mark.parametrize(
    ("name", "peer", "options", "more"), [r for r in SCHEDULES if r[0] not in ("OneCycle", "Plateau")]
)
def test_warm_up_and_what_follows_over_1000_steps(name, peer, options, more):
    schedulers, more = torch.optim.lr_scheduler, {key: value - 50 for key, value in more.items()}

    def make(optimizer):
        rise = schedulers.LambdaLR(optimizer, lambda step: min((step + 1) / 50, 1))
        return schedulers.SequentialLR(optimizer, [rise, getattr(schedulers, peer)(optimizer, **options, **more)], [50])

    together_over_1000_steps(getattr(optim, name)(**options, warmup_epochs=50), make)


@pytest.mark.parametrize("limit", [0.1, 4.4, 4.5, 100])
@pytest.mark.parametrize(("name", "peer"), [("clip_norm", "clip_grad_norm_"), ("clip_value", "clip_grad_value_")])
def test_clipping(name, peer, limit):
    for gradient in GRADIENTS:
        g, t = gradient.copy(), torch.zeros(20, requires_grad=True)
        t.grad = torch.tensor(gradient)
        before, expected = getattr(optim, name)(g, limit), getattr(torch.nn.utils, peer)([t], limit)
        assert before is expected is None or before == pytest.approx(expected.item(), rel=1e-12)
        assert np.allclose(g, t.grad, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", sorted({name for name, _ in OPTIMIZERS}))
def test_defaults(name):
    """Every argument that PyTorch has too starts at the same value."""
    theirs = signature(getattr(torch.optim, name)).parameters
    mine = signature(getattr(optim, name)).parameters
    for argument, parameter in mine.items():
        its = theirs[argument].default
        assert parameter.default == (its if not isinstance(its, torch.Tensor) else its.item()), argument
