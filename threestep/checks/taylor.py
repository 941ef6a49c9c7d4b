"""taylor_test: a gradient makes a linear approximation, whose remainder falls as h squared."""

import numpy as np

from .differences import EPS

STEPS = 10.0 ** -np.arange(1, 7)


class Taylor:
    """What a Taylor test found: a table that prints, and a truth value.

    Attributes: steps, changes, change_orders, remainders, remainder_orders, an entry for each h; order, the
    remainder's in the end; ok; verdict, in words.
    """

    def __init__(self, changes, linear, blur):
        """changes: f(x + h v) - f(x); linear: what the gradient says they are; blur: what rounding may do to them."""
        self.steps, self.changes, self.remainders = STEPS, np.abs(changes), np.abs(changes - linear)
        self.change_orders, self.remainder_orders = orders(self.changes, blur), orders(self.remainders, blur)
        known = self.remainder_orders[np.isfinite(self.remainder_orders)]
        first = self.remainders[0]
        self.order = float(known[-1]) if len(known) else np.log10(first / blur) if first > blur else np.inf
        hidden = max(self.changes[0], abs(linear[0])) < 1e4 * blur and (self.remainders.any() or self.changes.any())
        self.ok = bool(np.isfinite(self.remainders).all() and self.order > 1.9 and not hidden)
        if not np.isfinite(self.remainders).all():
            self.verdict = "f or the gradient is not finite"
        elif hidden:
            self.verdict = "cannot tell: the changes of f are hardly more than rounding"
        elif self.order == np.inf:
            self.verdict = "no more than rounding"
        else:
            self.verdict = f"order {self.order:.2f}, expected 2 or more"
        if not self.ok and len(known) > 1 and abs(known[-2:] - 1).max() > 0.2:
            self.verdict += "; the orders do not settle: is f calculated in float32, or x near a kink?"

    def __bool__(self):
        return self.ok

    def __repr__(self):
        lines = [
            f"remainder of the linear approximation: {'ok' if self.ok else 'FAIL'}, {self.verdict}",
            "h      change   order  remainder  order",
        ]
        columns = self.steps, self.changes, self.change_orders, self.remainders, self.remainder_orders
        for h, change, slope, remainder, curve in zip(*columns, strict=True):
            line = f"{h:.0e}  {change:7.1e}  {slope:5.2f}  {remainder:9.1e}  {curve:5.2f}"
            lines.append(line.replace("nan", "   ").rstrip())
        return "\n".join(lines)


def orders(errors, blur):
    """For each step the slope of the errors on log-log scales since the step before; NaN where rounding blurs."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.diff(np.log10(errors)) / np.diff(np.log10(STEPS))
    return np.array([np.nan, *np.where(errors[1:] > blur, slopes, np.nan)])


def taylor_test(f, x, gradient, rng=0):
    """Tests whether f(x + h) is f(x) + <gradient, h> but for a remainder that falls as |h|^2, or faster.

    Along a random unit vector v, for h from 0.1 down to 1e-6:

        change(h)    = |f(x + h v) - f(x)|                       falls as h, unless f is flat along v
        remainder(h) = |f(x + h v) - f(x) - h <gradient, v>|     falls as h^2 or faster if the gradient is right

    An error that falls as h^k has order k, the slope on log-log scales. The remainder's is taken at the smallest h
    where rounding does not blur it; it is infinite where the remainder is nothing but rounding, as for a linear f.

    Args:
        f: a function from an array like x to a number, calculated in float64 and smooth on the scale of the steps.
        x, gradient: arrays of one shape, with any number of entries: 7 evaluations of f do for all of them.
        rng: an int or Generator, for v.

    Returns a Taylor, true when the order is above 1.9, and false where rounding hides what f does. Print it, assert it.

    Raises ValueError where gradient has not the shape of x, x has no entries, or f returns anything but a number.

    Source: slides "Function approximation" and "Differentiable function at x".
    """
    x, gradient = np.array(x, np.float64), np.asarray(gradient)
    if gradient.shape != x.shape or gradient.dtype.kind not in "fiu":
        raise ValueError(
            f"gradient expected numbers in the shape of x, {x.shape}, got {gradient.dtype} {gradient.shape}"
        )
    if x.size == 0:
        raise ValueError(f"x expected at least one entry, got shape {x.shape}")
    v = np.random.default_rng(rng).standard_normal(x.shape)
    v /= np.linalg.norm(v)
    places = [x, *(x + h * v for h in STEPS)]
    values = [f(place.copy()) for place in places]
    for value in values:
        if np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "fiu":
            got = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
            raise ValueError(f"f expected to return a number, got {got}")
    here, *there = map(float, values)
    linear = [np.sum(gradient * (place - x)) for place in places[1:]]  # of the steps as they were rounded
    return Taylor(np.array(there) - here, np.array(linear), 100 * EPS * max(map(abs, values)))
