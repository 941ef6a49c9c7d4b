"""Residual and Parallel beside the formulas."""

import numpy as np
import pytest

from layers import Concat, Dense, Graph, Identity, Parallel, ReLU, Residual, Sequential, Sigmoid, Tanh

CASES = [  # (layer, shape of x, or a list of them): rows of the table in test_contract.py
    (Parallel(Dense(3), Sequential(Dense(4), Tanh())), (6, 5)),
    (Parallel(Dense(4), Dense(4, bias=False), merge="sum"), (6, 3, 5)),
    (Residual(), (6, 4, 3, 2)),
    (Residual(Dense(4), Sigmoid(), Residual(Tanh(), Dense(4)), Dense(5)), (6, 5)),
]


X = np.random.default_rng(0).normal(size=(4, 5))


def test_residual_adds_x():
    f = Sequential(Dense(5), Tanh())
    model = Residual(Dense(5), Tanh())
    f.build((5,), dtype=np.float64)
    model.build((5,), dtype=np.float64)
    assert np.array_equal(model.theta, f.theta)
    assert np.array_equal(model.forward(X), X + f.forward(X))
    assert np.allclose(model.backward(np.ones((4, 5))), 1 + f.backward(np.ones((4, 5))))
    assert Residual().forward(X).tolist() == (2 * X).tolist()


def test_residual_keeps_the_shape():
    with pytest.raises(
        ValueError, match=r"Residual adds x to the output, and expected its shape \(N, 5\), got \(N, 3\)"
    ):
        Residual(Dense(3)).build((5,))
    with pytest.raises(ValueError, match=r"layer 1 Residual adds x to the output"):
        Sequential(ReLU(), Residual(Dense(3))).build((5,))


def test_parallel_is_the_graph_it_stands_for():
    one = Parallel(Dense(3), Dense(2), merge="concat")
    other = Graph("x", {"a": ("x", Dense(3)), "b": ("x", Dense(2)), "c": (["a", "b"], Concat())}, "c")
    for model in (one, other):
        model.build((5,), dtype=np.float64)
    assert one.forward(X).tobytes() == other.forward(X).tobytes()
    assert one.backward(X).tobytes() == other.backward(X).tobytes()
    assert list(one.params) == ["0.W", "0.b", "1.W", "1.b"]
    assert Parallel(Identity(), Identity(), merge="sum").forward(X).tolist() == (2 * X).tolist()
    assert one.paths() == (2, 4)


def test_layers_are_the_branches():
    model = Parallel(Dense(3), Tanh())
    assert len(model) == 2 and isinstance(model[1], Tanh) and len(model.layers) == 2 and len(model.children) == 3


def test_parallel_needs_branches_that_merge():
    with pytest.raises(ValueError, match=r"merge expected 'concat' or 'sum', got \['sum'\]"):
        Parallel(Dense(3), Dense(3), merge=["sum"])
    with pytest.raises(ValueError, match="merge expected 'concat' or 'sum', got 'mean'"):
        Parallel(Dense(3), Dense(3), merge="mean")
    with pytest.raises(ValueError, match="Parallel expected two layers or more, got 1"):
        Parallel(Dense(3))
    with pytest.raises(ValueError, match=r"Add expected inputs of one shape, got \(N, 3\) and \(N, 2\)"):
        Parallel(Dense(3), Dense(2), merge="sum").build((5,))
    with pytest.raises(ValueError, match="layer 1 Dense expected rows"):
        Parallel(Identity(), Dense(2)).build((5, 5, 1))


def test_repr():
    assert repr(Parallel(Dense(3), Tanh(), merge="sum")) == "Parallel(Dense(3), Tanh(), merge='sum')"
    assert repr(Residual(Dense(3))) == "Residual(Dense(3))"


def test_flops_are_those_of_the_layers_and_of_the_merge():
    residual, parallel = Residual(Dense(4), ReLU()), Parallel(Dense(4), ReLU(), merge="sum")
    residual.build((4,))
    parallel.build((4,))
    assert residual.flops == parallel.flops == 32 + 4 + 4
