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

    A gradient a is right when it is finite and, entry by entry, |a - n| <= 1e-7 max(|a|, |n|) + 10 e, with n the
    numerical gradient, e its estimated error, and max the largest over the array. Where e is large, beside a kink or
    where forward does not give the same twice, nothing can be said, and the row fails: choose x away from kinks such
    as ReLU's at 0. Generators are put back before each evaluation, so that a random layer draws the same every time.
    The subject itself is not touched: a copy is checked, unfrozen, in the mode (training or not) of the subject.

    Args:
        subject: anything with forward, backward and update (then `params` and `grads` are looked at), or a loss.
        x: examples stacked on axis 0, or a tuple of such arrays. target: the loss's. rng: an int or Generator, for g.

    Returns a Report with a row for x and one for each parameter, each naming its worst entry. Print it, assert it.
    """
    if isinstance(subject, type):
        raise TypeError(
            f"expected an instance to check, got the class {subject.__name__}: write {subject.__name__}(...)"
        )
    report = Report(f"gradients of {subject!r}")
    subject = copy.deepcopy(getattr(subject, "_owned", subject))  # a further use of a layer is checked as that layer
    x = each(lambda part: np.array(part, np.float64), x)
    try:
        if isinstance(subject, Loss) or target is not None:
            check_loss(report, subject, x, target)
        else:
            check_steps(report, subject, x, rng)
    except Exception as error:  # a wrong layer may raise anything, and that is the finding
        report.add("forward, backward, update", False, f"{type(error).__name__}: {error}")
    return report


def check_loss(report, loss, x, target):
    def loss_at(x):
        return loss.forward(x, target)

    size = abs(loss_at(x))
    compare(report, "dx", loss.backward(), *estimated_gradient(loss_at, x, size), size)


def check_steps(report, subject, x, rng):
    params = prepare(subject, x)
    restore = restorer(subject)
    y = subject.forward(x)
    stream = np.random.default_rng(rng).spawn(1)[0]  # one that x has hardly come from
    g = each(lambda part: stream.standard_normal(part.shape), y)
    dx = each(np.array, subject.backward(g))
    if hasattr(subject, "update"):
        subject.update()
    grads = {name: np.array(gradient) for name, gradient in getattr(subject, "grads", {}).items()}

    def loss_at(x):
        restore()
        return float(sum(np.sum(a * b) for a, b in zip(parts(g), parts(subject.forward(x)), strict=True)))

    size = float(sum(np.sum(np.abs(a * b)) for a, b in zip(parts(g), parts(y), strict=True)))
    if loss_at(x) != loss_at(x):
        report.add("forward", False, "the same x gives another y the second time")
    for place, part in enumerate(parts(x)):

        def loss_of_input(value, place=place):
            return loss_at((*x[:place], value, *x[place + 1 :]) if isinstance(x, tuple) else value)

        name = f"dx[{place}]" if isinstance(x, tuple) else "dx"
        compare(report, name, parts(dx)[place], *estimated_gradient(loss_of_input, part, size), size)
    for name, array in params.items():
        start = array.copy()

        def loss_of(value, array=array):
            array[...] = value
            return loss_at(x)

        n, error = estimated_gradient(loss_of, start, size)
        array[...] = start
        compare(report, f"d{name}", grads.get(name), n, error, size)
    for name in set(grads) - set(params):
        report.add(f"d{name}", False, f"there is no parameter {name!r}")
    if not isinstance(subject, Layer) and not params:
        report.add("params", True, "none found in `params`: only dx was checked")


def prepare(subject, x):
    """The subject's params, in float64; a Layer is built and unfrozen for it."""
    if isinstance(subject, Layer):
        if subject.built:
            subject.astype(np.float64)
        else:
            subject.build(each(lambda part: part.shape[1:], x), dtype=np.float64)
        for layer in subject.walk():
            layer.frozen = False
        return subject.params
    params = getattr(subject, "params", {})
    for name, array in params.items():
        params[name] = np.array(array, np.float64)
    return params


def compare(report, what, a, n, error, size):
    """Adds a row: analytic a against numerical n with its estimated error; size is that of the loss."""
    if a is None or np.shape(a) != n.shape:
        report.add(what, False, f"expected shape {n.shape}, got {'nothing' if a is None else np.shape(a)}")
        return
    if a.size == 0:
        report.add(what, True, "no entries")
        return
    finite = np.isfinite(a)
    largest = max(np.abs(np.where(finite, a, 0)).max(), np.abs(n).max())
    allowed = TOLERANCE * largest + 10 * error
    difference = np.where(finite, np.abs(np.where(finite, a, 0) - n), np.inf)
    worst = np.unravel_index(np.argmax(difference - allowed), a.shape)
    unsure = np.unravel_index(np.argmax(error), a.shape)
    if not error[unsure] <= 1e-4 * largest + 1e-8 * size:
        report.add(what, False, f"no numerical gradient at {place(unsure)}: a kink, a step or noise there; change x")
        return
    report.add(
        what,
        np.all(difference <= allowed),
        f"worst at {place(worst)}: {a[worst]:.9g}, numerically {n[worst]:.9g}, "
        f"off by {difference[worst]:.1e}, allowed {allowed[worst]:.1e}",
    )


def place(index):
    return f"[{', '.join(map(str, index))}]"


def each(function, arrays):
    """The function of an array, or the tuple of its results for a tuple of arrays."""
    return tuple(map(function, arrays)) if isinstance(arrays, tuple) else function(arrays)


def parts(arrays):
    """An array, or a tuple of arrays, as a tuple."""
    return arrays if isinstance(arrays, tuple) else (arrays,)


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
