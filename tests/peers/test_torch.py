"""Equal to PyTorch to 1e-10 in float64, with copied weights. Runs where torch is installed."""

import numpy as np
import pytest

import layers
import losses
import optim

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")

RNG = np.random.default_rng(0)
CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def tensor(array, gradient=True):
    return torch.tensor(np.asarray(array), requires_grad=gradient)


LAYERS = [
    (layers.Dense(4), lambda: torch.nn.Linear(5, 4), (6, 5)),
    (layers.Dense(4), lambda: torch.nn.Linear(5, 4), (6, 3, 5)),
    (layers.Dense(4, bias=False), lambda: torch.nn.Linear(5, 4, bias=False), (6, 5)),
    (layers.Sigmoid(), torch.nn.Sigmoid, (6, 5)),
    (layers.Tanh(), torch.nn.Tanh, (6, 5)),
    (layers.ReLU(), torch.nn.ReLU, (6, 5)),
    (layers.Softmax(), lambda: torch.nn.Softmax(dim=-1), (6, 3, 5)),
    (layers.LogSoftmax(), lambda: torch.nn.LogSoftmax(dim=-1), (6, 5)),
    (layers.Flatten(), torch.nn.Flatten, (6, 3, 2, 5)),
    (layers.Identity(), torch.nn.Identity, (6, 5)),
    (layers.LeakyReLU(0.2), lambda: torch.nn.LeakyReLU(0.2), (6, 5)),
    (layers.PReLU(), torch.nn.PReLU, (6, 5)),
    (layers.PReLU(5, init=0.1), lambda: torch.nn.PReLU(5), (6, 5)),
    (layers.ELU(), torch.nn.ELU, (6, 5)),
    (layers.ELU(0.4), lambda: torch.nn.ELU(0.4), (6, 5)),
    (layers.SELU(), torch.nn.SELU, (6, 5)),
    (layers.CELU(), torch.nn.CELU, (6, 5)),
    (layers.CELU(0.5), lambda: torch.nn.CELU(0.5), (6, 5)),
    (layers.GELU(), torch.nn.GELU, (6, 5)),
    (layers.GELU("tanh"), lambda: torch.nn.GELU("tanh"), (6, 5)),
    (layers.SiLU(), torch.nn.SiLU, (6, 5)),
    (layers.Mish(), torch.nn.Mish, (6, 5)),
    (layers.Hardtanh(), torch.nn.Hardtanh, (6, 5)),
    (layers.Hardtanh(-0.5, 2), lambda: torch.nn.Hardtanh(-0.5, 2), (6, 5)),
    (layers.Softplus(), torch.nn.Softplus, (6, 5)),
    (layers.Softplus(2, 3), lambda: torch.nn.Softplus(2, 3), (6, 5)),
    (layers.Softsign(), torch.nn.Softsign, (6, 5)),
]


@pytest.mark.parametrize(("layer", "make", "shape"), LAYERS, ids=lambda value: repr(value))
def test_layers(layer, make, shape):
    x = 3 * RNG.normal(size=shape)
    x.flat[::7] = 0  # kinks
    x.flat[1:20:3] = [-3, 3, -1, 1, -0.5, 2, 25]
    layer.build(shape[1:], dtype=np.float64)
    peer = make().double()
    for mine, its in zip(layer.params.values(), peer.parameters(), strict=True):
        its.data = tensor(mine, gradient=False)
    t = tensor(x)
    y, expected = layer.forward(x), peer(t)
    g = RNG.normal(size=y.shape)
    expected.backward(tensor(g, gradient=False))
    assert np.allclose(y, expected.detach(), **CLOSE)
    assert np.allclose(layer.backward(g), t.grad, **CLOSE)
    layer.update()
    for mine, its in zip(layer.grads.values(), peer.parameters(), strict=True):
        assert np.allclose(mine, its.grad, **CLOSE)


def test_hard_sigmoid():
    """As above; PyTorch's derivative 1/6 is a float32 constant, so the gradients agree to float32 only."""
    x = np.array([[-4.0, -3, -1, 0, 2, 3, 5]])
    t, mine = tensor(x), layers.HardSigmoid()
    expected = torch.nn.Hardsigmoid()(t)
    expected.sum().backward()
    assert np.allclose(mine.forward(x), expected.detach(), **CLOSE)
    assert np.allclose(mine.backward(np.ones_like(x)), t.grad, rtol=1e-7, atol=0)


LOGITS = RNG.normal(size=(6, 4)) * 3
P = RNG.uniform(size=(6, 4))
BITS = RNG.integers(0, 2, (6, 4)).astype(float)
LABELS, SOFT = RNG.integers(0, 4, 6), RNG.dirichlet(np.ones(4), 6)
SEQUENCE, SOME = RNG.normal(size=(6, 3, 4)), RNG.choice([0, 1, 2, 3, -100], (6, 3))  # labels, some ignored
COUNTS = RNG.poisson(2, (6, 4)).astype(float)
C = [0.5, 2, 0, 3]
EXAMPLES = np.array([1, 0, 2.5, 3, 0.1, 1])


def time_last(peer):
    """PyTorch wants the classes on axis 1."""
    return lambda prediction, target: peer(prediction.moveaxis(-1, 1), target)


def weighted(peer):
    """By EXAMPLES, for a peer with reduction="none"."""

    def mean(prediction, target):
        each = peer(prediction, target).reshape(6, -1).mean(dim=1)
        return (each * torch.tensor(EXAMPLES)).sum() / EXAMPLES.sum()

    return mean


def c(**options):
    return {"weight": torch.tensor(C).double(), **options}


LOSSES = [
    (losses.BinaryCrossEntropy(), torch.nn.BCELoss(), P, BITS),
    (losses.BinaryCrossEntropyWithLogits(), torch.nn.BCEWithLogitsLoss(), 100 * LOGITS, SOFT),
    (
        losses.BinaryCrossEntropyWithLogits(pos_weight=0.25),
        torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(0.25).double()),
        100 * LOGITS,
        BITS,
    ),
    (
        losses.BinaryCrossEntropyWithLogits(pos_weight=C),
        torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(C).double()),
        LOGITS,
        SOFT,
    ),
    (losses.CrossEntropy(), torch.nn.CrossEntropyLoss(), 100 * LOGITS, LABELS),
    (losses.CrossEntropy(), torch.nn.CrossEntropyLoss(), LOGITS, SOFT),
    (losses.CrossEntropy(), time_last(torch.nn.CrossEntropyLoss()), SEQUENCE, SOME),
    (losses.CrossEntropy(weight=C), torch.nn.CrossEntropyLoss(**c()), LOGITS, LABELS),
    (losses.CrossEntropy(weight=C), torch.nn.CrossEntropyLoss(**c()), LOGITS, SOFT),
    (losses.CrossEntropy(weight=C), time_last(torch.nn.CrossEntropyLoss(**c())), SEQUENCE, SOME),
    (losses.CrossEntropy(ignore_index=3), time_last(torch.nn.CrossEntropyLoss(ignore_index=3)), SEQUENCE, SOME % 4),
    (losses.CrossEntropy(label_smoothing=0.3), torch.nn.CrossEntropyLoss(label_smoothing=0.3), 100 * LOGITS, LABELS),
    (losses.CrossEntropy(label_smoothing=1), torch.nn.CrossEntropyLoss(label_smoothing=1.0), LOGITS, SOFT),
    (
        losses.CrossEntropy(label_smoothing=0.3),
        time_last(torch.nn.CrossEntropyLoss(label_smoothing=0.3)),
        SEQUENCE,
        SOME,
    ),
    (
        losses.CrossEntropy(weight=C, ignore_index=1, label_smoothing=0.3),
        time_last(torch.nn.CrossEntropyLoss(**c(ignore_index=1, label_smoothing=0.3))),
        SEQUENCE,
        SOME % 4,
    ),
    (
        losses.CrossEntropy(weight=C, label_smoothing=0.3),
        torch.nn.CrossEntropyLoss(**c(label_smoothing=0.3)),
        LOGITS,
        SOFT,
    ),
    (losses.NLL(), torch.nn.NLLLoss(), LOGITS, LABELS),
    (losses.NLL(weight=C), time_last(torch.nn.NLLLoss(**c())), SEQUENCE, SOME),
    (losses.NLL(weight=C, ignore_index=1), torch.nn.NLLLoss(**c(ignore_index=1)), LOGITS, LABELS),
    (losses.Hinge(), torch.nn.MultiMarginLoss(), LOGITS, LABELS),
    (losses.Hinge(), torch.nn.MultiMarginLoss(), np.round(LOGITS), LABELS),
    (
        losses.Hinge(weight=[0.5, 2, 1, 3]),
        torch.nn.MultiMarginLoss(weight=tensor([0.5, 2, 1, 3], False)),
        LOGITS,
        LABELS,
    ),
    (losses.Hinge(p=2, margin=2), torch.nn.MultiMarginLoss(p=2, margin=2.0), np.round(LOGITS), LABELS),
    (losses.MSE(), torch.nn.MSELoss(), LOGITS, SOFT),
    (losses.MAE(), torch.nn.L1Loss(), np.round(LOGITS), np.round(SOFT)),
    (losses.Huber(), torch.nn.HuberLoss(), np.round(LOGITS), np.round(SOFT)),
    (losses.Huber(delta=0.3), torch.nn.HuberLoss(delta=0.3), LOGITS, SOFT),
    (losses.KLDivergence(), torch.nn.KLDivLoss(reduction="batchmean"), LOGITS, SOFT),
    (losses.KLDivergence(), torch.nn.KLDivLoss(reduction="batchmean"), LOGITS, np.eye(4)[LABELS]),
    (losses.PoissonNLL(), torch.nn.PoissonNLLLoss(), LOGITS, COUNTS),
    (losses.PoissonNLL(full=True), torch.nn.PoissonNLLLoss(full=True), LOGITS, COUNTS),
    (losses.PoissonNLL(log_input=False, full=True), torch.nn.PoissonNLLLoss(log_input=False, full=True), P, COUNTS),
    (
        losses.PoissonNLL(log_input=False, eps=0.5),
        torch.nn.PoissonNLLLoss(log_input=False, eps=0.5),
        np.round(P),
        COUNTS,
    ),
]
WEIGHTED = [
    (losses.CrossEntropy(), weighted(torch.nn.CrossEntropyLoss(reduction="none")), LOGITS, LABELS),
    (losses.CrossEntropy(weight=C), weighted(torch.nn.CrossEntropyLoss(**c(reduction="none"))), LOGITS, SOFT),
    (losses.CrossEntropy(), weighted(time_last(torch.nn.CrossEntropyLoss(reduction="none"))), SEQUENCE, SOME % 4),
    (losses.Hinge(p=2), weighted(torch.nn.MultiMarginLoss(p=2, reduction="none")), LOGITS, LABELS),
    (losses.MSE(), weighted(torch.nn.MSELoss(reduction="none")), LOGITS, SOFT),
    (losses.PoissonNLL(), weighted(torch.nn.PoissonNLLLoss(reduction="none")), LOGITS, COUNTS),
]


@pytest.mark.parametrize(("loss", "peer", "prediction", "target"), LOSSES)
def test_losses(loss, peer, prediction, target):
    t = tensor(prediction)
    expected = peer(t, tensor(target, gradient=False))
    expected.backward()
    assert loss.forward(prediction, target) == pytest.approx(expected.item(), rel=1e-10, abs=1e-10)
    assert np.allclose(loss.backward(), t.grad, **CLOSE)


@pytest.mark.parametrize(("loss", "peer", "prediction", "target"), WEIGHTED)
def test_losses_with_weighted_examples(loss, peer, prediction, target):
    t = tensor(prediction)
    expected = peer(t, tensor(target, gradient=False))
    expected.backward()
    assert loss.forward(prediction, target, EXAMPLES) == pytest.approx(expected.item(), rel=1e-10, abs=1e-10)
    assert np.allclose(loss.backward(), t.grad, **CLOSE)


def test_binary_cross_entropy_at_0_and_1():
    """The same limits; PyTorch's divisor 1e-12 is a float32 constant, so the gradients there agree to float32 only."""
    p, y = np.array([[0.0, 1], [0, 1]]), np.array([[1.0, 0], [0, 1]])
    t, mine = tensor(p), losses.BinaryCrossEntropy()
    expected = torch.nn.BCELoss()(t, tensor(y, gradient=False))
    expected.backward()
    assert mine.forward(p, y) == expected.item() == 50
    assert np.allclose(mine.backward(), t.grad, rtol=1e-7, atol=0)


def test_a_whole_model_over_20_steps():
    model = layers.Sequential(layers.Dense(16), layers.ReLU(), layers.Dense(4))
    model.build((8,), dtype=np.float64)
    peer = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4)).double()
    for mine, its in zip(model.params.values(), peer.parameters(), strict=True):
        its.data = tensor(mine, gradient=False)
    criterion, optimizer = losses.CrossEntropy(), optim.SGD(lr=0.1, momentum=0.9)
    its_criterion, its_optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(peer.parameters(), lr=0.1, momentum=0.9)
    x, y = RNG.normal(size=(32, 8)), RNG.integers(0, 4, 32)
    for _ in range(20):
        loss = criterion.forward(model.forward(x), y)
        model.backward(criterion.backward(), input_gradient=False)
        model.update()
        optimizer.step(model.theta, model.gradient)
        its_optimizer.zero_grad()
        its_loss = its_criterion(peer(tensor(x, gradient=False)), tensor(y, gradient=False))
        its_loss.backward()
        its_optimizer.step()
        assert loss == pytest.approx(its_loss.item(), rel=1e-10)
    assert np.allclose(model.theta, np.concatenate([p.detach().ravel() for p in peer.parameters()]), **CLOSE)
