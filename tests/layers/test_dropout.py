import numpy as np
import pytest

from layers import Dropout, Sequential

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Dropout(), (6, 5)),
    (Dropout(p=0.2), (6, 4, 3, 2)),
    (Dropout(p=0), (6, 5)),
    (Dropout(p=1), (6, 5)),
]


def test_drops_with_probability_p_and_keeps_the_mean():
    layer, x = Dropout(p=0.2), np.ones((1000, 100), np.float32)
    y = layer.forward(x)
    assert set(np.unique(y)) == {0, np.float32(1.25)}
    assert np.mean(y == 0) == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(layer.backward(x), y)  # the same mask


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
