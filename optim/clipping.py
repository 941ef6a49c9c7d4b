"""Clipping: a limit to the gradient, before the displacement."""

from math import isfinite, sqrt

import numpy as np

from .settings import above_zero


def clip_norm(gradient, max_norm) -> float:
    """g <- g min(1, max_norm / (|g| + 1e-6)), in place, keeping the direction; returns |g| as it was.

    Args:
        gradient: a vector of floats, such as model.gradient. max_norm: above 0.

    Raises ValueError, and changes nothing, for an entry that is not finite.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks", 2013, algorithm 1; the 1e-6 is
    PyTorch's.
    """
    max_norm = above_zero("max_norm", max_norm)
    require_vector("clip_norm", gradient)
    norm = length(gradient)
    coefficient = max_norm / (norm + 1e-6)
    if coefficient < 1:  # in float64: beside a huge norm the coefficient itself would be lost in float32
        np.multiply(gradient, coefficient, out=gradient, dtype=np.float64, casting="same_kind")
    return norm


def clip_value(gradient, limit):
    """g_i <- min(max(g_i, -limit), limit), in place.

    Args:
        gradient: a vector of floats, such as model.gradient. limit: above 0.

    Raises ValueError, and changes nothing, for an entry that is not finite.

    Source: as PyTorch's clip_grad_value_.
    """
    limit = above_zero("limit", limit)
    require_vector("clip_value", gradient)
    require_finite("clip_value", gradient)
    np.clip(gradient, -limit, limit, out=gradient)


def length(vector):
    """The vector's norm, also where the squares of its entries overflow or vanish."""
    info = np.finfo(vector.dtype)
    with np.errstate(all="ignore"):
        square = float(vector @ vector)
    if info.tiny / info.eps < square and isfinite(square):  # so every entry is finite
        return sqrt(square)
    require_finite("clip_norm", vector)
    largest = float(np.abs(vector).max(initial=0))
    if largest == 0:
        return 0.0
    unit = np.divide(vector, largest, dtype=np.float64)
    return largest * sqrt(unit @ unit)


def require_vector(name, gradient):
    if not isinstance(gradient, np.ndarray) or gradient.dtype.kind != "f" or gradient.ndim != 1:
        got = f"{gradient.dtype} of shape {gradient.shape}" if isinstance(gradient, np.ndarray) else repr(gradient)
        raise TypeError(f"{name} expected the gradient as a vector of floats, got {got}")


def require_finite(name, gradient):
    wrong = np.flatnonzero(~np.isfinite(gradient))
    if wrong.size:
        raise ValueError(f"{name} expected finite numbers, but gradient[{wrong[0]}] is {gradient[wrong[0]]}")
