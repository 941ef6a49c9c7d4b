"""Penalties, clipping and schedules in the loop, beside the same written out."""

import numpy as np
import pytest

from layers import Dense, PReLU, Sequential, Tanh
from losses import MSE
from optim import SGD, Cosine, Plateau, Step
from threestep.training import Callback, Diverged, fit

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=(12, 2))


def model():
    made = Sequential(Dense(3), PReLU(), Tanh(), Dense(2))
    made.build((4,), dtype=np.float64)
    return made


class Gradients(Callback):
    def __init__(self):
        self.seen = []

    def on_gradient(self, progress, x, y):
        self.seen.append(progress.model.gradient.copy())


def train(made, **options):
    watch = Gradients()
    history = fit(made, MSE(), options.pop("optimizer", SGD(lr=0.1)), X, Y, rng=0, callbacks=[watch], **options)
    return history, watch


def test_a_penalty_is_added_once_and_reported_apart():
    plain, penalized = model(), model()
    start = plain.theta.copy()
    plain_history, watch = train(plain, batch_size=12)
    history, other = train(penalized, batch_size=12, l1=0.3, l2=0.7)
    assert np.allclose(other.seen[0], watch.seen[0] + 0.3 * np.sign(start) + 0.7 * start, rtol=1e-13)
    assert history[0]["train_loss"] == plain_history[0]["train_loss"]
    assert history[0]["train_penalty"] == pytest.approx(0.3 * np.abs(start).sum() + 0.35 * start @ start, rel=1e-13)
    assert "train_penalty" not in plain_history[0]


def test_the_penalty_of_an_epoch_is_the_mean_over_its_steps():
    made, starts = model(), []

    class Starts(Callback):
        def on_gradient(self, progress, x, y):
            starts.append(0.35 * progress.model.theta @ progress.model.theta)

    history = fit(made, MSE(), SGD(lr=0.1), X, Y, epochs=2, batch_size=4, l2=0.7, callbacks=[Starts()])
    assert [record["train_penalty"] for record in history] == pytest.approx([np.mean(starts[:3]), np.mean(starts[3:])])


def test_a_gradient_that_a_callback_spoils_is_told_before_the_step():
    class Spoil(Callback):
        def on_gradient(self, progress, x, y):
            progress.model.gradient[-1] = np.inf

    made = model()
    before = made.theta.copy()
    with pytest.raises(Diverged, match="gradient of layer 3 Dense b is not finite at epoch 1, step 1"):
        fit(made, MSE(), SGD(lr=0.1), X, Y, callbacks=[Spoil()])
    assert np.array_equal(made.theta, before)


def test_in_sgd_l2_is_weight_decay():
    one, other = model(), model()
    train(one, epochs=3, batch_size=4, l2=0.2)
    train(other, epochs=3, batch_size=4, optimizer=SGD(lr=0.1, weight_decay=0.2))
    assert np.allclose(one.theta, other.theta, rtol=1e-12)


@pytest.mark.parametrize("options", [{"l2": 0.5}, {"l1": 0.5}, {"optimizer": SGD(lr=0.1, weight_decay=0.5)}])
def test_decay_may_leave_biases_and_slopes_alone(options):
    """Weights move otherwise than without decay; what has one axis moves as without, in the first step."""
    plain, decayed, frozen = model(), model(), model()
    decayed.decay = frozen.decay = "weights"
    frozen[0].frozen = True
    start = plain.theta.copy()
    for made in (plain, decayed, frozen):
        train(made, batch_size=12, **(options if made is not plain else {}))
    for name, array in plain.params.items():
        assert np.array_equal(decayed.params[name], array) == (array.ndim == 1), name
    assert np.array_equal(frozen.theta[:15], start[:15])


def test_the_gradient_is_clipped_after_the_penalty():
    _, watch = train(model(), batch_size=12, l2=100.0)
    _, by_norm = train(model(), batch_size=12, l2=100.0, clip_norm=0.5)
    _, by_value = train(model(), batch_size=12, l2=100.0, clip_value=0.25)
    _, both = train(model(), batch_size=12, l2=100.0, clip_value=0.25, clip_norm=0.5)
    g = watch.seen[0]
    assert np.linalg.norm(g) > 10
    assert np.allclose(by_norm.seen[0], g * 0.5 / np.linalg.norm(g), rtol=1e-6)
    clipped = np.clip(g, -0.25, 0.25)
    assert np.array_equal(by_value.seen[0], clipped)
    assert np.allclose(both.seen[0], clipped * 0.5 / np.linalg.norm(clipped), rtol=1e-6)


def test_a_schedule_sets_lr_at_every_step_and_gives_it_back():
    optimizer = SGD(lr=0.1)
    history, _ = train(model(), epochs=4, batch_size=4, optimizer=optimizer, schedule=Step(step_size=2, gamma=0.5))
    assert [record["lr"] for record in history] == [0.1, 0.1, 0.05, 0.05]
    assert optimizer.lr == 0.1
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(6) / 6))
    assert np.allclose(used(Cosine(), 2), expected)


def used(schedule, epochs):
    """The learning rate of each displacement."""
    seen = []

    class Recorder(SGD):
        def step(self, *arguments):
            seen.append(self.lr)
            super().step(*arguments)

    fit(model(), MSE(), Recorder(lr=0.1), X, Y, epochs=epochs, batch_size=4, schedule=schedule)
    return seen


def test_plateau_watches_the_validation_loss():
    plateau = Plateau(patience=0, factor=0.5, threshold=1e9, threshold_mode="abs")  # only the first improves
    history, _ = train(model(), epochs=4, batch_size=12, schedule=plateau, valid=(X, Y))
    assert [record["lr"] for record in history] == [0.1, 0.1, 0.05, 0.025]


@pytest.mark.parametrize("watched", ["valid_loss", "train_loss"])
def test_a_schedule_observes_the_validation_loss_where_there_is_one(watched):
    observed = []

    class Watching(Step):
        def observe(self, value):
            observed.append(value)

    valid = (X, -Y) if watched == "valid_loss" else None
    history, _ = train(model(), epochs=3, schedule=Watching(step_size=2), valid=valid)
    assert observed == [record[watched] for record in history]


def test_a_schedule_longer_than_the_run_stops_nothing_half_way():
    made, optimizer = model(), SGD(lr=0.1)
    before = made.theta.copy()
    with pytest.raises(ValueError, match="Step: step_size 9 is longer than the run of 3 epochs"):
        train(made, epochs=3, optimizer=optimizer, schedule=Step(step_size=9))
    assert np.array_equal(made.theta, before) and optimizer.lr == 0.1


def test_example_weights():
    """Weight 2 is the example twice, weight 0 the example left out, in gradient and in the reported loss."""
    weights = np.array([2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.0])
    weighted, repeated = model(), model()
    history, watch = train(weighted, batch_size=12, weights=weights)
    keep = [0, 0, *range(2, 12)]
    other = Gradients()
    expected = fit(repeated, MSE(), SGD(lr=0.1), X[keep], Y[keep], batch_size=12, callbacks=[other])
    assert np.allclose(watch.seen[0], other.seen[0], rtol=1e-12)
    assert history[0]["train_loss"] == pytest.approx(expected[0]["train_loss"], rel=1e-12)

    class Steps(Callback):
        seen = 0

        def on_step(self, progress):
            self.seen += 1

    steps = Steps()
    small = fit(model(), MSE(), SGD(lr=0.1), X, Y, batch_size=1, weights=weights, callbacks=[steps])
    assert np.isfinite(small[0]["train_loss"]) and steps.seen == 11  # none is wasted on weight 0


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(11), r"weights expected 12 numbers of 0 or more, .* got shape \(11,\)"),
        (np.ones((12, 1)), r"got shape \(12, 1\)"),
        (np.arange(12) - 1, "got from -1 to 10"),
        (np.zeros(12), "got from 0 to 0"),
        (np.full(12, np.nan), r"weights\[0\] is nan, expected a number"),
    ],
)
def test_wrong_example_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        train(model(), weights=weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"l1": -1}, "l1 expected a number of 0 or more, got -1"),
        ({"clip_norm": 0}, "clip_norm expected a number above 0, got 0"),
        ({"clip_value": -2}, "clip_value expected a number above 0, got -2"),
    ],
)
def test_settings_out_of_range(options, message):
    made = model()
    before = made.theta.copy()
    with pytest.raises(ValueError, match=message):
        train(made, **options)
    assert np.array_equal(made.theta, before)
