"""Finite differences, and the comparison of a layer's or a loss's gradients with them."""

import copy

import numpy as np

from layers import Layer
from losses import Loss

from .report import Report

EPS = np.finfo(np.float64).eps
TOLERANCE = 1e-7  # of the larger of the two gradients, beside the numerical gradient's own error


def numerical_gradient(f, x, method="central", h=None):
    """The gradient of f at x by finite differences, entry by entry, in float64.

        central: (f(x + h e_i) - f(x - h e_i)) / 2h, with an error of order h^2, for 2n evaluations of f
        forward: (f(x + h e_i) - f(x)) / h, with an error of order h, for n + 1 evaluations

    Args:
        f: a function from an array like x to a float; it must not keep or change the array.
        x: an array of n entries; it is not changed.
        h: the step, scaled by max(1, |x_i|); unless given, where rounding and truncation balance: the third root
            (central) or the square root (forward) of 2.2e-16.

    Raises ValueError for an unknown method.

    Source: slides "Impact of a parameter" and "Impact of all parameters".
    """
    if method not in ("central", "forward"):
        raise ValueError(f"method expected 'central' or 'forward', got {method!r}")
    x = np.array(x, np.float64)
    h = h or EPS ** (1 / 3 if method == "central" else 1 / 2)
    gradient = np.empty_like(x)
    start = f(x) if method == "forward" else None
    for i in np.ndindex(x.shape):
        here = x[i]
        step = h * max(1, abs(here))
        up, down = here + step, here - step if method == "central" else here
        x[i] = up
        above = f(x)
        x[i] = down
        below = f(x) if method == "central" else start
        x[i] = here
        gradient[i] = (above - below) / (up - down)  # the step as it was rounded
    return gradient


def estimated_gradient(f, x, size):
    """A numerical gradient and, entry by entry, the error to expect of it.

    Central differences at steps h and 2h are combined so that their h^2 terms cancel, which is the five-point stencil.
    Their difference bounds what truncation is left, and shows a kink between the points; rounding adds its share,
    2.2e-16 `size` / h, with `size` the sum of the magnitudes that f adds up.
    """
    h = EPS ** (1 / 3)
    fine, coarse = numerical_gradient(f, x, h=h), numerical_gradient(f, x, h=2 * h)
    return (4 * fine - coarse) / 3, np.abs(fine - coarse) + EPS * size / h


def check_gradients(subject, x, target=None, rng=0):
    """Compares every gradient of a layer, a model or a loss with finite differences, in float64.

    For a layer or model: l = sum(g * forward(x)) with a random g, so dl/dx is what backward(g) returns and dl/dparams
    what update leaves in grads. For a loss: l = forward(x, target) with x the prediction, and dl/dx = backward().

    A gradient a is right when, entry by entry, |a - n| <= 1e-7 max(|a|, |n|) + 10 e, with n the numerical gradient, e
    its estimated error, and max the largest over the array. Generators are put back before each evaluation, so that a
    random layer draws the same every time. The subject itself is not touched: a copy is checked. Choose x away from
    kinks such as ReLU's at 0.

    Args:
        subject: anything with forward, backward and update (then `params` and `grads` are looked at), or a loss.
        x: examples stacked on axis 0. target: the loss's. rng: an int or Generator, for g.

    Returns a Report with a row for x and one for each parameter, each naming its worst entry. Print it, assert it.
    """
    subject, x = copy.deepcopy(subject), np.array(x, np.float64)
    report = Report(f"gradients of {subject!r}")
    if isinstance(subject, Loss) or not hasattr(subject, "update"):

        def loss_at(x):
            return subject.forward(x, target)

        size = abs(loss_at(x))
        compare(report, "dx", subject.backward(), *estimated_gradient(loss_at, x, size))
        return report

    if isinstance(subject, Layer):
        subject = subject.astype(np.float64) if subject.built else build64(subject, x)
    restore = restorer(subject)
    y = subject.forward(x)
    g = np.random.default_rng(rng).standard_normal(y.shape)
    dx = np.array(subject.backward(g))
    subject.update()
    grads = {name: np.array(gradient) for name, gradient in getattr(subject, "grads", {}).items()}

    def loss_at(x):
        restore()
        return float(np.sum(g * subject.forward(x)))

    size = float(np.sum(np.abs(g * y)))
    compare(report, "dx", dx, *estimated_gradient(loss_at, x, size))
    for name, gradient in grads.items():
        array = subject.params[name]
        start = array.copy()

        def loss_of(value, array=array):
            array[...] = value
            return loss_at(x)

        n, error = estimated_gradient(loss_of, start, size)
        array[...] = start
        compare(report, f"d{name}", gradient, n, error)
    return report


def compare(report, what, a, n, error):
    """Adds a row: analytic a against numerical n with its estimated error."""
    if np.shape(a) != n.shape:
        report.add(what, False, f"has shape {np.shape(a)}, expected {n.shape}")
        return
    difference = np.where(np.isfinite(a), np.abs(a - n), np.inf)
    allowed = TOLERANCE * max(np.abs(a).max(initial=0), np.abs(n).max(initial=0)) + 10 * error
    if a.size == 0:
        report.add(what, True, "no entries")
        return
    worst = np.unravel_index(np.argmax(difference - allowed), a.shape)
    at = ", ".join(map(str, worst))
    report.add(
        what,
        np.all(difference <= allowed),
        f"worst at [{at}]: {a[worst]:.9g}, numerically {n[worst]:.9g}, "
        f"off by {difference[worst]:.1e}, allowed {allowed[worst]:.1e}",
    )


def build64(layer, x):
    layer.build(x.shape[1:], rng=0, dtype=np.float64)
    return layer


def restorer(subject):
    """A function that puts every generator found in the subject back to where it is now."""
    parts = list(subject.walk()) if isinstance(subject, Layer) else [subject]
    held = [value for part in parts for value in vars(part).values()]
    generators = [value for value in held if isinstance(value, np.random.Generator)]
    states = [generator.bit_generator.state for generator in generators]

    def restore():
        for generator, state in zip(generators, states, strict=True):
            generator.bit_generator.state = state

    return restore
