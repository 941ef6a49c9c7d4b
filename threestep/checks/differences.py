"""Finite differences: a function's derivative from its values at points nearby, and how wrong it may be."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

EPS = np.finfo(np.float64).eps
POINTS = (-4, -2, -1, 1, 2, 4)
# Powers of 2, so that x + h is hardly rounded. Over the layers and losses of this library the first has the smallest
# total of truncation and rounding, as a rule 1e-12 of a gradient, 2e-9 at worst. The others are for what lies within
# 4 h of x and shows at the first: a kink, which they leave outside, or a bend as sharp as a norm of small numbers has.
STEPS = (2.0**-13, 2.0**-20, 2.0**-27)


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


@dataclass
class Slope:
    """What differences tell of a derivative: it lies from low to high, give or take the error.

    kind: "smooth", where low is high; "kink", where the slopes on the two sides differ; "none", where they do not even
    settle, as at a step or in noise.
    """

    low: float
    high: float
    error: float
    kind: str = "smooth"

    def off(self, claim):
        """How far a claimed derivative lies from what the differences allow for without an error."""
        return max(self.low - claim, claim - self.high, 0.0)


def slope(change, x, v, size, largest):
    """The Slope of a function f at x along v, an array of -1 and 1 in the shape of x: from six values of f, or 18.

    Args:
        change: a function without arguments: how much f has changed since x, the array, was moved from where it is; or
            an array of the changes of terms that f is the sum of, each of which may have a kink of its own.
        size: what f's rounding errors are 2.2e-16 of. largest: the largest slope along one entry, as far as is known.
    """
    here = x.copy()
    scale = 2.0 ** (math.frexp(max(1.0, float(np.abs(here).max())))[1] - 1)  # of x's largest entry, downwards

    def usual(stencil):  # one entry's slope, beside which its kink is to be seen, however many are moved
        return max(largest, stencil.steepest / x.size**0.5)

    tried, sides = [], []
    for h in STEPS:
        f = []
        for k in POINTS:
            np.add(here, k * h * scale * v, out=x)
            f.append(change() if x.size == 1 else float(np.sum(change())))  # the terms' kinks matter for one entry only
        x[...] = here
        sums = [float(np.sum(terms)) for terms in f]
        if tried and not any(sums) and not tried[-1].low <= 0 <= tried[-1].high:
            break  # flat between two steps of a staircase, as a calculation in float32 is
        tried.append(Stencil(sums, h * scale, size))
        if tried[-1].spread <= 1e-7 * usual(tried[-1]) + 100 * tried[-1].rounding:
            break
        slopes = secants(f, h * scale)
        sides.append((float(np.sum(np.min(slopes, axis=0))), float(np.sum(np.max(slopes, axis=0)))))
    best = min(tried, key=lambda stencil: stencil.error)
    if best.spread <= 1e-4 * usual(best) + 1e-8 * size:
        return Slope(best.value, best.value, best.error)
    # a kink's slopes are the same at every scale; a step of f, and noise, look the steeper the smaller the step of x
    (low, high), before = sides[-1], sides[-2:][0]
    kink = len(sides) == len(STEPS) and high - low <= 10 * (before[1] - before[0])
    return Slope(low, high, tried[-1].rounding, "kink" if kink else "none")


def secants(f, h):
    """The slopes between neighbours, in between of which f's own lie: six, of f at POINTS beside where it is 0."""
    far_below, below2, below, above, above2, far_above = f
    rises = below2 - far_below, below - below2, -below, above, above2 - above, far_above - above2
    return [rise / (run * h) for rise, run in zip(rises, (2, 1, 1, 1, 1, 2), strict=True)]


class Stencil:
    """Changes of f at h, 2h and 4h on either side, and what follows from them.

    Central differences at h and 2h, combined so that their h^2 terms cancel, are the five-point stencil, whose error is
    of order h^4: the distance of the stencils with h and with 2h is 15 times the error of the first. At a kink in the
    middle the two agree, but slopes from the points on the right alone and from those on the left do not.

    value: the derivative. spread: by how much all of these disagree. rounding: what it may do to value. error: of
    value, from both. low, high: the least and the largest slope between two neighbours.
    """

    def __init__(self, f, h, size):
        far_below, below2, below, above, above2, far_above = f
        central = (above - below) / (2 * h), (above2 - below2) / (4 * h), (far_above - far_below) / (8 * h)
        self.value, wide = ((4 * near - far) / 3 for near, far in pairwise(central))
        right = (8 * above - 3 * above2 + far_above / 4) / (3 * h)
        left = -(8 * below - 3 * below2 + far_below / 4) / (3 * h)
        self.spread = abs(self.value - wide) + abs(right - left)
        slopes = secants(f, h)
        self.low, self.high = min(slopes), max(slopes)
        self.steepest = max(-self.low, self.high)
        self.rounding = EPS * size / h
        error = self.spread / 15 + self.rounding
        self.error = error if math.isfinite(error) else math.inf
