"""Every loss: gradients, values by hand, hard cases, errors."""

import copy
import math
import re

import numpy as np
import pytest

import losses
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
    Loss,
    PoissonNLL,
)
from losses.entrywise import Entrywise
from threestep.checks import check_gradients

RNG = np.random.default_rng(0)
LOGITS, SEQUENCE = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 3, 4))
LABELS, SEQUENCE_LABELS = np.array([0, 3, 2, 2, 1]), RNG.integers(0, 4, (5, 3))
SOFT, SOFT_SEQUENCE = RNG.dirichlet(np.ones(4), 5), RNG.dirichlet(np.ones(4), (5, 3))
BITS = RNG.integers(0, 2, (5, 4))
COUNTS, RATES = RNG.poisson(2, (5, 4)), RNG.uniform(0.5, 4, (5, 4))
CLASS_WEIGHTS = [0.5, 2, 0, 3]

TABLE = [  # (loss, prediction, target): the mean over the examples of each example's loss
    (BinaryCrossEntropy(), RNG.uniform(0.1, 0.9, (5, 4)), BITS),
    (BinaryCrossEntropy(), RNG.uniform(0.1, 0.9, (5, 1)), RNG.uniform(0, 1, (5, 1))),
    (BinaryCrossEntropyWithLogits(), LOGITS, BITS),
    (BinaryCrossEntropyWithLogits(), SEQUENCE, RNG.uniform(0, 1, SEQUENCE.shape)),
    (BinaryCrossEntropyWithLogits(pos_weight=3), LOGITS, SOFT),
    (BinaryCrossEntropyWithLogits(pos_weight=[0.5, 2, 0, 3]), SEQUENCE, SOFT_SEQUENCE),
    (CrossEntropy(), LOGITS, LABELS),
    (CrossEntropy(), LOGITS, SOFT),
    (CrossEntropy(), LOGITS, 0.7 * SOFT),
    (CrossEntropy(), SEQUENCE, SEQUENCE_LABELS),
    (CrossEntropy(weight=CLASS_WEIGHTS), LOGITS, SOFT),
    (CrossEntropy(label_smoothing=0.3), LOGITS, LABELS),
    (CrossEntropy(weight=CLASS_WEIGHTS, label_smoothing=0.3), SEQUENCE, SOFT_SEQUENCE),
    (Hinge(), LOGITS, LABELS),
    (Hinge(p=2, margin=0.5), LOGITS, LABELS),
    (Hinge(p=2), SEQUENCE, SEQUENCE_LABELS),
    (Hinge(weight=[0.5, 2, 1, 3]), LOGITS, LABELS),
    (Huber(), 3 * LOGITS, SOFT),
    (Huber(delta=0.3), SEQUENCE, -SEQUENCE),
    (KLDivergence(), LOGITS, SOFT),
    (KLDivergence(), LOGITS, np.eye(4)[LABELS]),
    (KLDivergence(), SEQUENCE, SOFT_SEQUENCE),
    (MAE(), LOGITS, LOGITS + RNG.choice([-1, 1], LOGITS.shape)),
    (MSE(), LOGITS, SOFT),
    (MSE(), SEQUENCE, -SEQUENCE),
    (MSE(), LOGITS[:, 0], SOFT[:, 0]),
    (NLL(), LOGITS, LABELS),
    (NLL(), LOGITS, SOFT),
    (NLL(), SEQUENCE, SEQUENCE_LABELS),
    (PoissonNLL(), LOGITS, COUNTS),
    (PoissonNLL(full=True), SEQUENCE, RNG.poisson(2, SEQUENCE.shape)),
    (PoissonNLL(log_input=False, full=True), RATES, COUNTS),
    (PoissonNLL(log_input=False, eps=0.5), RATES, COUNTS),
]
BY_LABEL = [  # where a label's weight counts in the mean too
    (CrossEntropy(weight=[0.5, 2, 1, 3]), LOGITS, LABELS),
    (CrossEntropy(weight=CLASS_WEIGHTS, ignore_index=3, label_smoothing=0.3), SEQUENCE, SEQUENCE_LABELS),
    (CrossEntropy(), LOGITS, np.array([0, 3, -100, 2, 1])),
    (NLL(weight=[0.5, 2, 1, 3], ignore_index=2), SEQUENCE, SEQUENCE_LABELS),
    (NLL(ignore_index=-1), LOGITS, np.array([0, 3, -1, -1, 1])),
]
each_row = pytest.mark.parametrize(("loss", "prediction", "target"), TABLE + BY_LABEL)
each_mean = pytest.mark.parametrize(("loss", "prediction", "target"), TABLE)


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
    assert copy.deepcopy(loss).forward(list(p), t) == pytest.approx(value)


@each_mean
def test_the_loss_is_the_mean_over_the_examples(loss, prediction, target):
    each = [loss.forward(prediction[i : i + 1], target[i : i + 1]) for i in range(5)]
    assert loss.forward(prediction, target) == pytest.approx(np.mean(each), rel=1e-12)


@each_row
def test_a_weight_of_2_is_the_example_given_twice(loss, prediction, target):
    weights = np.array([2, 0, 1, 3, 1])
    rows = np.repeat(np.arange(5), weights)
    value, gradient = loss.forward(prediction[rows], target[rows]), loss.backward()
    expected = np.zeros_like(prediction)
    np.add.at(expected, rows, gradient)
    for scale in (1, 0.1, 1e308):
        assert loss.forward(prediction, target, weights * (scale / 3)) == pytest.approx(value, rel=1e-12)
        assert np.allclose(loss.backward(), expected, rtol=1e-12, atol=1e-15)
    assert not loss.backward()[1].any()
    assert loss.forward(prediction, target, weights=np.ones(5)) == pytest.approx(loss.forward(prediction, target))
    loss.forward(prediction.astype(np.float32), target, weights)
    assert loss.backward().dtype == np.float32


@each_row
def test_wrong_weights_are_named(loss, prediction, target):
    name = type(loss).__name__
    for weights, message in (
        (np.ones(4), "expected weights of shape (5,), one for each example, got (4,)"),
        (np.ones((5, 1)), "expected weights of shape (5,), one for each example, got (5, 1)"),
        (2.0, "expected weights of shape (5,), one for each example, got ()"),
        ([1, 1, -2, 1, 1], "expected weights of 0 or more, got -2 at weights[2]"),
        ([1, 1, 1, np.nan, 1], "expected weights of 0 or more, got nan at weights[3]"),
        ([1, np.inf, 1, 1, 1], "expected weights of 0 or more, got inf at weights[1]"),
        (np.zeros(5), "expected a weight above 0, got none"),
    ):
        with pytest.raises(ValueError, match=re.escape(f"{name} {message}")):
            loss.forward(prediction, target, weights)
    with pytest.raises(TypeError, match=f"{name} needs numbers as weights, got <U1"):
        loss.forward(prediction, target, list("abcde"))
    with pytest.raises(RuntimeError):
        loss.backward()


@each_row
def test_repr_reads_like_the_constructor_call(loss, prediction, target):
    again = eval(repr(loss), vars(losses))
    assert repr(again) == repr(loss) and type(again) is type(loss)
    assert again.forward(prediction, target) == loss.forward(prediction, target)


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
    assert Huber().forward(np.array([[0.5, -3], [1, 0]]), np.zeros((2, 2))) == (0.125 + 2.5 + 0.5 + 0) / 4
    assert Huber(delta=2).forward(np.array([[1.0], [-3]]), [[0], [0]]) == (0.5 + 4) / 2
    assert Hinge().forward(np.array([[2.0, 1.5, 0], [0, 1, 3]]), [0, 1]) == (0.5 / 3 + 3 / 3) / 2
    assert Hinge(p=2, margin=2).forward(np.array([[2.0, 1.5, 0]]), [0]) == 2.25 / 3
    assert PoissonNLL().forward(np.array([[0.0, 1]]), [[3, 2]]) == pytest.approx((1 + math.e - 2) / 2, rel=1e-15)
    assert PoissonNLL(log_input=False, eps=1).forward(np.array([[0.0, 1]]), [[3, 2]]) == pytest.approx(
        (0 + 1 - 2 * math.log(2)) / 2, rel=1e-15
    )
    assert KLDivergence().forward(np.log([[0.25, 0.75], [0.5, 0.5]]), [[0.5, 0.5], [0, 1]]) == pytest.approx(
        (0.5 * math.log(2) + 0.5 * math.log(2 / 3) + math.log(2)) / 2, rel=1e-15
    )


def test_the_constant_of_poisson_is_close_to_the_factorial():
    x, counts = np.zeros((1, 4)), np.array([[0, 1, 5, 20]])
    constants = [PoissonNLL(full=True).forward(x[:, [i]], counts[:, [i]]) - 1 for i in range(4)]
    assert constants[:2] == [0, 0]
    assert constants[2:] == pytest.approx([math.lgamma(6), math.lgamma(21)], rel=0.005)


def test_the_two_binary_losses_agree():
    z = RNG.normal(size=(6, 2))
    y = RNG.integers(0, 2, (6, 2))
    p = 1 / (1 + np.exp(-z))
    assert BinaryCrossEntropy().forward(p, y) == pytest.approx(BinaryCrossEntropyWithLogits().forward(z, y), rel=1e-13)


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


@pytest.mark.parametrize("delta", [0.5, 1])
def test_huber_at_its_kink_and_for_large_errors(delta):
    loss = Huber(delta=delta)
    prediction = np.array([[delta, -delta, 0, 1e30]], np.float32)
    loss.forward(prediction, np.zeros((1, 4)))
    assert loss.backward().tolist() == [[delta / 4, -delta / 4, 0, delta / 4]]


def test_rates_and_counts_are_not_negative():
    with pytest.raises(ValueError, match="PoissonNLL expected target of 0 or more, got -1"):
        PoissonNLL().forward(LOGITS, COUNTS - 1 - COUNTS.min())
    with pytest.raises(ValueError, match="PoissonNLL expected prediction of 0 or more, got -0.5: use log_input=True"):
        PoissonNLL(log_input=False).forward(np.array([[1, -0.5]]), [[1, 1]])
    assert np.isfinite(PoissonNLL(log_input=False).forward(np.zeros((1, 2)), [[0, 3]]))


def test_what_is_no_distribution_is_refused():
    for wrong in (1.5, -0.5):
        with pytest.raises(ValueError, match=f"KLDivergence expected target in .0, 1., a probability .*, got {wrong}"):
            KLDivergence().forward(np.zeros((1, 2)), [[0.5, wrong]])
    with pytest.raises(ValueError, match=r"KLDivergence expected prediction of shape \(N, K\), got \(2,\)"):
        KLDivergence().forward(np.zeros(2), [0.5, 0.5])


def test_kl_is_cross_entropy_less_entropy_and_0_ln_0_is_0():
    x, loss = np.log(SOFT[::-1]), KLDivergence()
    entropy = -np.sum(SOFT * np.log(SOFT)) / 5
    assert loss.forward(x, SOFT) == pytest.approx(NLL().forward(x, SOFT) - entropy, rel=1e-12)
    assert loss.forward(np.log(SOFT), SOFT) == 0
    assert loss.forward(np.array([[0, -np.inf]]), [[1, 0]]) == 0
    assert loss.backward().tolist() == [[-1, 0]]


def test_pos_weight_is_a_number_or_one_for_each_entry():
    z, y = np.array([[0.0, 0], [0, 0]]), [[1, 0], [1, 1]]
    ln2 = math.log(2)
    assert BinaryCrossEntropyWithLogits(pos_weight=3).forward(z, y) == pytest.approx((3 + 1 + 3 + 3) * ln2 / 4)
    assert BinaryCrossEntropyWithLogits(pos_weight=[3, 5]).forward(z, y) == pytest.approx((3 + 1 + 3 + 5) * ln2 / 4)
    with pytest.raises(ValueError, match="expected a pos_weight for each of the last axis's entries, 2, got 3"):
        BinaryCrossEntropyWithLogits(pos_weight=[1, 2, 3]).forward(z, y)
    far, loss = np.array([[1000.0, -1000]]), BinaryCrossEntropyWithLogits(pos_weight=3)
    assert loss.forward(far, [[1, 1]]) == 1500
    assert loss.backward().tolist() == [[0, -1.5]]


def test_an_example_of_weight_0_may_cost_infinitely_much():
    loss = KLDivergence()
    assert loss.forward(np.array([[0, -np.inf], [-1, 0]]), [[0.5, 0.5], [1, 0]], [0, 1]) == 1
    assert loss.backward().tolist() == [[0, 0], [-1, 0]]


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
    assert MSE().decide(np.array([[0.3]])).tolist() == Huber().decide(np.array([[0.3]])).tolist() == [[0.3]]
    assert Hinge().decide(LOGITS).tolist() == KLDivergence().decide(LOGITS).tolist() == LOGITS.argmax(1).tolist()
    assert PoissonNLL().decide(np.array([[0.0, 1]])).tolist() == [[1, math.e]]
    assert PoissonNLL(log_input=False).decide(np.array([[0.0, 1]])).tolist() == [[0, 1]]


def test_a_loss_of_your_own_needs_two_steps():
    class Mean(Loss):
        def forward(self, prediction, target):
            self.shape = prediction.shape
            return float(prediction.mean())

        def backward(self):
            return np.full(self.shape, 1 / np.prod(self.shape))

    assert check_gradients(Mean(), LOGITS, LABELS)
    with pytest.raises(TypeError, match="Mean takes no weights: its forward has no argument of that name"):
        Mean().forward(LOGITS, LABELS, np.ones(5))


def test_a_loss_of_your_own_may_take_weights():
    class Mean(Loss):
        def __init__(self, scale, shift=0):
            self.scale, self.shift = scale, shift

        def forward(self, prediction, target, weights=None):
            return float(self.scale * (prediction[:, 0].mean() if weights is None else weights @ prediction[:, 0]))

    assert Mean(2).forward(np.array([[1.0], [2]]), [0, 0]) == 3
    assert Mean(2).forward(np.array([[1.0], [2]]), [0, 0], [3, 1]) == 2.5
    assert repr(Mean(2, shift=1)) == "Mean(2, shift=1)"


def test_a_loss_entry_by_entry_needs_two_formulas():
    class Cubed(Entrywise):
        def each(self, p, y):
            return np.abs(p - y) ** 3

        def slope(self, p, y):
            return 3 * (p - y) * np.abs(p - y)

    assert check_gradients(Cubed(), LOGITS, SOFT)
