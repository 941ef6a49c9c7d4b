"""What the constructors of losses refuse, and what they keep."""

import numpy as np
import pytest

from losses import NLL, BinaryCrossEntropyWithLogits, CrossEntropy, Hinge, Huber, PoissonNLL


@pytest.mark.parametrize(
    ("loss", "options", "message"),
    [
        (CrossEntropy, {"label_smoothing": 1.5}, "label_smoothing expected a number from 0 to 1, got 1.5"),
        (CrossEntropy, {"label_smoothing": True}, "label_smoothing expected a number from 0 to 1, got True"),
        (CrossEntropy, {"weight": [1, -2]}, r"weight expected a list of numbers of 0 or more, got \[1, -2\]"),
        (
            CrossEntropy,
            {"weight": np.array([1, np.nan])},
            r"weight expected a list of numbers of 0 or more, got \[1.0, n",
        ),
        (NLL, {"weight": []}, r"weight expected a list of numbers of 0 or more, got \[\]"),
        (NLL, {"weight": 2}, "weight expected a list of numbers of 0 or more, got 2"),
        (NLL, {"weight": [[1, 2]]}, r"weight expected a list of numbers of 0 or more, got \[\[1, 2\]\]"),
        (NLL, {"ignore_index": 1.5}, "ignore_index expected a whole number, got 1.5"),
        (NLL, {"ignore_index": None}, "ignore_index expected a whole number, got None"),
        (BinaryCrossEntropyWithLogits, {"pos_weight": -1}, "pos_weight expected a number of 0 or more, got -1"),
        (BinaryCrossEntropyWithLogits, {"pos_weight": [1, "2"]}, "pos_weight expected a list of numbers of 0 or more"),
        (Hinge, {"p": 3}, "p expected 1 or 2, got 3"),
        (Hinge, {"p": True}, "p expected 1 or 2, got True"),
        (Hinge, {"margin": "1"}, "margin expected a number of 0 or more, got '1'"),
        (Huber, {"delta": 0}, "delta expected a number above 0, got 0"),
        (Huber, {"delta": np.inf}, "delta expected a number above 0, got inf"),
        (PoissonNLL, {"eps": -1e-8}, "eps expected a number above 0, got -1e-08"),
        (PoissonNLL, {"log_input": 1}, "log_input expected true or false, got 1"),
        (PoissonNLL, {"full": "yes"}, "full expected true or false, got 'yes'"),
    ],
)
def test_what_is_refused(loss, options, message):
    with pytest.raises(ValueError, match=message):
        loss(**options)


def test_lists_are_copied_and_shown():
    weight = np.array([1, 2])
    loss = CrossEntropy(weight, ignore_index=np.int64(-1))
    weight[0] = 5
    assert loss.weight.tolist() == [1, 2]
    assert repr(loss) == "CrossEntropy(weight=[1.0, 2.0], ignore_index=-1)"
    assert repr(BinaryCrossEntropyWithLogits(3)) == "BinaryCrossEntropyWithLogits(pos_weight=3.0)"
    assert repr(CrossEntropy(label_smoothing=0)) == "CrossEntropy()"
