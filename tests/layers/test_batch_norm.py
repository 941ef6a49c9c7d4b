import copy

import numpy as np
import pytest

from layers import BatchNorm, Dense, Dropout, Residual, Sequential, Tanh
from threestep.checks import check_gradients
from threestep.training import load, save


def moved(layer, shape):
    """The layer in evaluation, with running statistics of its own."""
    layer.build(shape, dtype=np.float64)
    rng = np.random.default_rng(0)
    layer.state["running_mean"] = rng.normal(size=shape[-1])
    layer.state["running_var"] = rng.uniform(0.5, 2, shape[-1])
    return layer.eval()


CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (BatchNorm(), (6, 5)),
    (BatchNorm(), (6, 3, 5)),
    (BatchNorm(), (6, 4, 2, 3)),
    (BatchNorm(eps=0.1, momentum=0.5, num_features=5), (6, 5)),
    (BatchNorm(affine=False), (6, 5)),
    (BatchNorm(affine=False), (6, 3, 3, 1)),
    (BatchNorm(momentum=0), (6, 1, 5)),
    (BatchNorm(momentum=1), (6, 2, 1, 1)),
    (BatchNorm().eval(), (6, 5)),
    (BatchNorm(eps=0.1, affine=False).eval(), (6, 3, 5)),
    (moved(BatchNorm(), (5,)), (6, 5)),
    (moved(BatchNorm(eps=0.1), (4, 2, 3)), (6, 4, 2, 3)),
    (Sequential(Dense(4), BatchNorm(), Tanh(), Residual(Dense(4), BatchNorm(affine=False))), (6, 3)),
]

X = np.array([[0.0, 14], [0, 4], [0, 4], [0, 4], [5, 4]])  # columns of mean 1 and 6, variance 4 and 16
HAT = [[-0.5, 2], [-0.5, -0.5], [-0.5, -0.5], [-0.5, -0.5], [2, -0.5]]


def steps(layer, x, g):
    y = layer.forward(x)
    dx = layer.backward(g)
    layer.update()
    return y, dx


def test_in_training_by_hand():
    layer = BatchNorm(eps=0)
    layer.build((2,), dtype=np.float64)
    assert layer.forward(X).tolist() == HAT
    layer.params["gamma"], layer.params["beta"] = [2, 3], [1, 0]
    g = np.zeros((5, 2))
    g[0, 0] = 1
    y, dx = steps(layer, X, g)
    assert y.T.tolist() == [[0, 0, 0, 0, 5], [6, -1.5, -1.5, -1.5, -1.5]]
    assert np.allclose(dx.T, [[0.75, -0.25, -0.25, -0.25, 0], [0] * 5], atol=1e-15)
    assert layer.grads["gamma"].tolist() == [-0.5, 0] and layer.grads["beta"].tolist() == [1, 0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_a_batch_that_is_not_finite_leaves_the_running_statistics(wrong):
    layer = BatchNorm()
    layer.forward(np.arange(6, dtype=np.float32).reshape(3, 2))
    before = {name: array.copy() for name, array in layer.state.items()}
    with np.errstate(all="ignore"):
        layer.forward(np.array([[1, 2], [3, wrong], [5, -wrong]], np.float32))
    assert all(np.array_equal(layer.state[name], array) for name, array in before.items())


def test_channels_first_are_told():
    with pytest.raises(ValueError, match=r"expected x of shape \(N, ..., 3\), got \(N, 3, 5, 7\): its channels seem"):
        BatchNorm(num_features=3).build((3, 5, 7))


@pytest.mark.parametrize("shape", [(5, 1, 2), (1, 5, 2), (1, 5, 1, 2), (1, 1, 5, 2)])
def test_a_channel_is_over_all_but_the_last_axis(shape):
    layer = BatchNorm(eps=0)
    assert layer.forward(X.reshape(shape)).reshape(5, 2).tolist() == HAT
    assert np.allclose(layer.state["running_mean"], [0.1, 0.6])


def test_running_statistics_by_hand_over_two_steps():
    layer = BatchNorm(momentum=0.5)
    layer.build((2,), dtype=np.float64)
    assert layer.state["running_mean"].tolist() == [0, 0] and layer.state["running_var"].tolist() == [1, 1]
    layer.forward(X)  # means 1 and 6; variances over 4 in place of 5: 5 and 20
    assert np.allclose(layer.state["running_mean"], [0.5, 3], rtol=1e-15)
    assert np.allclose(layer.state["running_var"], [3, 10.5], rtol=1e-15)
    layer.forward(2 * X)
    assert np.allclose(layer.state["running_mean"], [1.25, 7.5], rtol=1e-15)
    assert np.allclose(layer.state["running_var"], [11.5, 45.25], rtol=1e-15)


@pytest.mark.parametrize(("momentum", "mean", "var"), [(0, 0, 1), (0.1, 0.1, 1.4), (0.25, 0.25, 2), (1, 1, 5)])
def test_momentum_is_the_share_of_the_new(momentum, mean, var):
    layer = BatchNorm(momentum=momentum)
    layer.forward(X[:, :1])
    assert np.allclose([layer.state["running_mean"], layer.state["running_var"]], [[mean], [var]], rtol=1e-6)


def resting(frozen):
    """The layer in evaluation, or frozen in training, with running means 1 and 2 and variances 4 and 9."""
    layer = BatchNorm(eps=0)
    layer.build((2,), dtype=np.float64)
    layer.params["gamma"], layer.params["beta"] = [2, 6], [1, 0]
    layer.state["running_mean"], layer.state["running_var"] = [1, 2], [4, 9]
    layer.frozen = frozen
    return layer if frozen else layer.eval()


@pytest.mark.parametrize("frozen", [True, False])
def test_with_running_statistics_by_hand(frozen):
    layer = resting(frozen)
    before = {name: array.tobytes() for name, array in layer.state.items()}
    g = np.arange(10.0).reshape(5, 2)
    y, dx = steps(layer, X, g)
    assert np.allclose(y, [[0, 24], [0, 4], [0, 4], [0, 4], [5, 4]], rtol=1e-15)
    assert np.allclose(dx, g * [1, 2], rtol=1e-15)
    assert np.allclose(layer.grads["gamma"], [0, 0] if frozen else [10, 20], rtol=1e-15)
    assert np.allclose(layer.grads["beta"], [0, 0] if frozen else [20, 25], rtol=1e-15)
    assert {name: array.tobytes() for name, array in layer.state.items()} == before


def test_eps_is_added_to_either_variance():
    """The variance is 1, and 1 + 0.5625 is 1.25 squared."""
    layer, x, expected = BatchNorm(eps=0.5625), X[:, :1] / 2, [[-0.4]] * 4 + [[1.6]]
    assert np.allclose(layer.forward(x), expected)
    layer.state["running_mean"], layer.state["running_var"] = [0.5], [1]
    assert np.allclose(layer.eval().forward(x), expected)
    assert np.allclose(layer.backward(np.ones((5, 1))), 0.8)


def test_the_mode_of_the_last_forward_decides_what_backward_is():
    g = np.zeros((5, 2))
    g[0] = 1
    layer = resting(frozen=True)
    layer.forward(X)
    layer.frozen = False
    assert np.allclose(layer.backward(g), g * [1, 2])
    layer.forward(X)
    layer.eval()
    assert np.allclose(layer.backward(g).sum(axis=0), 0, atol=1e-15)
    layer.forward(X)
    layer.train()
    assert not np.allclose(layer.backward(g).sum(axis=0), 0)


@pytest.mark.parametrize("shape", [(1, 5), (1, 1, 5), (1, 1, 1, 5)])
def test_one_value_in_a_channel_is_refused_in_training(shape):
    layer = BatchNorm()
    layer.build(shape[1:])
    layer.forward(np.random.default_rng(0).normal(size=(6, *shape[1:])))
    before = copy.deepcopy(dict(layer.state))
    x = np.ones(shape)
    got = r"got x of shape \(" + ", ".join(map(str, shape)) + r"\): give two examples or more, or call eval\(\)"
    with pytest.raises(ValueError, match="BatchNorm expected more than one value in each channel in training, " + got):
        layer.forward(x)
    assert all(np.array_equal(before[name], layer.state[name]) for name in before)
    assert layer.eval().forward(x).shape == shape
    layer.train().frozen = True
    assert layer.forward(x).shape == shape


def test_the_place_of_a_layer_that_refuses_is_told():
    with pytest.raises(ValueError, match="layer 1 BatchNorm expected more than one value"):
        Sequential(Dense(3), BatchNorm()).forward(np.ones((1, 2)))


def test_an_image_alone_is_a_batch():
    assert BatchNorm(eps=0).forward(X.reshape(1, 5, 1, 2)).reshape(5, 2).tolist() == HAT


def test_without_gamma_and_beta_there_is_still_something_to_freeze():
    layer = BatchNorm(affine=False)
    assert layer.forward(X).dtype == np.float64 and not layer.params and list(layer.state)
    before = copy.deepcopy(dict(layer.state))
    layer.frozen = True
    y = layer.forward(X)
    assert all(np.array_equal(before[name], layer.state[name]) for name in before)
    assert np.allclose(y, (X - before["running_mean"]) / np.sqrt(before["running_var"] + 1e-5))


@pytest.mark.parametrize("affine", [True, False])
def test_two_uses_share_the_running_statistics(affine):
    layer = BatchNorm(momentum=0.5, affine=affine)
    model = Sequential(layer, Sequential(layer))
    model.build((2,), dtype=np.float64)
    assert list(model.state) == ["0.running_mean", "0.running_var"]
    assert np.allclose(model.forward(X), HAT, rtol=1e-4)  # the second finds mean 0 and variance 1, over 4 for 5
    assert np.allclose(layer.state["running_mean"], [0.25, 1.5], atol=1e-15)
    assert np.allclose(layer.state["running_var"], [1.5 + 0.625, 5.25 + 0.625], rtol=1e-5)
    assert model[1][0].state["running_var"] is layer.state["running_var"]
    layer.frozen = True
    assert np.allclose(model.forward(X), by_running(layer, by_running(layer, X)))
    assert check_gradients(model, X) and check_gradients(model.eval(), X)


def by_running(layer, x):
    return (x - layer.state["running_mean"]) / np.sqrt(layer.state["running_var"] + layer.eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_file_keeps_the_running_statistics(tmp_path, dtype):
    model = Sequential(Dense(4), BatchNorm(), Dropout(0.2), BatchNorm(affine=False), Dense(2))
    model.build((3,), dtype=dtype)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(dtype)
    for _ in range(3):
        model.forward(x)
    save(tmp_path / "model.npz", model)
    again = load(
        tmp_path / "model.npz", Sequential(Dense(4), BatchNorm(), Dropout(), BatchNorm(affine=False), Dense(2))
    )
    assert [(name, a.dtype, a.tobytes()) for name, a in again.state.items()] == [
        (name, np.dtype(dtype), a.tobytes()) for name, a in model.state.items()
    ]
    assert again.eval().forward(x).tobytes() == model.eval().forward(x).tobytes()


def test_running_statistics_of_two_million_rows_around_a_million():
    x = (np.random.default_rng(0).standard_normal((2_000_003, 2)) + 1e6).astype(np.float32)
    layer = BatchNorm(momentum=1)
    layer.forward(x)
    exact = x.astype(np.float64)
    assert np.array_equal(layer.state["running_mean"], exact.mean(axis=0).astype(np.float32))
    assert np.allclose(layer.state["running_var"], exact.var(axis=0, ddof=1), rtol=1e-6)
    y = layer.eval().forward(x)
    assert y.dtype == np.float32 and y.var(axis=0, dtype=np.float64) == pytest.approx(1, abs=5e-5)


def test_built_again_it_starts_again():
    layer = BatchNorm()
    layer.forward(X)
    layer.params["gamma"], layer.params["beta"] = [3, 3], [4, 4]
    layer.build((2,))
    assert [array.tolist() for array in (*layer.params.values(), *layer.state.values())] == [
        [1, 1],
        [0, 0],
        [0, 0],
        [1, 1],
    ]


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"BatchNorm expected x of shape \(N, ..., 4\), got \(N, 5\)"):
        BatchNorm(num_features=4).build((5,))
    with pytest.raises(ValueError, match=r"BatchNorm expected x of shape \(N, ..., C\), got \(N,\)"):
        BatchNorm().build(())
    for layer in (BatchNorm(), BatchNorm(affine=False)):
        layer.forward(X)
        with pytest.raises(ValueError, match=r"BatchNorm expected x of shape \(N, ..., 2\), got \(5, 3\)"):
            layer.forward(np.ones((5, 3)))


def test_settings_out_of_range():
    for momentum in (-0.1, 1.1, None, True):
        with pytest.raises(ValueError, match="momentum expected a number from 0 to 1"):
            BatchNorm(momentum=momentum)
    with pytest.raises(ValueError, match="affine expected true or false, got 'no'"):
        BatchNorm(affine="no")
    with pytest.raises(ValueError, match="num_features expected a whole number above 0, got 2.0"):
        BatchNorm(num_features=2.0)
