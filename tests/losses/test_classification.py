"""The losses for one class out of K: class weights, ignored labels, label smoothing, margins."""

import math

import numpy as np
import pytest

from losses import NLL, CrossEntropy, Hinge

RNG = np.random.default_rng(0)
LOGITS, SEQUENCE = RNG.normal(size=(5, 4)), RNG.normal(size=(2, 3, 4))
LABELS, SOFT = np.array([0, 3, 2, 2, 1]), RNG.dirichlet(np.ones(4), 5)


def test_cross_entropy_is_exact_at_any_size():
    loss = CrossEntropy()
    assert loss.forward(np.array([[1e4, 0], [-1e4, 0]]), [0, 1]) == 0
    assert loss.forward(np.array([[1e4, 0], [0, 1e4]]), [1, 0]) == 1e4
    assert loss.backward().tolist() == [[0.5, -0.5], [-0.5, 0.5]]


@pytest.mark.parametrize("loss", [CrossEntropy(), NLL(), NLL(ignore_index=2), Hinge()])
def test_labels_out_of_range_and_of_another_kind(loss):
    name = type(loss).__name__
    with pytest.raises(ValueError, match=rf"{name} expected labels from 0 to 3, got 4 at target\[4\]"):
        loss.forward(LOGITS, [0, 1, 2, 3, 4])
    with pytest.raises(ValueError, match=rf"{name} expected labels from 0 to 3, got -1 at target\[3\]"):
        loss.forward(LOGITS, [0, 1, 2, -1, 4])
    with pytest.raises(ValueError, match=r"expected labels from 0 to 3, got 5 at target\[1, 0\]"):
        loss.forward(SEQUENCE, [[0, 1, 2], [5, 0, 0]])
    with pytest.raises(TypeError, match=r"expected whole numbers as labels, got float64: use target.astype\(int\)"):
        loss.forward(LOGITS, [0.0, 1, 2, 3, 1])
    with pytest.raises(ValueError, match=r"labels of shape \(5,\).*, got \(5, 1\): use target\[..., 0\]"):
        loss.forward(LOGITS, LABELS[:, None])
    with pytest.raises(ValueError, match=rf"{name} expected prediction of shape \(N, K\), got \(5,\)"):
        loss.forward(LOGITS[:, 0], LABELS)


def test_soft_targets_are_weights():
    with pytest.raises(ValueError, match=r"expected target in \[0, 1\], a probability for each class, got -1"):
        CrossEntropy().forward(LOGITS, SOFT - 1 - SOFT.min())
    with pytest.raises(ValueError, match=r"labels of shape \(5,\) or soft targets of shape \(5, 4\), got \(4, 5\)"):
        CrossEntropy().forward(LOGITS, SOFT.T)
    with pytest.raises(
        ValueError, match=r"CrossEntropy expected target in \[0, 1\], a probability for each class, got 1.5"
    ):
        CrossEntropy().forward(np.zeros((1, 3)), [[1.5, 0, 0]])
    with pytest.raises(TypeError, match="CrossEntropy takes one prediction, got 2: give it one output"):
        CrossEntropy().forward((LOGITS, LOGITS), LABELS)
    with pytest.raises(TypeError, match=r"got <U1: use np.unique\(target, return_inverse=True\)\[1\]"):
        CrossEntropy().forward(LOGITS, list("abcab"))
    with pytest.raises(ValueError, match=r"Hinge expected labels from 0 to 3, got -100 at target\[1\]"):
        Hinge().forward(LOGITS, [0, -100, 2, 2, 1])
    with pytest.raises(ValueError, match=r"Hinge expected labels of shape \(5,\), got \(5, 4\)"):
        Hinge().forward(LOGITS, SOFT)


def test_class_weights_by_hand():
    """Logits of ln p, so that the losses are -ln p: ln 4 and ln 2, weighing 3 and 1."""
    z = np.log([[0.25, 0.75], [0.5, 0.5]])
    for loss in (CrossEntropy(weight=[3, 1]), NLL(weight=[3, 1])):
        assert loss.forward(z, [0, 1]) == pytest.approx((3 * math.log(4) + math.log(2)) / 4, rel=1e-14)
        soft = (3 * math.log(4) + 0.5 * (3 + 1) * math.log(2)) / 2  # over the rows, not over the weights
        assert loss.forward(z, [[1, 0], [0.5, 0.5]]) == pytest.approx(soft, rel=1e-14)


def test_label_smoothing_by_hand():
    z = np.log([[0.25, 0.75]])
    expected = 0.9 * math.log(4) - 0.1 * math.log(0.75)  # the label keeps 0.8 + 0.2 / 2
    assert CrossEntropy(label_smoothing=0.2).forward(z, [0]) == pytest.approx(expected, rel=1e-14)
    assert CrossEntropy(label_smoothing=0.2).forward(z, [[1, 0]]) == pytest.approx(expected, rel=1e-14)
    assert CrossEntropy(label_smoothing=1).forward(z, [0]) == CrossEntropy(label_smoothing=1).forward(z, [1])


@pytest.mark.parametrize("loss", [CrossEntropy(), NLL(), CrossEntropy(label_smoothing=0.1), NLL(weight=[1, 2, 0, 1])])
def test_an_ignored_label_is_an_example_left_out(loss):
    target = LABELS.copy()
    target[[1, 4]] = -100
    kept = [0, 2, 3]
    z = LOGITS.copy()
    z[1, 0] = -np.inf  # a row that does not count may hold what it likes
    value, gradient = loss.forward(LOGITS[kept], target[kept]), loss.backward()
    assert loss.forward(z, target) == pytest.approx(value, rel=1e-14)
    assert np.allclose(loss.backward()[kept], gradient, rtol=1e-14, atol=0)
    assert not loss.backward()[[1, 4]].any()


def test_an_ignored_label_may_be_a_class():
    loss = CrossEntropy(ignore_index=2)
    assert loss.forward(LOGITS, LABELS) == pytest.approx(CrossEntropy().forward(LOGITS[[0, 1, 4]], LABELS[[0, 1, 4]]))
    assert loss.forward(LOGITS, SOFT) == CrossEntropy().forward(LOGITS, SOFT)  # soft targets have no label
    assert loss.forward(LOGITS.astype(np.float32), LABELS.astype(np.uint8)) == pytest.approx(
        loss.forward(LOGITS, LABELS), rel=1e-6
    )


@pytest.mark.parametrize(
    ("loss", "target", "weights"),
    [
        (CrossEntropy(), [-100] * 5, None),
        (NLL(ignore_index=2), [2] * 5, None),
        (CrossEntropy(weight=[1, 0, 1, 0]), [1, 3, 1, 3, 3], None),
        (CrossEntropy(weight=[1, 0, 1, 0], label_smoothing=0.5), [1, 3, -100, 3, 3], None),
        (NLL(), [-100, 1, 2, 3, 0], [1, 0, 0, 0, 0]),
    ],
)
def test_no_label_that_counts_is_an_error(loss, target, weights):
    with pytest.raises(ValueError, match=f"expected a label that counts, got none: .*index is {loss.ignore_index}"):
        loss.forward(LOGITS, target, weights)


@pytest.mark.parametrize("loss", [CrossEntropy, NLL])
def test_another_number_of_class_weights(loss):
    with pytest.raises(ValueError, match=f"{loss.__name__} expected a weight for each of 4 classes, got 3"):
        loss(weight=[1, 2, 3]).forward(LOGITS, LABELS)


def test_hinge_has_derivative_0_where_the_margin_is_just_kept():
    for p in (1, 2):
        loss = Hinge(p=p)
        loss.forward(np.array([[0.0, 1, 0.5, -1]]), [1])  # only the third score is too near, by 0.5
        assert loss.backward().tolist() == [[0, -0.25, 0.25, 0]]


def test_any_size_of_logits_with_every_option():
    z = np.array([[1e4, -1e4, 1000], [-1000, 1000, 0]])
    loss = CrossEntropy(weight=[1, 2, 1], label_smoothing=0.3)
    assert loss.forward(z, [1, 1]) == pytest.approx((4 * (0.7 + 0.1) * 1e4 + 0.1 * 9000 + 0.1 * 3000) / 4, rel=1e-14)
    assert np.isfinite(loss.backward()).all()
    assert Hinge(p=2).forward(z, [1, 1]) == pytest.approx((20001**2 + 11001**2) / 6, rel=1e-14)


def test_an_impossible_class_that_the_target_rules_out_costs_nothing():
    z = np.array([[0.0, -np.inf, 0]])
    for loss in (CrossEntropy(), NLL()):
        assert np.isfinite(loss.forward(z, [[0.5, 0, 0.5]]))
        assert np.isfinite(loss.backward()).all()
