import numpy as np
import pytest

from layers.parameters import Parameters


def test_assigning_copies_into_the_array_that_is_there():
    p, array = Parameters(), np.zeros((2, 2))
    p["W"] = array
    p["W"] = [[1, 2], [3, 4]]
    assert p["W"] is array and array.tolist() == [[1, 2], [3, 4]]
    p["W"] += 1
    p.update(W=2 * p["W"])
    assert p["W"] is array and array.tolist() == [[4, 6], [8, 10]]


@pytest.mark.parametrize("value", [np.zeros(4), np.zeros((2, 3)), 0.0, [[1.0, 2.0]]])
def test_another_shape_is_refused_rather_than_broadcast(value):
    p = Parameters()
    p["W"] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"W expected shape \(2, 2\), got"):
        p["W"] = value


def test_names_that_are_fixed():
    p = Parameters()
    p["W"] = np.zeros(2)
    p.fixed = True
    with pytest.raises(ValueError, match="no array is called 'w': expected one of W"):
        p["w"] = np.zeros(2)
    with pytest.raises(ValueError, match="expected arrays called W, got W, b"):
        p.assign({"W": np.zeros(2), "b": np.zeros(1)})
    with pytest.raises(ValueError, match="no array is called 'b'"):
        p.setdefault("b", np.zeros(1))
    p |= {"W": np.ones(2)}
    assert p["W"].tolist() == [1, 1]
