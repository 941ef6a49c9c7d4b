import numpy as np
import pytest

from layers import Sequential, Standardize

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Standardize(), (6, 5)),
    (Standardize(), (6, 4, 3, 2)),
]


def test_fit_gives_mean_0_and_standard_deviation_1_for_each_column():
    x = np.random.default_rng(0).normal([5, -3], [2, 0.1], (500, 2))
    layer = Standardize().fit(x)
    y = layer.astype(np.float64).fit(x).forward(x)
    assert np.allclose(y.mean(axis=0), 0, atol=1e-12) and np.allclose(y.std(axis=0), 1, rtol=1e-12)


def test_images_have_one_mean_for_each_channel():
    x = np.random.default_rng(0).random((10, 4, 4, 3), np.float32)
    layer = Standardize().fit(x)
    assert layer.state["mean"].shape == (3,)
    assert np.allclose(layer.state["mean"], x.mean(axis=(0, 1, 2)), rtol=1e-6)


def test_a_constant_column_is_only_shifted():
    assert Standardize().fit(np.full((4, 1), 7.0)).forward(np.full((4, 1), 8.0)).tolist() == [[1]] * 4


def test_a_large_offset_costs_no_precision_in_the_statistics():
    x = (np.random.default_rng(0).normal(0, 1, (4096, 1)) + 1e4).astype(np.float32)
    layer = Standardize().fit(x)
    assert layer.state["std"][0] == pytest.approx(np.float64(x).std(), rel=1e-6)


def test_before_fit_it_changes_nothing_and_the_state_is_no_parameter():
    model = Sequential(Standardize())
    x = np.random.default_rng(0).random((3, 2))
    assert np.array_equal(model.forward(x), x)
    assert model.theta.size == 0 and list(model.state) == ["0.mean", "0.std"]


def test_another_number_of_columns_is_refused():
    layer = Standardize().fit(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"expected x of shape \(N, ..., 2\), got \(5, 3\)"):
        layer.forward(np.zeros((5, 3)))


def test_constant_columns_are_recognised_whatever_their_value():
    x = np.column_stack([np.full(1000, 0.1), np.arange(1000.0)])
    layer = Standardize().fit(x)
    assert layer.state["std"][0] == 1 and layer.state["std"][1] == pytest.approx(x[:, 1].std())
    assert layer.forward(x)[:, 0] == pytest.approx(0, abs=1e-12)


def test_alone_it_has_the_dtype_of_the_data():
    x = np.random.default_rng(0).normal(1e9, 1, (500, 2))
    y = Standardize().fit(x).forward(x)
    assert y.dtype == np.float64 and np.abs(y.mean(axis=0)).max() < 1e-6


def test_backward_divides_by_the_std_of_the_forward():
    layer, x = Standardize(), np.ones((2, 1))
    layer.fit(np.array([[0.0], [4]]))
    layer.forward(x)
    layer.fit(np.array([[0.0], [40]]))
    assert layer.backward(x).tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize("x", [np.array([[np.nan]]), np.zeros((0, 2)), np.array([["a"]])])
def test_fit_needs_finite_numbers(x):
    with pytest.raises(ValueError, match="Standardize.fit expected finite numbers"):
        Standardize().fit(x)


def test_float32_statistics_over_many_rows_at_a_large_offset():
    x = (np.random.default_rng(0).normal(0.03, 1, (300_000, 1)) + 1e6).astype(np.float32)
    layer = Standardize().fit(x)
    exact = x.astype(np.float64)
    assert layer.state["std"][0] == pytest.approx(exact.std(), rel=1e-6)
    assert layer.forward(x).var(dtype=np.float64) == pytest.approx(1, abs=1e-3)


def test_flops_are_a_difference_and_a_quotient_for_each_entry():
    layer = Standardize()
    layer.build((4, 3))
    assert layer.flops == 2 * 12
