import numpy as np
import pytest

from layers import LogSoftmax, Softmax

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (LogSoftmax(), (6, 5)),
    (LogSoftmax(), (6, 3, 5)),
    (Softmax(), (6, 5)),
    (Softmax(), (6, 3, 5)),
]


def test_rows_sum_to_one_and_large_logits_are_harmless():
    x = np.array([[1000.0, 1001, 1002], [-1000, -1001, -1002], [0, 0, 0]])
    p, y = Softmax().forward(x), LogSoftmax().forward(x)
    assert np.allclose(p.sum(axis=1), 1, rtol=1e-15)
    assert np.allclose(p[0], p[1][::-1]) and np.allclose(p[2], 1 / 3)
    assert np.allclose(np.exp(y), p, rtol=1e-14)


def test_log_softmax_stays_exact_where_softmax_underflows():
    x = np.array([[0.0, -1000]])
    assert Softmax().forward(x)[0, 1] == 0
    assert LogSoftmax().forward(x).tolist() == [[0, -1000]]


@pytest.mark.parametrize("layer", [Softmax(), LogSoftmax()])
def test_needs_a_class_axis(layer):
    with pytest.raises(ValueError, match=r"expected x of shape \(N, K\), got \(4,\)"):
        layer.forward(np.zeros(4))
