import numpy as np
import pytest

from layers import GlobalAvgPool, GlobalMaxPool

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (GlobalAvgPool(), (5, 3, 4, 2)),
    (GlobalAvgPool(), (5, 3, 2)),
    (GlobalAvgPool(), (5, 1, 1, 2)),
    (GlobalMaxPool(), (5, 3, 4, 2)),
    (GlobalMaxPool(), (5, 3, 2)),
]


def test_by_hand():
    x = np.array([[1.0, 8], [3, 2], [5, 8]]).reshape(1, 3, 1, 2)
    g = np.array([[3.0, 6]])
    mean, most = GlobalAvgPool(), GlobalMaxPool()
    assert mean.forward(x).tolist() == [[3, 6]] and most.forward(x).tolist() == [[5, 8]]
    assert mean.backward(g).tolist() == np.array([[1.0, 2]] * 3).reshape(1, 3, 1, 2).tolist()
    assert most.backward(g).reshape(3, 2).tolist() == [[0, 6], [0, 0], [3, 0]]  # the first of the two 8


def test_images_may_differ_in_size_from_batch_to_batch():
    for layer in (GlobalAvgPool(), GlobalMaxPool()):
        assert layer.forward(np.ones((2, 3, 4, 5))).shape == layer.forward(np.ones((2, 7, 1, 5))).shape == (2, 5)


@pytest.mark.parametrize("layer", [GlobalAvgPool(), GlobalMaxPool()])
def test_each_gradient_may_be_written_into(layer):
    x = np.ones((2, 3, 4, 5))
    layer.forward(x)
    layer.backward(np.ones((2, 5)))[...] = 0


def test_a_mean_of_many_places_is_exact():
    x = np.random.default_rng(0).uniform(1e4, 1e4 + 1, (1, 1000, 1000, 3)).astype(np.float32)
    exact = x.mean(axis=(1, 2), dtype=np.float64)
    assert np.abs(GlobalAvgPool().forward(x) / exact - 1).max() <= 1e-6


@pytest.mark.parametrize("layer", [GlobalAvgPool(), GlobalMaxPool()])
def test_rows_are_refused(layer):
    with pytest.raises(ValueError, match=r"expected images \(N, H, W, C\) or sequences \(N, T, C\), got \(N, 5\)"):
        layer.build((5,))


def test_flops_are_one_for_each_entry_of_x():
    layer = GlobalAvgPool()
    layer.build((4, 3, 2))
    assert layer.flops == 24
