"""Every loss: gradients, values by hand, hard cases, errors."""

import math

import numpy as np
import pytest

import losses
from losses import MAE, MSE, NLL, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, Loss
from threestep.checks import check_gradients

RNG = np.random.default_rng(0)
LOGITS, SEQUENCE = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3, 4))
LABELS, SEQUENCE_LABELS = np.array([0, 3, 2, 2, 1]), RNG.integers(0, 4, (5, 3))
SOFT = RNG.dirichlet(np.ones(4), 5)
BITS = RNG.integers(0, 2, (5, 4))

TABLE = [  # (loss, prediction, target)
    (BinaryCrossEntropy(), RNG.uniform(0.1, 0.9, (5, 4)), BITS),
    (BinaryCrossEntropy(), RNG.uniform(0.1, 0.9, (5, 1)), RNG.uniform(0, 1, (5, 1))),
    (BinaryCrossEntropyWithLogits(), LOGITS, BITS),
    (BinaryCrossEntropyWithLogits(), SEQUENCE, RNG.uniform(0, 1, SEQUENCE.shape)),
    (CrossEntropy(), LOGITS, LABELS),
    (CrossEntropy(), LOGITS, SOFT),
    (CrossEntropy(), LOGITS, 2 * SOFT),
    (CrossEntropy(), SEQUENCE, SEQUENCE_LABELS),
    (MAE(), LOGITS, LOGITS + RNG.choice([-1, 1], LOGITS.shape)),
    (MSE(), LOGITS, SOFT),
    (MSE(), SEQUENCE, -SEQUENCE),
    (NLL(), LOGITS, LABELS),
    (NLL(), LOGITS, SOFT),
    (NLL(), SEQUENCE, SEQUENCE_LABELS),
]
each_row = pytest.mark.parametrize(("loss", "prediction", "target"), TABLE)


def test_every_loss_has_a_row():
    assert {type(loss).__name__ for loss, *_ in TABLE} == set(losses.__all__) - {"Loss"}


@each_row
def test_gradients(loss, prediction, target):
    assert check_gradients(loss, prediction, target)


@each_row
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_contract(loss, prediction, target, dtype):
    p, t = prediction.astype(dtype), target.copy()
    p.setflags(write=False)
    t.setflags(write=False)
    value = loss.forward(p, t)
    assert type(value) is float
    first = loss.backward()
    assert first.shape == p.shape and first.dtype == dtype
    kept = first.copy()
    assert np.array_equal(loss.backward(), kept)  # backward twice is backward once
    loss.forward(p[::-1], t)
    loss.backward()
    assert np.array_equal(first, kept)  # what was returned stays
    assert type(loss)().forward(list(p), t) == pytest.approx(value)


@each_row
def test_the_loss_is_the_mean_over_the_examples(loss, prediction, target):
    each = [loss.forward(prediction[i : i + 1], target[i : i + 1]) for i in range(5)]
    assert loss.forward(prediction, target) == pytest.approx(np.mean(each), rel=1e-12)


@each_row
def test_backward_needs_forward(loss, prediction, target):
    with pytest.raises(RuntimeError, match=f"{type(loss).__name__}.backward before forward"):
        type(loss)().backward()


@each_row
def test_wrong_shapes_and_dtypes_are_named(loss, prediction, target):
    name = type(loss).__name__
    with pytest.raises(ValueError, match=f"{name} expected"):
        loss.forward(prediction, target[:4])
    with pytest.raises(TypeError, match=f"{name} needs a floating-point prediction, got int64"):
        loss.forward(prediction.astype(int), target)
    with pytest.raises(ValueError, match=f"{name} needs at least one example"):
        loss.forward(prediction[:0], target[:0])
    with pytest.raises(RuntimeError):
        loss.backward()  # a forward that failed leaves nothing to differentiate


def test_values_by_hand():
    assert BinaryCrossEntropy().forward(np.array([[0.8], [0.4]]), [[1], [0]]) == pytest.approx(
        -(math.log(0.8) + math.log(0.6)) / 2, rel=1e-15
    )
    assert MSE().forward(np.array([[1.0, 2], [3, 4]]), [[0, 0], [3, 2]]) == (1 + 4 + 0 + 4) / 4
    assert MAE().forward(np.array([[1.0, 2], [3, 4]]), [[0, 0], [3, 2]]) == (1 + 2 + 0 + 2) / 4
    assert CrossEntropy().forward(np.zeros((3, 10)), [0, 5, 9]) == pytest.approx(math.log(10), rel=1e-15)
    assert NLL().forward(np.log([[0.25, 0.75]]), [1]) == pytest.approx(-math.log(0.75), rel=1e-15)


def test_the_two_binary_losses_agree():
    z = RNG.normal(size=(6, 2))
    y = RNG.integers(0, 2, (6, 2))
    p = 1 / (1 + np.exp(-z))
    assert BinaryCrossEntropy().forward(p, y) == pytest.approx(BinaryCrossEntropyWithLogits().forward(z, y), rel=1e-13)


def test_cross_entropy_is_exact_at_any_size():
    loss = CrossEntropy()
    assert loss.forward(np.array([[1e4, 0], [-1e4, 0]]), [0, 1]) == 0
    assert loss.forward(np.array([[1e4, 0], [0, 1e4]]), [1, 0]) == 1e4
    assert loss.backward().tolist() == [[0.5, -0.5], [-0.5, 0.5]]


def test_logits_of_a_thousand_have_exact_losses_and_finite_gradients():
    loss = BinaryCrossEntropyWithLogits()
    assert loss.forward(np.array([[1000.0, -1000]]), [[0, 1]]) == 1000
    assert loss.backward().tolist() == [[0.5, -0.5]]
    assert loss.forward(np.array([[1000.0, -1000]]), [[1, 0]]) == 0


def test_probabilities_of_0_and_1_cost_at_most_100_nats():
    loss = BinaryCrossEntropy()
    assert loss.forward(np.array([[1.0], [0]]), [[1], [0]]) == 0
    assert loss.backward().tolist() == [[0], [0]]
    assert loss.forward(np.array([[1.0], [0]]), [[0], [1]]) == 100
    assert np.isfinite(loss.backward()).all()


def test_mae_has_derivative_0_where_the_prediction_is_right():
    loss = MAE()
    loss.forward(np.array([[1.0, 2]]), [[1, 5]])
    assert loss.backward().tolist() == [[0, -0.5]]


@pytest.mark.parametrize("loss", [CrossEntropy(), NLL()])
def test_labels_out_of_range_and_of_another_kind(loss):
    with pytest.raises(ValueError, match="expected labels from 0 to 3, got 4"):
        loss.forward(LOGITS, [0, 1, 2, 3, 4])
    with pytest.raises(ValueError, match="expected labels from 0 to 3, got -1"):
        loss.forward(LOGITS, [0, 1, 2, 3, -1])
    with pytest.raises(TypeError, match=r"expected whole numbers as labels, got float64: use target.astype\(int\)"):
        loss.forward(LOGITS, [0.0, 1, 2, 3, 1])
    with pytest.raises(ValueError, match=r"labels of shape \(5,\) or soft targets of shape \(5, 4\), got \(5, 1\)"):
        loss.forward(LOGITS, LABELS[:, None])


def test_nothing_is_broadcast():
    with pytest.raises(ValueError, match=r"in the shape of prediction, \(5, 1\), got \(5,\): use target\[:, None\]"):
        MSE().forward(np.zeros((5, 1)), np.zeros(5))
    with pytest.raises(ValueError, match=r"expected target in the shape of prediction, \(5,\), got \(5, 1\)"):
        MSE().forward(np.zeros(5), np.zeros((5, 1)))


def test_tiny_losses_keep_their_digits():
    assert BinaryCrossEntropy().forward(np.array([[1e-20]]), [[0]]) == pytest.approx(1e-20, rel=1e-12, abs=0)
    assert BinaryCrossEntropyWithLogits().forward(np.array([[-50.0]]), [[0]]) == pytest.approx(
        np.exp(-50), rel=1e-12, abs=0
    )


def test_soft_targets_are_weights():
    with pytest.raises(ValueError, match="expected soft targets of 0 or more, got float64 from -1"):
        CrossEntropy().forward(LOGITS, SOFT - 1 - SOFT.min())
    with pytest.raises(ValueError, match=r"got \(5, 1\): use target\[..., 0\]"):
        CrossEntropy().forward(LOGITS, LABELS[:, None])


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"BinaryCrossEntropy expected target in \[0, 1\], got 2"):
        BinaryCrossEntropy().forward(np.array([[0.5]]), [[2]])
    with pytest.raises(ValueError, match=r"expected prediction in \[0, 1\], got 1.5: use Sigmoid"):
        BinaryCrossEntropy().forward(np.array([[1.5]]), [[1]])
    with pytest.raises(ValueError, match=r"expected target in \[0, 1\], got -1"):
        BinaryCrossEntropyWithLogits().forward(np.array([[1.5]]), [[-1]])


def test_decide_says_what_a_prediction_stands_for():
    assert CrossEntropy().decide(np.array([[0.1, 0.9], [2, 1]])).tolist() == [1, 0]
    assert BinaryCrossEntropy().decide(np.array([[0.5], [0.4]])).tolist() == [[1], [0]]
    assert BinaryCrossEntropyWithLogits().decide(np.array([[0.1], [-0.1]])).tolist() == [[1], [0]]
    assert MSE().decide(np.array([[0.3]])).tolist() == [[0.3]]


def test_a_loss_of_your_own_needs_two_steps():
    class Mean(Loss):
        def forward(self, prediction, target):
            self.shape = prediction.shape
            return float(prediction.mean())

        def backward(self):
            return np.full(self.shape, 1 / np.prod(self.shape))

    assert check_gradients(Mean(), LOGITS, LABELS)
