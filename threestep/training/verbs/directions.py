"""A model's gradients beside finite differences, along random directions: a few forwards for each array."""

from copy import deepcopy

import numpy as np

from threestep.checks.gradients import restorer

DIRECTIONS, STEPS = 3, (1e-4, 1e-5, 1e-6, 1e-7)
TOLERANCE = 1e-6
ROUNDING = 1e-15  # of a loss


def check_directions(model, criterion, x, y, rng=0):
    """Yields (name, relative error, verdict) for the input, None, and for each parameter that trains, in float64.

    Along v, every entry of which is moved by plus or minus the array's size, the gradient says <gradient, v>, and the
    five-point differences of the loss say n; the error is their distance, relative to the larger of n and of
    |gradient * v|. The best of three directions and four steps counts. "ok": at most 1e-6. "FAIL": more, where the
    differences settle. "kink": more, where they do not, so that nothing can be said.

    It is done in training mode, on a copy, with generators put back before each forward, and a little beside the
    model's start and x: there no array is zero throughout and no value lies on the kink of a ReLU or a MaxPool.
    """
    rng = np.random.default_rng(rng)
    model, criterion = deepcopy((model, criterion))
    model.train().astype(np.float64)
    x = np.array(x, np.float64)
    resting = {id(array) for layer in model.walk() if layer.frozen for array in layer.params.values()}
    arrays = {None: x, **{name: array for name, array in model.params.items() if id(array) not in resting}}
    for array in arrays.values():
        array += 0.01 * magnitude(array) * rng.standard_normal(array.shape)
    restore = restorer(model)

    def loss():
        restore()
        return criterion.forward(model.forward(x), y)

    start = loss()
    dx = model.backward(criterion.backward())
    model.update()
    gradients = {None: dx.copy(), **{name: array.copy() for name, array in model.grads.items()}}
    for name, array in arrays.items():
        yield name, *compare(loss, start, array, gradients[name], rng)


def compare(loss, start, array, gradient, rng):
    """(the relative error, the verdict) of one array's gradient; the array is left as it was."""
    here, best, settled = array.copy(), np.inf, 0
    if not np.isfinite(gradient).all():
        return best, "FAIL"

    def at(step):
        array[...] = here + step
        value = loss()
        array[...] = here
        return value

    for _ in range(DIRECTIONS):
        v = rng.choice((-1.0, 1.0), array.shape) * magnitude(array)
        slope, size = np.sum(gradient * v), np.linalg.norm(gradient * v)
        smooth = False
        for h in STEPS:
            below2, below, above, above2 = (at(k * h * v) for k in (-2, -1, 1, 2))
            fine, coarse = (above - below) / (2 * h), (above2 - below2) / (4 * h)
            n = (4 * fine - coarse) / 3
            off = abs(slope - n)
            least = ROUNDING * max(1, abs(start)) / h / TOLERANCE  # below it a slope is nothing but rounding
            best = min(best, off / max(size, abs(n), least))
            if best <= TOLERANCE:
                return best, "ok"
            # a kink of height J between the points, or on the middle one, makes this J, and n wrong by J / 2 at most
            smooth |= abs(above - 2 * start + below) / h + 4 * abs(fine - coarse) <= 0.1 * off
        settled += smooth
    return best, "FAIL" if settled == DIRECTIONS else "kink"


def magnitude(array):
    """The root mean square: of a vector or matrix of weights, or of each entry of the last axis; 1 in place of 0."""
    rms = np.sqrt(np.mean(array * array, axis=tuple(range(array.ndim - 1)) if array.ndim > 1 else None))
    return np.where(rms > 0, rms, 1.0)
