"""Constructor arguments: what each kind takes."""

import numpy as np
import pytest

from layers.arguments import flag, positive_int, probability


def test_what_is_taken():
    assert positive_int("n", np.int64(3)) == 3 and type(positive_int("n", np.int64(3))) is int
    assert probability("p", 0) == 0.0 and probability("p", np.float32(0.5)) == 0.5
    assert flag("f", True) is True


@pytest.mark.parametrize(
    ("check", "wrong"),
    [(positive_int, 0), (positive_int, 1.0), (positive_int, True), (probability, 1.01), (probability, True), (flag, 1)],
)
def test_what_is_not(check, wrong):
    with pytest.raises(ValueError, match=f"^x expected .*got {wrong!r}"):
        check("x", wrong)
