"""Several batches that make one step, beside one batch as large."""

import numpy as np
import pytest

from layers import Dense, Identity, LayerNorm, LogSoftmax, Sequential, Sigmoid, Tanh
from losses import (
    MAE,
    MSE,
    NLL,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Hinge,
    Huber,
    KLDivergence,
    PoissonNLL,
)
from optim import SGD, Adam, Cosine
from threestep.training import Callback, fit

RNG = np.random.default_rng(0)
X, Y, LABELS = RNG.normal(size=(45, 4)), RNG.normal(size=(45, 3)), RNG.integers(0, 3, 45)
WEIGHTS = RNG.random(45) * (RNG.random(45) < 0.8)
SHARES = np.exp(Y) / np.exp(Y).sum(axis=1, keepdims=True)
SEQUENCES, SEQUENCE_LABELS = RNG.normal(size=(45, 5, 4)), RNG.integers(-1, 3, (45, 5))


def train(batch_size, accumulate, criterion, y, x=X, last=Identity, **options):
    model = Sequential(Dense(6), LayerNorm(), Tanh(), Dense(3), last())
    model.build(x.shape[1:], dtype=np.float64)
    optimizer = options.pop("optimizer", None) or SGD(lr=0.1, momentum=0.9)
    options |= {"batch_size": batch_size, "accumulate": accumulate, "epochs": 3}
    return model, fit(model, criterion, optimizer, x, y, **options)


@pytest.mark.parametrize(
    ("criterion", "y", "options"),
    [
        (MSE(), Y, {}),
        (MSE(), Y, {"weights": WEIGHTS, "clip_norm": 0.1}),
        (MSE(), Y, {"l1": 0.01, "l2": 0.1, "clip_value": 0.02, "schedule": Cosine()}),
        (CrossEntropy(), LABELS, {"optimizer": "adam"}),
        (CrossEntropy(ignore_index=1, weight=[1, 2, 3]), LABELS, {"clip_norm": 0.1, "l2": 0.1}),
        (CrossEntropy(ignore_index=1, label_smoothing=0.1), LABELS, {"weights": WEIGHTS}),
        (CrossEntropy(ignore_index=1), np.sort(LABELS), {}),  # a part, or a step, of which nothing counts
    ],
)
def test_it_equals_the_large_batch_to_rounding(criterion, y, options):
    options = dict(options)
    adam = options.pop("optimizer", None)
    runs = []
    for batch_size, accumulate in ((12, 1), (4, 3), (1, 12)):
        optimizer = Adam(lr=0.05) if adam else None
        runs.append(train(batch_size, accumulate, criterion, y, **options, optimizer=optimizer))
    for model, history in runs[1:]:
        assert np.allclose(model.theta, runs[0][0].theta, rtol=1e-11, atol=1e-13)
        for record, other in zip(history, runs[0][1], strict=True):
            assert record == pytest.approx(other, rel=1e-11)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    ("criterion", "y", "options"),
    [
        (MAE(), Y, {}),
        (Huber(delta=0.3), Y, {}),
        (PoissonNLL(), np.abs(Y), {}),
        (KLDivergence(), SHARES, {"last": LogSoftmax}),
        (BinaryCrossEntropy(), SHARES, {"last": Sigmoid}),
        (BinaryCrossEntropyWithLogits(pos_weight=[1, 2, 3]), SHARES, {}),
        (CrossEntropy(weight=[1, 2, 3], label_smoothing=0.1), SHARES, {}),
        (Hinge(p=2, weight=[1, 2, 3]), LABELS, {}),
        (NLL(ignore_index=0, weight=[1, 2, 3]), LABELS, {"last": LogSoftmax}),
        (CrossEntropy(ignore_index=-1, weight=[1, 2, 3]), SEQUENCE_LABELS, {"x": SEQUENCES}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_loss_has_the_large_batchs_mean(criterion, y, options, weights):
    runs = [train(*sizes, criterion, y, weights=weights, **options) for sizes in ((12, 1), (4, 3), (1, 12))]
    for model, history in runs[1:]:
        assert np.allclose(model.theta, runs[0][0].theta, rtol=1e-10, atol=1e-12)
        for record, other in zip(history, runs[0][1], strict=True):
            assert record == pytest.approx(other, rel=1e-10)


def test_steps_are_counted_as_of_the_large_batch():
    class Watch(Callback):
        def on_gradient(self, progress, x, y):
            seen.append((progress.step, progress.steps_per_epoch, len(x), len(y)))

    seen = []
    train(4, 3, MSE(), Y, callbacks=[Watch()])
    assert seen[:4] == [(1, 4, 12, 12), (2, 4, 12, 12), (3, 4, 12, 12), (4, 4, 9, 9)] and len(seen) == 12


def test_no_part_has_one_example_alone():
    """25 examples in parts of 12: the last joins the part before it, as in any run."""
    sizes = []

    class Watch(Tanh):
        def forward(self, x):
            sizes.append(len(x))
            return super().forward(x)

    model = Sequential(Dense(3), Watch())
    fit(model, MSE(), SGD(lr=0.1), X[:25], Y[:25], batch_size=12, accumulate=3)
    assert sizes == [12, 13]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2"])
def test_what_is_no_number_of_batches_is_refused(wrong):
    with pytest.raises(ValueError, match="accumulate expected a whole number above 0"):
        train(4, wrong, MSE(), Y)


def test_a_part_that_is_not_finite_is_told_before_the_step():
    from threestep.training import Diverged

    class Spoil(Callback):
        def on_step(self, progress):
            if progress.step == 2:
                progress.model.theta[0] = np.inf

    with pytest.raises(Diverged, match="at epoch 1, step 3"):
        train(4, 3, MSE(), Y, callbacks=[Spoil()])
