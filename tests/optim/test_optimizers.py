"""Every optimizer: its formula in plain NumPy beside it, segments, state, errors."""

import copy

import numpy as np
import pytest

import optim
from optim import SGD, Adam, AdamW
from optim.optimizer import BLOCK

ROWS = [
    SGD(lr=0.1),
    SGD(lr=0.1, weight_decay=0.3),
    SGD(lr=0.1, momentum=0.9),
    SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.3),
    Adam(lr=0.1),
    Adam(lr=0.1, betas=(0.5, 0.7), eps=0.1, weight_decay=0.3),
    AdamW(lr=0.1, weight_decay=0.3),
]


def by_the_formula(optimizer, theta, gradients):
    """The docstrings' formulas, on whole vectors."""
    theta, a, b = theta.copy(), 0, 0
    lr, decay = optimizer.lr, optimizer.weight_decay
    for t, g in enumerate(gradients, 1):
        if isinstance(optimizer, AdamW):
            theta = theta - lr * decay * theta
        else:
            g = g + decay * theta
        if isinstance(optimizer, SGD):
            a = optimizer.momentum * a + g
            theta = theta - lr * (g + optimizer.momentum * a if optimizer.nesterov else a)
        else:
            b1, b2 = optimizer.betas
            a, b = b1 * a + (1 - b1) * g, b2 * b + (1 - b2) * g**2
            theta = theta - lr * (a / (1 - b1**t)) / (np.sqrt(b / (1 - b2**t)) + optimizer.eps)
    return theta


@pytest.fixture
def walk():
    rng = np.random.default_rng(0)
    return rng.normal(size=7), rng.normal(size=(50, 7))


def test_every_optimizer_has_a_row():
    assert {type(optimizer).__name__ for optimizer in ROWS} == set(optim.__all__) - {"Optimizer"}


@pytest.mark.parametrize("optimizer", ROWS, ids=lambda o: f"{type(o).__name__}-{vars(o)}")
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
        slow, undecayed = copy.deepcopy(optimizer), copy.deepcopy(optimizer)
        slow.lr, undecayed.weight_decay = optimizer.lr / 2, 0
        for part, other in ((segments[1][0], slow), (segments[2][0], undecayed)):
            expected = by_the_formula(other, start[part], gradients[:, part])
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
