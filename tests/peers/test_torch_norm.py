"""Layers that normalize, equal to PyTorch to 1e-10 in float64, with copied weights. Runs where torch is installed.

PyTorch has the channels on axis 1, here they are on the last.
"""

import numpy as np
import pytest

from layers import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm

torch = pytest.importorskip("torch", "2.4", reason="PyTorch 2.4 is not installed: pip install -U -e '.[bench]'")
nn = torch.nn

CLOSE = {"rtol": 1e-10, "atol": 1e-10}
CHANNELS = [  # (layer, peer, shape of x)
    (BatchNorm(), lambda: nn.BatchNorm1d(5), (6, 5)),
    (BatchNorm(eps=0.1, momentum=0.3), lambda: nn.BatchNorm1d(5, eps=0.1, momentum=0.3), (6, 3, 5)),
    (BatchNorm(), lambda: nn.BatchNorm2d(5), (6, 4, 3, 5)),
    (BatchNorm(affine=False), lambda: nn.BatchNorm2d(16, affine=False), (1, 8, 8, 16)),
    (BatchNorm(momentum=0), lambda: nn.BatchNorm2d(1, momentum=0.0), (6, 4, 3, 1)),
    (BatchNorm(momentum=1), lambda: nn.BatchNorm2d(1, momentum=1.0), (6, 4, 3, 1)),
    (GroupNorm(1), lambda: nn.GroupNorm(1, 6), (4, 6)),
    (GroupNorm(2), lambda: nn.GroupNorm(2, 6), (4, 6)),
    (GroupNorm(6), lambda: nn.GroupNorm(6, 6), (4, 5, 6)),
    (GroupNorm(3, eps=0.1), lambda: nn.GroupNorm(3, 6, eps=0.1), (4, 4, 4, 6)),
    (GroupNorm(1, affine=False), lambda: nn.GroupNorm(1, 6, affine=False), (4, 8, 8, 6)),
    (InstanceNorm(), lambda: nn.InstanceNorm1d(5), (4, 6, 5)),
    (InstanceNorm(affine=True), lambda: nn.InstanceNorm2d(5, affine=True), (4, 4, 4, 5)),
    (InstanceNorm(eps=0.1), lambda: nn.InstanceNorm2d(3, eps=0.1), (4, 16, 20, 3)),
]
ROWS = [
    (LayerNorm(), lambda: nn.LayerNorm(5), (6, 5)),
    (LayerNorm(eps=0.1), lambda: nn.LayerNorm(600, eps=0.1), (6, 2, 600)),
    (LayerNorm(bias=False), lambda: nn.LayerNorm(5, bias=False), (6, 3, 5)),
    (LayerNorm(normalized_shape=(3, 5)), lambda: nn.LayerNorm((3, 5)), (6, 4, 3, 5)),
    (LayerNorm(elementwise_affine=False), lambda: nn.LayerNorm(5, elementwise_affine=False), (6, 5)),
    (LayerNorm(), lambda: nn.LayerNorm(1), (6, 1)),
    (RMSNorm(), lambda: nn.RMSNorm(5), (6, 5)),
    (RMSNorm(eps=0.1), lambda: nn.RMSNorm(5, eps=0.1), (6, 3, 5)),
    (RMSNorm(normalized_shape=(3, 5)), lambda: nn.RMSNorm((3, 5)), (6, 4, 3, 5)),
    (RMSNorm(elementwise_affine=False), lambda: nn.RMSNorm(5, elementwise_affine=False), (6, 5)),
]
TABLE = [(*row, -1) for row in ROWS] + [(*row, 1) for row in CHANNELS]


@pytest.mark.parametrize(("layer", "make", "shape", "axis"), TABLE, ids=[repr(row[0]) for row in TABLE])
def test_y_gradients_and_running_statistics_over_several_batches(layer, make, shape, axis):
    rng = np.random.default_rng(0)
    layer.build(shape[1:], dtype=np.float64)
    layer.theta = rng.normal(size=layer.theta.shape)
    peer = make().double()
    for mine, its in zip(layer.params.values(), peer.parameters(), strict=True):
        its.data = torch.tensor(mine)
    for training in (True, True, True, False):
        layer.training = training
        peer.train(training)
        x, g = rng.normal(2, 3, (2, *shape))
        t = torch.tensor(x, requires_grad=True)
        peer.zero_grad()
        expected = peer(t.movedim(-1, axis)).movedim(axis, -1)
        expected.backward(torch.tensor(g))
        assert np.allclose(layer.forward(x), expected.detach(), **CLOSE)
        assert np.allclose(layer.backward(g), t.grad, **CLOSE)
        layer.update()
        for mine, its in zip(layer.grads.values(), peer.parameters(), strict=True):
            assert np.allclose(mine, its.grad, **CLOSE)
        for name, array in layer.state.items():
            assert np.allclose(array, getattr(peer, name), **CLOSE)
    assert len(layer.state) == 2 * isinstance(layer, BatchNorm)


def test_the_defaults_are_pytorchs():
    for mine, its in (
        (BatchNorm(), nn.BatchNorm2d(4)),
        (GroupNorm(2), nn.GroupNorm(2, 4)),
        (InstanceNorm(), nn.InstanceNorm2d(4)),
        (LayerNorm(), nn.LayerNorm(4)),
        (RMSNorm(), nn.RMSNorm(4)),
    ):
        mine.build((3, 4))
        for name in ("eps", "momentum", "affine", "elementwise_affine"):
            if hasattr(mine, name):
                assert getattr(mine, name) == getattr(its, name), (mine, name)
        assert [a.shape for a in mine.params.values()] == [tuple(p.shape) for p in its.parameters()]


def test_rms_norms_own_eps_in_float32():
    x = np.full((1, 4), 2e-4, np.float32)
    assert np.allclose(RMSNorm().forward(x), nn.RMSNorm(4)(torch.tensor(x)).detach(), rtol=1e-6)
