import numpy as np
import pytest

from layers import Dense, Linear, Sequential

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Dense(3), (6, 5)),
    (Dense(3), (6, 3, 5)),
    (Dense(1, bias=False, init="he_normal"), (6, 5)),
    (Dense(4, init="standard", in_features=5), (6, 5)),
    (Dense(4, init="orthogonal"), (6, 5)),
]


def test_forward_backward_update_by_hand():
    layer = Dense(2)
    layer.build((3,), dtype=np.float64)
    layer.params["W"] = [[1, 2, 3], [0, -1, 1]]
    layer.params["b"] = [10, 20]
    x = np.array([[1.0, 0, 2], [0, 1, 0]])
    assert layer.forward(x).tolist() == [[17, 22], [12, 19]]
    g = np.array([[1.0, 2], [3, 4]])
    assert layer.backward(g).tolist() == [[1, 0, 5], [3, 2, 13]]
    layer.update()
    assert layer.grads["W"].tolist() == [[1, 3, 2], [2, 4, 4]]
    assert layer.grads["b"].tolist() == [4, 6]


def test_linear_is_the_slides_name():
    assert Linear is Dense


def test_parameters_come_in_this_order_and_b_starts_at_zero():
    layer = Dense(2)
    assert layer.build((3,)) == (2,)
    assert [(name, a.shape) for name, a in layer.params.items()] == [("W", (2, 3)), ("b", (2,))]
    assert not layer.params["b"].any()
    assert layer.theta.size == 8


def test_an_image_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"layer 0 Dense expected rows.*got \(N, 8, 8, 1\): add Flatten"):
        Sequential(Dense(3)).build((8, 8, 1))


def test_given_in_features_must_fit():
    with pytest.raises(ValueError, match=r"expected x of shape \(N, 4\), got \(N, 5\)"):
        Dense(3, in_features=4).build((5,))


@pytest.mark.parametrize("wrong", [0, -1, 2.0, "10", True, None])
def test_out_features_must_be_a_positive_whole_number(wrong):
    with pytest.raises(ValueError, match="out_features expected a whole number above 0"):
        Dense(wrong)


def test_unknown_init_lists_the_names():
    with pytest.raises(ValueError, match=r"init expected one of glorot_uniform.*got 'glorot'"):
        Dense(3, init="glorot")


def test_bias_gradient_is_exact_over_a_long_axis():
    layer, rows = Dense(4, in_features=1), 2_000_003
    layer.forward(np.ones((rows, 1), np.float32))
    layer.backward(np.full((rows, 4), 0.1, np.float32))
    layer.update()
    exact = rows * float(np.float32(0.1))
    assert np.abs(layer.grads["b"] / exact - 1).max() <= 1e-6


def test_flops_are_two_for_each_weight_and_row():
    for shape, flops in (((5,), 2 * 5 * 3), ((4, 5), 4 * 2 * 5 * 3)):
        layer = Dense(3)
        layer.build(shape)
        assert layer.flops == flops
