import numpy as np
import pytest

from layers import ReLU, Sigmoid, Tanh


def test_values():
    x = np.array([[-1.0, 0, 2]])
    assert ReLU().forward(x).tolist() == [[0, 0, 2]]
    assert np.allclose(Sigmoid().forward(x), [[0.2689414213699951, 0.5, 0.8807970779778823]], rtol=1e-15)
    assert np.allclose(Tanh().forward(x), [[-0.7615941559557649, 0, 0.9640275800758169]], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_at_any_size(dtype):
    x = np.array([[-1e4, -700, -80, -20, 0, 20, 1e4]], dtype)
    layer = Sigmoid()
    y = layer.forward(x)
    assert y.dtype == dtype
    assert y[0, 0] == 0 and y[0, 4] == 0.5 and y[0, 6] == 1
    assert np.allclose(y[0, 2:4], np.exp(np.float64(x[0, 2:4])), rtol=1e-5 if dtype == np.float32 else 1e-8)
    assert np.isfinite(layer.backward(np.ones_like(y))).all()


def test_relu_has_derivative_0_at_0():
    layer = ReLU()
    layer.forward(np.array([[0.0, -0.0, 1e-300]]))
    assert layer.backward(np.ones((1, 3))).tolist() == [[0, 0, 1]]
