"""Constructor arguments: what each kind takes."""

import re
from functools import partial

import numpy as np
import pytest

from layers.arguments import flag, positive_int, probability, whole_numbers, zero_or_more


def test_what_is_taken():
    assert positive_int("n", np.int64(3)) == 3 and type(positive_int("n", np.int64(3))) is int
    assert probability("p", 0) == 0.0 and probability("p", np.float32(0.5)) == 0.5
    assert flag("f", True) is True
    assert zero_or_more("z", 0) == 0.0 and type(zero_or_more("z", 1)) is float
    assert whole_numbers("n", 3) == (3,) and whole_numbers("n", [3, np.int64(5)]) == (3, 5)
    assert whole_numbers("n", 0, least=0, count=2) == (0, 0) and whole_numbers("n", [1, 2], count=2) == (1, 2)


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        (positive_int, 0),
        (positive_int, 1.0),
        (positive_int, True),
        (whole_numbers, 0),
        (whole_numbers, ()),
        (whole_numbers, (2, True)),
        (whole_numbers, "12"),
        (partial(whole_numbers, count=2), (1,)),
        (partial(whole_numbers, count=2), ()),
        (partial(whole_numbers, least=-1), [-2]),
        (probability, 1.01),
        (probability, True),
        (zero_or_more, -1e-300),
        (zero_or_more, None),
        (flag, 1),
    ],
)
def test_what_is_not(check, wrong):
    with pytest.raises(ValueError, match=f"^x expected .*got {re.escape(repr(wrong))}"):
        check("x", wrong)
