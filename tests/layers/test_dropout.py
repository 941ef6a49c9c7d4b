import numpy as np
import pytest

from layers import Dropout, Sequential, SpatialDropout

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Dropout(), (6, 5)),
    (Dropout(p=0.2), (6, 4, 3, 2)),
    (Dropout(p=0), (6, 5)),
    (Dropout(p=1), (6, 5)),
    (SpatialDropout(), (6, 3, 5)),
    (SpatialDropout(p=0.2), (6, 4, 3, 2)),
    (SpatialDropout(p=0), (6, 4, 3, 1)),
    (SpatialDropout(p=1), (6, 1, 5)),
]


def test_drops_with_probability_p_and_keeps_the_mean():
    layer, x = Dropout(p=0.2), np.ones((1000, 100), np.float32)
    y = layer.forward(x)
    assert set(np.unique(y)) == {0, np.float32(1.25)}
    assert np.mean(y == 0) == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(layer.backward(x), y)  # the same mask


def test_what_is_kept_grows_by_what_is_dropped():
    assert set(np.unique(Dropout(p=0.9).forward(np.ones((100, 100))))) == {0, 1 / (1 - 0.9)}


def test_rests_in_eval_mode():
    layer, x = Dropout(p=0.9).eval(), np.random.default_rng(0).random((4, 5))
    assert np.array_equal(layer.forward(x), x) and np.array_equal(layer.backward(x), x)


def test_p_1_drops_all():
    assert not Dropout(p=1).forward(np.ones((3, 4))).any()


def test_each_layer_of_a_model_draws_its_own_mask():
    model = Sequential(Dropout(), Dropout())
    model.build((1000,))
    x = np.ones((1, 1000))
    assert not np.array_equal(model[0].forward(x), model[1].forward(x))


@pytest.mark.parametrize("p", [-0.1, 1.1, "0.5", None, True])
def test_p_must_be_a_probability(p):
    with pytest.raises(ValueError, match="p expected a number from 0 to 1"):
        Dropout(p)


@pytest.mark.parametrize("shape", [(200, 4, 5, 30), (200, 4, 30)])
def test_spatial_dropout_drops_whole_channels_of_an_example(shape):
    layer, x = SpatialDropout(p=0.2), np.random.default_rng(0).uniform(1, 2, shape).astype(np.float32)
    y = layer.forward(x)
    factors = (y / x).reshape(200, -1, 30)
    assert np.allclose(factors, factors[:, :1], rtol=1e-6) and y.dtype == np.float32
    assert np.allclose(np.unique(factors.round(3)), [0, 1.25])
    dropped = factors[:, 0] == 0
    assert dropped.mean() == pytest.approx(0.2, abs=0.02)
    assert dropped.mean(axis=0).min() > 0 and dropped.mean(axis=0).max() < 0.4  # every channel, in some examples
    assert np.array_equal(layer.backward(x), y)
    assert layer.eval().forward(x) is x and layer.backward(x) is x


def test_spatial_dropout_needs_space():
    with pytest.raises(ValueError, match=r"SpatialDropout expected images \(N, H, W, C\) or sequences .* got \(N, 5\)"):
        SpatialDropout().build((5,))
    with pytest.raises(ValueError, match="p expected a number from 0 to 1, got 2"):
        SpatialDropout(2)
