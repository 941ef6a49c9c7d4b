"""How weights start: each draws an array of a shape (out, ..., in), with n_in and n_out as the sizes of a sum.

n_in = in x receptive field is the number of terms in one output, n_out = out x receptive field the number of outputs
that one input reaches; for Dense they are the numbers of features.

Sources: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, equations 1
(standard) and 16 (glorot); He et al., "Delving deep into rectifiers", 2015, equation 10; LeCun et al., "Efficient
backprop", 1998, equation 16; Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
networks", 2014 (orthogonal).
"""

import os
from math import prod, sqrt

import numpy as np


def fans(shape):
    """(n_in, n_out) of a weight of shape (out, ..., in)."""
    receptive = prod(shape[1:-1])
    return shape[-1] * receptive, shape[0] * receptive


def zeros(rng, shape):
    """0."""
    return np.zeros(shape)


def standard(rng, shape):
    """U[-a, a] with a = 1 / sqrt(n_in), the older heuristic that Glorot & Bengio compare with."""
    n_in, _ = fans(shape)
    return uniform(rng, shape, 1 / sqrt(n_in))


def glorot_uniform(rng, shape):
    """U[-a, a] with a = sqrt(6 / (n_in + n_out)): a variance between what forward and backward want."""
    return uniform(rng, shape, sqrt(6 / sum(fans(shape))))


def glorot_normal(rng, shape):
    """N(0, s^2) with s = sqrt(2 / (n_in + n_out))."""
    return rng.standard_normal(shape) * sqrt(2 / sum(fans(shape)))


def he_uniform(rng, shape):
    """U[-a, a] with a = sqrt(6 / n_in): keeps the variance through layers with ReLU."""
    n_in, _ = fans(shape)
    return uniform(rng, shape, sqrt(6 / n_in))


def he_normal(rng, shape):
    """N(0, s^2) with s = sqrt(2 / n_in)."""
    n_in, _ = fans(shape)
    return rng.standard_normal(shape) * sqrt(2 / n_in)


def lecun_uniform(rng, shape):
    """U[-a, a] with a = sqrt(3 / n_in): keeps the variance through linear layers, and through SELU."""
    n_in, _ = fans(shape)
    return uniform(rng, shape, sqrt(3 / n_in))


def lecun_normal(rng, shape):
    """N(0, s^2) with s = 1 / sqrt(n_in)."""
    n_in, _ = fans(shape)
    return rng.standard_normal(shape) * sqrt(1 / n_in)


def truncated_normal(rng, shape):
    """N(0, s^2) without what lies beyond 2 s, with the s that leaves a variance of 1 / n_in: no weight is far out."""
    n_in, _ = fans(shape)
    z = rng.standard_normal(shape)
    while (beyond := np.abs(z) > 2).any():
        z[beyond] = rng.standard_normal(np.count_nonzero(beyond))
    return z * (sqrt(1 / n_in) / 0.8796256610342398)  # the standard deviation of a normal cut at 2


def orthogonal(rng, shape):
    """Rows, or columns where there are more rows, that are orthonormal: W (n_out, n_in) turns and keeps lengths."""
    rows, columns = shape[0], prod(shape[1:])
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1, 1)  # so that every rotation is as likely
    return (q if rows >= columns else q.T).reshape(shape)


def uniform(rng, shape, limit):
    return rng.uniform(-limit, limit, shape)


KINDS = (
    *(glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal),
    *(standard, truncated_normal, zeros),
)
INITIALIZERS = {kind.__name__: kind for kind in KINDS}


def initializer(name):
    """The function of that name, of (rng, shape); ValueError with the names there are.

    Raises MemoryError, before it draws, for more numbers than the machine's memory holds.
    """
    if not isinstance(name, str) or name not in INITIALIZERS:
        raise ValueError(f"init expected one of {', '.join(INITIALIZERS)}, got {name!r}")

    def draw(rng, shape):
        require_memory(f"a weight of shape {shape}", 2 * prod(shape))  # as drawn; then in theta and in the gradient
        return INITIALIZERS[name](rng, shape)

    return draw


def require_memory(what, count):
    """MemoryError, with the sizes, where `count` numbers of 8 bytes are more than the memory of the machine.

    Systems that lend memory they do not have would end the process later. Windows does not, and numpy tells it there.
    """
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if 8 * count > memory:
            raise MemoryError(f"{what} needs {8 * count / 1e9:,.0f} GB, and this machine has {memory / 1e9:,.0f}.")
