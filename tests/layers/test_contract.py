"""Every class of `layers` keeps the contract and has the right gradients: one table, one row or more for each."""

import numpy as np
import pytest

import layers
from layers import (
    CELU,
    ELU,
    GELU,
    SELU,
    Add,
    Concat,
    Dense,
    Dropout,
    Flatten,
    Graph,
    HardSigmoid,
    Hardtanh,
    Identity,
    LeakyReLU,
    LogSoftmax,
    Mish,
    Multiply,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Standardize,
    Tanh,
)
from threestep.checks import check_contract, check_gradients

ROWS, SEQUENCES, IMAGES = (6, 5), (6, 3, 5), (6, 4, 3, 2)


def shared(layer):
    """A model in which the layer stands in three places, one of them in a nested model."""
    return Sequential(layer, Tanh(), Sequential(layer, Sigmoid()), layer)


def branching(outputs="y"):
    """A graph with fan-out, two inputs, and nodes given out of order."""
    nodes = {
        "y": (["b", "c"], Add()),
        "a": ("x", Dense(4)),
        "b": (["a", "a", "z"], Multiply()),
        "c": (["a", "s"], Add()),
        "s": ("a", Sigmoid()),
    }
    return Graph(["x", "z"], nodes, outputs)


TABLE = [  # (layer, shape of x, or a list of them for several inputs)
    (Add(), [ROWS, ROWS]),
    (Add(), [IMAGES] * 3),
    (CELU(), ROWS),
    (CELU(alpha=0.4), IMAGES),
    (CELU(alpha=-2), ROWS),
    (Concat(), [ROWS, (6, 2), (6, 1)]),
    (Concat(), [IMAGES, (6, 4, 3, 1)]),
    (Dense(3), ROWS),
    (Dense(3), SEQUENCES),
    (Dense(1, bias=False, init="he_normal"), ROWS),
    (Dense(4, init="standard", in_features=5), ROWS),
    (Dropout(), ROWS),
    (Dropout(p=0.2), IMAGES),
    (Dropout(p=0), ROWS),
    (Dropout(p=1), ROWS),
    (Dense(4, init="orthogonal"), ROWS),
    (ELU(), ROWS),
    (ELU(alpha=0.3), IMAGES),
    (Flatten(), IMAGES),
    (Flatten(), ROWS),
    (GELU(), ROWS),
    (GELU(approximate="tanh"), IMAGES),
    (Graph("x", {"y": ("x", Dense(3))}, "y"), ROWS),
    (Graph("x", {"a": ("x", Tanh()), "y": (["x", "a"], Multiply())}, ["y", "a", "x"]), ROWS),
    (branching(), [ROWS, (6, 4)]),
    (branching(["y", "a"]), [ROWS, (6, 4)]),
    (Graph(["x", "z"], {"y": (["x", "z"], branching())}, "y"), [ROWS, (6, 4)]),
    (HardSigmoid(), ROWS),
    (Hardtanh(), ROWS),
    (Hardtanh(min_val=-0.1, max_val=1.1), IMAGES),
    (Identity(), IMAGES),
    (LeakyReLU(), ROWS),
    (LeakyReLU(negative_slope=-0.3), IMAGES),
    (LogSoftmax(), ROWS),
    (LogSoftmax(), SEQUENCES),
    (Mish(), ROWS),
    (Multiply(), [ROWS, ROWS]),
    (Multiply(), [SEQUENCES] * 4),
    (Parallel(Dense(3), Sequential(Dense(4), Tanh())), ROWS),
    (Parallel(Dense(4), Dense(4, bias=False), merge="sum"), SEQUENCES),
    (PReLU(), IMAGES),
    (PReLU(num_parameters=5, init=-0.1), SEQUENCES),
    (PReLU(num_parameters=5), ROWS),
    (ReLU(), IMAGES),
    (Residual(), IMAGES),
    (Residual(Dense(4), Sigmoid(), Residual(Tanh(), Dense(4)), Dense(5)), ROWS),
    (SELU(), ROWS),
    (Sequential(), ROWS),
    (Sequential(Dense(4), Sigmoid(), Dense(2)), ROWS),
    (Sequential(Add(), Dense(2)), [ROWS, ROWS]),
    (shared(Dense(5)), ROWS),
    (shared(Sequential(Dense(5), Tanh())), ROWS),
    (shared(shared(Dense(5))), ROWS),
    (Sequential(Standardize(), Flatten(), Sequential(Dense(4), ReLU()), Dropout(p=0.3), Dense(2), Softmax()), IMAGES),
    (Sigmoid(), SEQUENCES),
    (SiLU(), IMAGES),
    (Softmax(), ROWS),
    (Softmax(), SEQUENCES),
    (Softplus(), ROWS),
    (Softplus(beta=2.5, threshold=3), IMAGES),
    (Softsign(), ROWS),
    (Standardize(), ROWS),
    (Standardize(), IMAGES),
    (Tanh(), ROWS),
]

each_row = pytest.mark.parametrize(("layer", "shape"), TABLE, ids=[f"{layer!r}-{shape}" for layer, shape in TABLE])


def away_from_kinks(shape, seed=5):
    """Values of magnitude 0.2 to 2, so that no entry lies near ReLU's kink."""
    if isinstance(shape, list):
        return tuple(away_from_kinks(part, seed) for seed, part in enumerate(shape))
    rng = np.random.default_rng(seed)
    return rng.choice([-1, 1], shape) * rng.uniform(0.2, 2, shape)


def test_every_layer_has_a_row():
    in_table = {type(layer).__name__ for layer, _ in TABLE}
    assert in_table == set(layers.__all__) - {"Layer"}


@each_row
def test_contract(layer, shape):
    assert check_contract(layer, away_from_kinks(shape))


@each_row
def test_gradients(layer, shape):
    assert check_gradients(layer, away_from_kinks(shape))
