import numpy as np
import pytest

from layers import GroupNorm, InstanceNorm, LayerNorm, Sequential

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (GroupNorm(1), (6, 4)),
    (GroupNorm(2), (6, 4)),
    (GroupNorm(4), (6, 4)),
    (GroupNorm(2, affine=False), (6, 3, 4)),
    (GroupNorm(3, eps=0.1), (6, 3, 2, 6)),
    (GroupNorm(4, num_channels=4), (6, 2, 1, 4)),
    (GroupNorm(1), (6, 1, 3, 2)),
    (InstanceNorm(), (6, 3, 5)),
    (InstanceNorm(affine=True), (6, 4, 2, 3)),
    (InstanceNorm(eps=0.1, affine=True, num_features=3), (6, 1, 3, 3)),
    (InstanceNorm(affine=True), (6, 4, 1)),
]

HAT = [-0.5, -0.5, -0.5, -0.5, 2]  # 0, 0, 0, 0, 5 has mean 1 and standard deviation 2


def test_instance_norm_by_hand():
    layer, x = InstanceNorm(eps=0, affine=True), np.zeros((1, 5, 2))
    x[0, :, 0], x[0, :, 1] = [0, 0, 0, 0, 5], [14, 4, 4, 4, 4]
    layer.build((5, 2), dtype=np.float64)
    assert layer.forward(x)[0].T.tolist() == [HAT, HAT[::-1]]
    layer.params["gamma"], layer.params["beta"] = [2, 3], [1, 0]
    assert layer.forward(x)[0].T.tolist() == [[0, 0, 0, 0, 5], [6, -1.5, -1.5, -1.5, -1.5]]
    g = np.zeros((1, 5, 2))
    g[0, 0, 0] = 1
    assert np.allclose(layer.backward(g)[0].T, [[0.75, -0.25, -0.25, -0.25, 0], [0] * 5])
    layer.update()
    assert layer.grads["gamma"].tolist() == [-0.5, 0] and layer.grads["beta"].tolist() == [1, 0]


def test_group_norm_by_hand():
    """Five channels of one place are a group, then five of another; the examples have nothing to do with each other."""
    layer, x = GroupNorm(2, eps=0), np.array([[0.0, 0, 0, 0, 5, 7, 2, 2, 2, 2], [5, 0, 0, 0, 0, 0, 0, 10, 0, 0]])
    layer.build((10,), dtype=np.float64)
    apart = [-0.5, -0.5, 2, -0.5, -0.5]
    assert layer.forward(x).tolist() == [[*HAT, *HAT[::-1]], [*HAT[::-1], *apart]]
    layer.params["gamma"], layer.params["beta"] = [2, *[1] * 9], [*[0] * 9, 3]
    assert layer.forward(x)[0].tolist() == [-1, *HAT[1:], *HAT[:0:-1], 2.5]
    g = np.zeros((2, 10))
    g[0, 0] = g[1, 9] = 1
    dx = np.zeros((2, 10))
    dx[0, :5], dx[1, 5:] = [0.75, -0.25, -0.25, -0.25, 0], [-0.0625, -0.0625, 0, -0.0625, 0.1875]
    assert np.allclose(layer.backward(g), dx)
    layer.update()
    assert layer.grads["gamma"].tolist() == [-0.5, *[0] * 8, -0.5]
    assert layer.grads["beta"].tolist() == [1, *[0] * 8, 1]


def test_eps_is_added_to_the_variance():
    """The variance is 1, and 1 + 0.5625 is 1.25 squared."""
    x, expected = np.array([[0.0, 0, 0, 0, 2.5]]), [-0.4, -0.4, -0.4, -0.4, 1.6]
    assert np.allclose(GroupNorm(1, eps=0.5625).forward(x), [expected])
    assert np.allclose(InstanceNorm(eps=0.5625).forward(x[..., None])[0, :, 0], expected)


def test_a_group_of_one_channel_is_instance_norm_and_one_group_is_layer_norm():
    x = np.random.default_rng(0).normal(size=(5, 4, 3, 6))
    for layer, same in (
        (GroupNorm(6), InstanceNorm(affine=True)),
        (GroupNorm(1, affine=False), LayerNorm(elementwise_affine=False, normalized_shape=(4, 3, 6))),
    ):
        assert np.allclose(layer.forward(x), same.forward(x), rtol=1e-13)
        assert np.allclose(layer.backward(x), same.backward(x), rtol=1e-11, atol=1e-13)


def test_examples_do_not_meet():
    x = np.random.default_rng(0).normal(size=(5, 4, 4, 6))
    for layer in (GroupNorm(2), InstanceNorm()):
        y = layer.forward(x)
        assert all(np.allclose(layer.forward(x[i : i + 1])[0], y[i], rtol=1e-12) for i in range(5))


def test_parameters_have_an_entry_for_each_channel():
    for layer, names in ((GroupNorm(2), ["gamma", "beta"]), (InstanceNorm(), []), (GroupNorm(2, affine=False), [])):
        assert layer.build((5, 4)) == (5, 4)
        assert list(layer.params) == names
    layer = InstanceNorm(affine=True)
    layer.build((5, 4))
    assert layer.params["gamma"].tolist() == [1] * 4 and layer.params["beta"].tolist() == [0] * 4


def test_channels_make_whole_groups():
    with pytest.raises(ValueError, match=r"layer 0 GroupNorm expected channels that make 4 groups, got \(N, 5, 6\)"):
        Sequential(GroupNorm(4)).build((5, 6))
    with pytest.raises(ValueError, match="num_channels expected a multiple of num_groups 4, got 6"):
        GroupNorm(4, num_channels=6)
    with pytest.raises(ValueError, match=r"GroupNorm expected x of shape \(N, ..., 8\), got \(N, 5, 4\)"):
        GroupNorm(4, num_channels=8).build((5, 4))
    with pytest.raises(ValueError, match=r"GroupNorm expected x of shape \(N, ..., C\), got \(N,\)"):
        GroupNorm(1).build(())
    for wrong in (0, 2.0, None):
        with pytest.raises(ValueError, match="num_groups expected a whole number above 0"):
            GroupNorm(wrong)
    with pytest.raises(ValueError, match="affine expected true or false, got 1"):
        GroupNorm(2, affine=1)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 1, 3)])
def test_a_single_place_has_no_variance(shape):
    got = ", ".join(["N", *map(str, shape)])
    with pytest.raises(ValueError, match=rf"InstanceNorm expected two places or more in a channel, got \({got}\)"):
        InstanceNorm().build(shape)


def test_given_num_features_must_fit():
    with pytest.raises(ValueError, match=r"InstanceNorm expected x of shape \(N, ..., 4\), got \(N, 5, 3\)"):
        InstanceNorm(num_features=4).build((5, 3))
    with pytest.raises(ValueError, match="num_features expected a whole number above 0, got 0"):
        InstanceNorm(num_features=0)
    with pytest.raises(ValueError, match="affine expected true or false, got 1"):
        InstanceNorm(affine=1)
