"""A batch's loss and gradient are the means over those of its parts, each times what it counted."""

import numpy as np
import pytest

from losses import (
    MSE,
    NLL,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Hinge,
    Huber,
    KLDivergence,
)

RNG = np.random.default_rng(0)
LOGITS, LABELS = RNG.normal(size=(7, 4)), np.array([0, 1, 3, 3, 2, 1, 0])
SOFT = RNG.dirichlet(np.ones(4), 7)
SEQUENCES = RNG.normal(size=(7, 3, 4)), RNG.integers(0, 4, (7, 3))
CASES = [
    (CrossEntropy(), LOGITS, LABELS),
    (CrossEntropy(weight=[1, 2, 0.5, 3]), LOGITS, LABELS),
    (CrossEntropy(ignore_index=3), LOGITS, LABELS),
    (CrossEntropy(weight=[1, 2, 0.5, 3], ignore_index=1, label_smoothing=0.2), LOGITS, LABELS),
    (CrossEntropy(weight=[1, 2, 0.5, 3]), LOGITS, SOFT),
    (CrossEntropy(ignore_index=3), *SEQUENCES),
    (NLL(weight=[1, 2, 0.5, 3]), LOGITS, LABELS),
    (Hinge(weight=[1, 2, 0.5, 3]), LOGITS, LABELS),
    (MSE(), LOGITS, SOFT),
    (Huber(), LOGITS, SOFT),
    (KLDivergence(), LOGITS, SOFT),
    (BinaryCrossEntropyWithLogits(), LOGITS, SOFT),
]


@pytest.mark.parametrize("weights", [None, np.array([1, 0.5, 2, 3, 1, 0.1, 4])])
@pytest.mark.parametrize(("loss", "prediction", "target"), CASES)
def test_parts_make_the_whole(loss, prediction, target, weights):
    def steps(chosen):
        value = loss.forward(prediction[chosen], target[chosen], None if weights is None else weights[chosen])
        return value, loss.counted, loss.backward()

    whole, counted, gradient = steps(slice(None))
    parts = [steps(chosen) for chosen in (slice(0, 2), slice(2, 6), slice(6, 7))]
    assert sum(part[1] for part in parts) == pytest.approx(counted, rel=1e-14)
    assert sum(part[0] * part[1] for part in parts) / counted == pytest.approx(whole, rel=1e-13)
    assert np.allclose(
        np.concatenate([part[2] * part[1] for part in parts]) / counted, gradient, rtol=1e-13, atol=1e-15
    )


def test_what_counts_is_examples_or_labels_times_their_weights():
    mse, cross = MSE(), CrossEntropy(weight=[1, 2, 0.5, 3], ignore_index=1)
    mse.forward(LOGITS, SOFT)
    assert mse.counted == 7
    mse.forward(LOGITS, SOFT, weights=[1, 0, 0, 0, 0, 0.5, 0])
    assert mse.counted == 1.5
    cross.forward(LOGITS, LABELS)
    assert cross.counted == pytest.approx(1 + 3 + 3 + 0.5 + 1)
