"""Graphs, branches and shared layers beside PyTorch's autograd, to 1e-10 in float64 with copied weights."""

import numpy as np
import pytest

from layers import Add, Concat, Dense, Graph, Multiply, Parallel, PReLU, Residual, Sequential, Sigmoid, Tanh

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")

RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def dense(p, name, x):
    return x @ p[f"{name}.W"].T + p[f"{name}.b"]


def residual(p, x):
    return x + dense(p, "2", torch.tanh(dense(p, "0", x)))


def parallel(p, x):
    return torch.cat([dense(p, "0", x), torch.tanh(x), dense(p, "2", x)], dim=-1)


def summed(p, x):
    return dense(p, "0", x) + dense(p, "1.0", x)


def graph(p, x, z):
    a = dense(p, "a", x)
    c = a * z * torch.sigmoid(a)
    return torch.nn.functional.prelu(dense(p, "d", torch.cat([c, a], dim=-1)), p["e.a"]), c


def three_uses(p, x):
    a = torch.tanh(dense(p, "0", x))
    b = a + dense(p, "0", a)
    return dense(p, "0", b)


def siamese(p, x, z):
    return dense(p, "left", x) * dense(p, "left", z)


def shared_graph():
    right = Dense(3)
    right.share = "left"
    return Graph(
        ["x", "z"], {"left": ("x", Dense(3)), "right": ("z", right), "y": (["left", "right"], Multiply())}, "y"
    )


def whole_graph():
    nodes = {
        "a": ("x", Dense(4)),
        "s": ("a", Sigmoid()),
        "c": (["a", "z", "s"], Multiply()),
        "cat": (["c", "a"], Concat()),
        "d": ("cat", Dense(3)),
        "e": ("d", PReLU()),
    }
    return Graph(["x", "z"], nodes, ["e", "c"])


def with_shared():
    layer = Dense(5)
    return Sequential(layer, Tanh(), Residual(layer), Sequential(layer))


MODELS = [  # (model, the same with autograd, given parameters by name, shapes of the inputs)
    (Residual(Dense(4), Tanh(), Dense(5)), residual, [(6, 5)]),
    (Parallel(Dense(3), Tanh(), Dense(2)), parallel, [(6, 5)]),
    (Parallel(Dense(3), Sequential(Dense(3)), merge="sum"), summed, [(6, 5)]),
    (whole_graph(), graph, [(6, 5), (6, 4)]),
    (with_shared(), three_uses, [(6, 5)]),
    (shared_graph(), siamese, [(6, 5), (6, 5)]),
    (Graph(["x", "z"], {"y": (["x", "z", "x"], Add())}, "y"), lambda p, x, z: x + z + x, [(6, 5), (6, 5)]),
    (Graph(["x", "z"], {"y": (["x", "z", "x"], Multiply())}, "y"), lambda p, x, z: x * z * x, [(6, 5), (6, 5)]),
]


@pytest.mark.parametrize(("model", "peer", "shapes"), MODELS, ids=lambda value: getattr(value, "__name__", None))
def test_models_beside_autograd(model, peer, shapes):
    xs = tuple(RNG.normal(size=shape) for shape in shapes)
    x = xs if len(xs) > 1 else xs[0]
    model.build([part.shape[1:] for part in xs] if len(xs) > 1 else x.shape[1:], dtype=np.float64)
    model.theta = RNG.normal(size=model.theta.size)
    params = {name: torch.tensor(np.array(array), requires_grad=True) for name, array in model.params.items()}
    inputs = [torch.tensor(part, requires_grad=True) for part in xs]
    y, expected = model.forward(x), peer(params, *inputs)
    y, expected = (y, expected) if isinstance(y, tuple) else ((y,), (expected,))
    g = [RNG.normal(size=part.shape) for part in y]
    torch.autograd.backward(expected, [torch.tensor(part) for part in g])
    dx = model.backward(tuple(g) if len(g) > 1 else g[0])
    model.update()
    for mine, its in zip(y, expected, strict=True):
        assert np.allclose(mine, its.detach(), **CLOSE)
    for mine, its in zip(dx if len(xs) > 1 else (dx,), inputs, strict=True):
        assert np.allclose(mine, its.grad, **CLOSE)
    for name, its in params.items():
        assert np.allclose(model.grads[name], its.grad, **CLOSE), name
