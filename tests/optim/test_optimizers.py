"""Every optimizer: its formula in plain NumPy beside it, segments, state, errors."""

import copy
from math import prod

import numpy as np
import pytest

import optim
from optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, NAdam, Optimizer, RAdam, RMSprop, Rprop
from optim.optimizer import BLOCK

ROWS = [
    SGD(lr=0.1),
    SGD(lr=0.1, weight_decay=0.3),
    SGD(lr=0.1, momentum=0.9),
    SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.3),
    Adagrad(lr=0.1),
    Adagrad(lr=0.1, lr_decay=0.2, initial_accumulator_value=0.5, eps=0.1, weight_decay=0.3),
    Adadelta(lr=0.5),
    Adadelta(lr=0.5, rho=0.6, eps=0.1, weight_decay=0.3),
    RMSprop(lr=0.1),
    RMSprop(lr=0.1, momentum=0.9),
    RMSprop(lr=0.1, centered=True),
    RMSprop(lr=0.1, alpha=0.7, eps=0.1, momentum=0.5, centered=True, weight_decay=0.3),
    Adam(lr=0.1),
    Adam(lr=0.1, betas=(0.5, 0.7), eps=0.1, weight_decay=0.3),
    AdamW(lr=0.1, weight_decay=0.3),
    Adamax(lr=0.1),
    Adamax(lr=0.1, betas=(0.5, 0.7), eps=0.1, weight_decay=0.3),
    NAdam(lr=0.1),
    NAdam(lr=0.1, betas=(0.5, 0.7), eps=0.1, momentum_decay=0.3, weight_decay=0.3),
    NAdam(lr=0.1, weight_decay=0.3, decoupled_weight_decay=True),
    RAdam(lr=0.1),
    RAdam(lr=0.1, betas=(0.5, 0.9), eps=0.1, weight_decay=0.3),
    RAdam(lr=0.1, betas=(0.5, 0.6), weight_decay=0.3, decoupled_weight_decay=True),
    Lion(lr=0.1),
    Lion(lr=0.1, betas=(0.5, 0.7), weight_decay=0.3),
    Rprop(lr=0.1),
    Rprop(lr=0.1, etas=(0.3, 2), step_sizes=(0.05, 0.5)),
]


def sgd(o, lr, theta, g, t, s):
    s.v = o.momentum * s.v + g
    return theta - lr * (g + o.momentum * s.v if o.nesterov else s.v)


def adagrad(o, lr, theta, g, t, s):
    s.v = (o.initial_accumulator_value if t == 1 else s.v) + g**2
    return theta - lr / (1 + (t - 1) * o.lr_decay) * g / (np.sqrt(s.v) + o.eps)


def adadelta(o, lr, theta, g, t, s):
    s.v = o.rho * s.v + (1 - o.rho) * g**2
    d = np.sqrt(s.u + o.eps) / np.sqrt(s.v + o.eps) * g
    s.u = o.rho * s.u + (1 - o.rho) * d**2
    return theta - lr * d


def rmsprop(o, lr, theta, g, t, s):
    s.v = o.alpha * s.v + (1 - o.alpha) * g**2
    s.m = o.alpha * s.m + (1 - o.alpha) * g
    s.u = o.momentum * s.u + g / (np.sqrt(s.v - s.m**2 if o.centered else s.v) + o.eps)
    return theta - lr * s.u


def adam(o, lr, theta, g, t, s):
    (b1, b2), m, v = o.betas, *moments(o, g, s)
    return theta - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + o.eps)


def adamax(o, lr, theta, g, t, s):
    (b1, b2), m, _ = o.betas, *moments(o, g, s)
    s.u = np.maximum(b2 * s.u, np.abs(g) + o.eps)
    return theta - lr / (1 - b1**t) * m / s.u


def nadam(o, lr, theta, g, t, s):
    (b1, b2), m, v = o.betas, *moments(o, g, s)
    mu = [b1 * (1 - 0.96 ** (i * o.momentum_decay) / 2) for i in range(1, t + 2)]
    c, d = (1 - mu[t - 1]) / (1 - prod(mu[:t])), mu[t] / (1 - prod(mu))
    return theta - lr * (c * g + d * m) / (np.sqrt(v / (1 - b2**t)) + o.eps)


def radam(o, lr, theta, g, t, s):
    (b1, b2), m, v = o.betas, *moments(o, g, s)
    n = 2 / (1 - b2) - 1
    n_t = n - 2 * t * b2**t / (1 - b2**t)
    if n_t <= 5:
        return theta - lr * m / (1 - b1**t)
    r = np.sqrt((n_t - 4) * (n_t - 2) * n / ((n - 4) * (n - 2) * n_t))
    return theta - lr * r * np.sqrt(1 - b2**t) / (np.sqrt(v) + o.eps) * m / (1 - b1**t)


def lion(o, lr, theta, g, t, s):
    b1, b2 = o.betas
    update = np.sign(b1 * s.m + (1 - b1) * g)
    s.m = b2 * s.m + (1 - b2) * g
    return theta - lr * (update + o.weight_decay * theta)


def rprop(o, lr, theta, g, t, s):
    size, agree = o.lr if t == 1 else s.u, g * s.m
    s.u = np.clip(np.where(agree > 0, o.etas[1], np.where(agree < 0, o.etas[0], 1)) * size, *o.step_sizes)
    s.m = np.where(agree < 0, 0, g)
    return theta - lr / o.lr * s.u * np.sign(s.m)


def moments(o, g, s):
    s.m = o.betas[0] * s.m + (1 - o.betas[0]) * g
    s.v = o.betas[1] * s.v + (1 - o.betas[1]) * g**2
    return s.m, s.v


FORMULAS = {
    SGD: sgd,
    Adagrad: adagrad,
    Adadelta: adadelta,
    RMSprop: rmsprop,
    Adam: adam,
    AdamW: adam,
    Adamax: adamax,
    NAdam: nadam,
    RAdam: radam,
    Lion: lion,
    Rprop: rprop,
}


class Kept:
    """What a formula keeps from step to step."""

    m = v = u = 0.0


def by_the_formula(optimizer, theta, gradients, lr_factor=1.0):
    """The docstrings' formulas, on whole vectors."""
    lr, decay, kept = optimizer.lr * lr_factor, optimizer.weight_decay, Kept()
    for t, g in enumerate(gradients, 1):
        if isinstance(optimizer, AdamW) or getattr(optimizer, "decoupled_weight_decay", False):
            theta = theta - lr * decay * theta
        elif not isinstance(optimizer, Lion):
            g = g + decay * theta
        theta = FORMULAS[type(optimizer)](optimizer, lr, theta, g, t, kept)
    return theta


@pytest.fixture
def walk():
    rng = np.random.default_rng(0)
    return rng.normal(size=7), rng.normal(size=(50, 7))


def test_every_optimizer_has_a_row():
    public = {getattr(optim, name) for name in optim.__all__}
    assert {type(optimizer) for optimizer in ROWS} == {o for o in public if Optimizer in getattr(o, "__mro__", ())[1:]}


@pytest.mark.parametrize("optimizer", ROWS, ids=repr)
class TestEach:
    def test_formula(self, optimizer, walk):
        optimizer, (start, gradients), memory = copy.deepcopy(optimizer), walk, walk[0].copy()
        theta = memory
        for g in gradients:
            kept = g.copy()
            optimizer.step(theta, g)
            assert g.tobytes() == kept.tobytes()
        assert theta is memory and optimizer.state["steps"] == 50
        assert np.allclose(theta, by_the_formula(optimizer, start, gradients), rtol=1e-12, atol=1e-12)

    def test_blocks_and_segments_change_nothing_but_what_they_say(self, optimizer):
        rng, n = np.random.default_rng(1), 2 * BLOCK + 77
        start, gradients = rng.normal(size=n), rng.normal(size=(3, n))
        whole, cut = copy.deepcopy(optimizer), copy.deepcopy(optimizer)
        theta, theta_cut = start.copy(), start.copy()
        segments = [(slice(5, 9), 0.0, 1.0), (slice(BLOCK - 3, BLOCK + 3), 0.5, 1.0), (slice(n - 9, n), 1.0, 0.0)]
        for g in gradients:
            whole.step(theta, g)
            cut.step(theta_cut, g, segments)
        touched = np.zeros(n, bool)
        for part, _, _ in segments:
            touched[part] = True
        assert np.allclose(theta, by_the_formula(optimizer, start, gradients), rtol=1e-12, atol=1e-12)
        assert np.array_equal(theta[~touched], theta_cut[~touched])
        assert theta_cut[5:9].tobytes() == start[5:9].tobytes()
        for name in cut.vectors:
            assert np.array_equal(cut.state[name][5:9], optimizer.fresh(name, theta[5:9]))
        undecayed = copy.deepcopy(optimizer)
        undecayed.weight_decay = 0
        for (part, lr_factor, _), other in zip(segments[1:], (optimizer, undecayed), strict=True):
            expected = by_the_formula(other, start[part], gradients[:, part], lr_factor)
            assert np.allclose(theta_cut[part], expected, rtol=1e-12, atol=1e-12)

    def test_state_goes_on_where_it_stopped(self, optimizer, walk):
        straight, first, second = (copy.deepcopy(optimizer) for _ in range(3))
        theta, resumed = walk[0].copy(), walk[0].copy()
        for g in walk[1]:
            straight.step(theta, g)
        for g in walk[1][:20]:
            first.step(resumed, g)
        second.state = copy.deepcopy(first.state)
        for g in walk[1][20:]:
            second.step(resumed, g)
        assert resumed.tobytes() == theta.tobytes()

    def test_numbers_from_a_file_go_on_alike(self, optimizer, walk):
        first, start = copy.deepcopy(optimizer), walk[0].astype(np.float32)
        first.step(start, walk[1][0].astype(np.float32))
        ends = []
        for convert in (lambda number: number, np.asarray):
            second, theta = copy.deepcopy(optimizer), start.copy()
            second.state = {name: convert(copy.copy(value)) for name, value in first.state.items()}
            second.step(theta, walk[1][1].astype(np.float32))
            ends.append(theta.tobytes())
        assert ends[0] == ends[1]

    def test_float32_stays_float32(self, optimizer, walk):
        optimizer, theta = copy.deepcopy(optimizer), walk[0].astype(np.float32)
        optimizer.step(theta, walk[1][0].astype(np.float32))
        arrays = [a for a in optimizer.state.values() if isinstance(a, np.ndarray)]
        assert all(a.dtype == np.float32 for a in [theta, *arrays])

    def test_vectors_that_do_not_belong_together(self, optimizer):
        optimizer = copy.deepcopy(optimizer)
        with pytest.raises(ValueError, match=r"gradient like theta, float64 \(3,\), got float64 \(4,\)"):
            optimizer.step(np.zeros(3), np.zeros(4))
        with pytest.raises(ValueError, match=r"got float32 \(3,\)"):
            optimizer.step(np.zeros(3), np.zeros(3, np.float32))
        with pytest.raises(TypeError, match=r"theta as a vector of floats, got int64 of shape \(3,\)"):
            optimizer.step(np.zeros(3, int), np.zeros(3, int))
        with pytest.raises(TypeError, match="got NoneType"):
            optimizer.step(None, None)
        assert optimizer.state["steps"] == 0


def test_an_optimizer_moves_one_model():
    adam = Adam()
    adam.step(np.zeros(3), np.ones(3))
    with pytest.raises(ValueError, match=r"has moved a theta of float64 \(3,\), got float64 \(4,\)"):
        adam.step(np.zeros(4), np.ones(4))


def test_first_step_of_adam_is_lr():
    theta = np.zeros(2)
    Adam(lr=0.1, eps=0).step(theta, np.array([1e-5, -300.0]))
    assert np.allclose(theta, [-0.1, 0.1], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(lr=-1), "lr expected a number of 0 or more, got -1"),
        (lambda: SGD(lr="0.1"), "lr expected a number of 0 or more, got '0.1'"),
        (lambda: SGD(lr=float("nan")), "lr expected a number"),
        (lambda: SGD(momentum=1), "momentum expected a number from 0 to below 1, got 1"),
        (lambda: SGD(nesterov=True), "nesterov expected false, or true with a momentum above 0, got True"),
        (lambda: SGD(weight_decay=-0.1), "weight_decay expected"),
        (lambda: Adam(betas=(0.9, 1)), r"betas\[1\] expected a number from 0 to below 1, got 1"),
        (lambda: Adam(betas=(0.9,)), "betas expected two numbers"),
        (lambda: Adam(betas=0.9), "betas expected two numbers"),
        (lambda: Adam(eps=True), "eps expected"),
        (lambda: Adagrad(initial_accumulator_value=-1), "initial_accumulator_value expected a number of 0 or more"),
        (lambda: Adagrad(lr_decay=-1), "lr_decay expected"),
        (lambda: Adadelta(rho=1), "rho expected a number from 0 to below 1, got 1"),
        (lambda: RMSprop(alpha=1), "alpha expected a number from 0 to below 1"),
        (lambda: RMSprop(momentum=-0.1), "momentum expected a number from 0 to below 1"),
        (lambda: RMSprop(centered=1), "centered expected true or false, got 1"),
        (lambda: NAdam(momentum_decay=-1), "momentum_decay expected a number of 0 or more"),
        (lambda: NAdam(decoupled_weight_decay="no"), "decoupled_weight_decay expected true or false, got 'no'"),
        (lambda: RAdam(decoupled_weight_decay=0), "decoupled_weight_decay expected true or false"),
        (lambda: Lion(betas=(1, 0.5)), r"betas\[0\] expected a number from 0 to below 1"),
        (lambda: Rprop(etas=(0, 1.2)), r"etas\[0\] expected a number above 0 and below 1, got 0"),
        (lambda: Rprop(etas=(0.5, 1)), r"etas\[1\] expected a number above 1, got 1"),
        (lambda: Rprop(etas=0.5), "etas expected two numbers, got 0.5"),
        (lambda: Rprop(step_sizes=(1, 0.5)), r"step_sizes\[1\] expected a number of 1 or more, got 0.5"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "segments",
    [
        [(slice(3, 6), 0, 1), (slice(0, 2), 1, 1)],
        [(slice(0, 4), 0, 1), (slice(3, 6), 1, 1)],
        [(slice(5, 8), 0, 1)],
        [(slice(None, 3), 0, 1)],
    ],
)
def test_segments_must_be_in_order_and_within(segments):
    theta = np.ones(6)
    with pytest.raises(ValueError, match="segments expected slices in order, within"):
        SGD().step(theta, np.ones(6), segments)
    assert np.array_equal(theta, np.ones(6))


def test_every_part_beside_the_segments_is_moved():
    theta = np.zeros(10)
    SGD(lr=1).step(theta, np.ones(10), [(slice(2, 4), 0.0, 1.0), (slice(6, 7), 0.5, 1.0)])
    assert theta.tolist() == [-1, -1, 0, 0, -1, -1, -0.5, -1, -1, -1]


def test_the_state_of_a_frozen_part_stays():
    optimizer, theta = SGD(lr=1, momentum=0.9), np.zeros(4)
    optimizer.step(theta, np.ones(4), [(slice(0, 2), 0.0, 1.0)])
    assert optimizer.state["velocity"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9, nesterov=True), AdamW()], ids=["SGD", "AdamW"])
def test_a_learning_rate_from_numpy_promotes_nothing(optimizer):
    optimizer.lr, theta = np.float64(0.1), np.zeros(3, np.float32)
    before = theta.copy()
    optimizer.step(theta, np.ones(3, np.float32), [(slice(0, 1), np.float64(0.5), 1.0)])
    assert theta.dtype == np.float32 and (theta != before).all()
    optimizer.lr = float("nan")
    with pytest.raises(ValueError, match="lr expected a number of 0 or more, got nan"):
        optimizer.step(theta, np.ones(3, np.float32))


def test_a_list_will_do_as_gradient():
    theta = np.zeros(2)
    SGD(lr=1, momentum=0.5, nesterov=True).step(theta, [1.0, 2.0])
    assert theta.tolist() == [-1.5, -3]


def test_scratch_follows_the_dtype():
    sgd, small, large = SGD(lr=0.5), np.zeros(3, np.float32), np.zeros(3)
    sgd.step(small, np.full(3, 1 / 3, np.float32))
    sgd.step(large, np.full(3, 1 / 3))
    assert large.tolist() == [-0.5 / 3] * 3


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (Adam(), "Adam()"),
        (SGD(lr=0.1, momentum=0.9, nesterov=True), "SGD(lr=0.1, momentum=0.9, nesterov=True)"),
        (AdamW(weight_decay=0), "AdamW(weight_decay=0.0)"),
        (Lion(betas=[0.9, 0.9]), "Lion(betas=(0.9, 0.9))"),
        (Rprop(step_sizes=(1e-6, 50.0)), "Rprop()"),
    ],
)
def test_repr_is_the_constructor_call(optimizer, text):
    assert repr(optimizer) == text


def test_centered_rmsprop_takes_no_root_of_a_rounding_error():
    theta, optimizer = np.zeros(1000, np.float32), RMSprop(centered=True, alpha=0.5)
    g = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    for _ in range(50):
        optimizer.step(theta, g)
    assert np.isfinite(theta).all()


def test_the_learning_rate_of_rprop_counts_at_the_start_and_at_0():
    rprop, theta, g = Rprop(lr=0.1), np.zeros(2), np.array([1.0, -1e-200])
    rprop.step(theta, g)
    rprop.lr = 7.0
    rprop.step(theta, g)
    assert np.allclose(theta, [-0.22, 0.22], rtol=1e-12)
    rprop.lr, kept = 0.0, theta.copy()
    rprop.step(theta, g)
    assert np.array_equal(theta, kept)


def test_a_refused_first_step_leaves_no_step_sizes():
    rprop, theta = Rprop(), np.zeros(2)
    rprop.lr = float("nan")
    with pytest.raises(ValueError, match="lr expected"):
        rprop.step(theta, np.ones(2))
    rprop.lr = 0.5
    rprop.step(theta, np.ones(2))
    assert theta.tolist() == [-0.5, -0.5]
