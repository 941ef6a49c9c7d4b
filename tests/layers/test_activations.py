import numpy as np
import pytest

from layers import HardSigmoid, Hardtanh, Identity, Sigmoid, Softsign, Tanh

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (HardSigmoid(), (6, 5)),
    (Hardtanh(), (6, 5)),
    (Hardtanh(min_val=-0.1, max_val=1.1), (6, 4, 3, 2)),
    (Identity(), (6, 4, 3, 2)),
    (Sigmoid(), (6, 3, 5)),
    (Softsign(), (6, 5)),
    (Tanh(), (6, 5)),
]


def test_values():
    x = np.array([[-1.0, 0, 2]])
    assert np.allclose(Sigmoid().forward(x), [[0.2689414213699951, 0.5, 0.8807970779778823]], rtol=1e-15)
    assert np.allclose(Tanh().forward(x), [[-0.7615941559557649, 0, 0.9640275800758169]], rtol=1e-15)
    assert np.allclose(HardSigmoid().forward(x), [[1 / 3, 1 / 2, 5 / 6]], rtol=1e-15)
    assert np.allclose(Softsign().forward(x), [[-1 / 2, 0, 2 / 3]], rtol=1e-15)
    assert Hardtanh(-0.5, 1.5).forward(x).tolist() == [[-0.5, 0, 1.5]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_at_any_size(dtype):
    x = np.array([[-1e4, -700, -80, -20, 0, 20, 1e4]], dtype)
    layer = Sigmoid()
    y = layer.forward(x)
    assert y.dtype == dtype
    assert y[0, 0] == 0 and y[0, 4] == 0.5 and y[0, 6] == 1
    assert np.allclose(y[0, 2:4], np.exp(np.float64(x[0, 2:4])), rtol=1e-5 if dtype == np.float32 else 1e-8)
    assert np.isfinite(layer.backward(np.ones_like(y))).all()


@pytest.mark.parametrize(("layer", "kinks"), [(HardSigmoid(), [-3.0, 3]), (Hardtanh(-2, 0.5), [-2.0, 0.5])])
def test_the_derivative_at_a_bound_is_0(layer, kinks):
    layer.forward(np.array([kinks]))
    assert layer.backward(np.ones((1, 2))).tolist() == [[0, 0]]
    layer.forward(np.array([[kinks[0] + 1e-9, kinks[1] - 1e-9]]))
    assert layer.backward(np.ones((1, 2))).all()


def test_hardtanh_needs_bounds_in_order():
    with pytest.raises(ValueError, match="min_val expected a number below max_val -1, got 1"):
        Hardtanh(1, -1)
    with pytest.raises(ValueError, match="max_val expected a number, got '1'"):
        Hardtanh(max_val="1")


def test_flops_of_identity_are_none():
    layer = Identity()
    layer.build((4,))
    assert layer.flops == 0
