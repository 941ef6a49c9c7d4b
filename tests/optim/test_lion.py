"""Lion beside its paper's algorithm 2, which PyTorch does not have, over 1,000 steps."""

import numpy as np
import pytest

from optim import Lion


@pytest.mark.parametrize("options", [{}, {"lr": 3e-3, "betas": (0.95, 0.98), "weight_decay": 0.1}])
def test_the_papers_formulas(options):
    rng = np.random.default_rng(0)
    theta, optimizer = rng.normal(size=20), Lion(**options)
    expected, m = theta.copy(), np.zeros(20)
    (b1, b2), lr, decay = optimizer.betas, optimizer.lr, optimizer.weight_decay
    for g in rng.normal(size=(1000, 20)):
        optimizer.step(theta, g)
        c = b1 * m + (1 - b1) * g
        expected = expected - lr * (np.sign(c) + decay * expected)
        m = b2 * m + (1 - b2) * g
    assert np.allclose(theta, expected, rtol=1e-10, atol=1e-10)
    assert (optimizer.lr, optimizer.betas) == (options.get("lr", 1e-4), options.get("betas", (0.9, 0.99)))
