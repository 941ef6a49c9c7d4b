"""taylor_test: a gradient makes a linear approximation, whose remainder falls as h squared."""

import numpy as np

from .gradients import EPS

STEPS = 10.0 ** -np.arange(1, 7)


class Taylor:
    """What a Taylor test found: a table that prints, and a truth value.

    Attributes: steps, changes, change_orders, remainders, remainder_orders, an entry for each h; order, the
    remainder's in the end; ok.
    """

    def __init__(self, steps, changes, remainders, blur):
        self.steps, self.changes, self.remainders = steps, changes, remainders
        self.change_orders, self.remainder_orders = orders(steps, changes, blur), orders(steps, remainders, blur)
        clear = self.remainder_orders[np.isfinite(self.remainder_orders)]
        self.order = float(clear[-1]) if len(clear) else np.inf
        self.ok = bool(np.isfinite(remainders).all() and self.order > 1.9)

    def __bool__(self):
        return self.ok

    def __repr__(self):
        order = f"order {self.order:.2f}, expected 2 or more" if self.order < np.inf else "no more than rounding"
        lines = [
            f"remainder of the linear approximation: {'ok' if self.ok else 'FAIL'}, {order}",
            "h      change   order  remainder  order",
        ]
        columns = self.steps, self.changes, self.change_orders, self.remainders, self.remainder_orders
        for h, change, slope, remainder, curve in zip(*columns, strict=True):
            line = f"{h:.0e}  {change:7.1e}  {slope:5.2f}  {remainder:9.1e}  {curve:5.2f}"
            lines.append(line.replace("nan", "   ").rstrip())
        return "\n".join(lines)


def orders(steps, errors, blur):
    """For each step, the slope of the errors on log-log scales since the step before; NaN where rounding blurs."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.diff(np.log10(errors)) / np.diff(np.log10(steps))
    return np.array([np.nan, *np.where(errors[1:] > blur, slopes, np.nan)])


def taylor_test(f, x, gradient, rng=0):
    """Tests whether f(x + h) is f(x) + <gradient, h> but for a remainder that falls as |h|^2.

    Along a random unit vector v, for h from 0.1 down to 1e-6:

        change(h)    = |f(x + h v) - f(x)|                       falls as h, whatever the gradient
        remainder(h) = |f(x + h v) - f(x) - h <gradient, v>|     falls as h^2 if the gradient is right, else as h

    The order is the slope on log-log scales at the smallest h whose remainder rounding does not blur. It is infinite
    where the remainder is nothing but rounding, as for a linear f.

    Args:
        f: a function from an array like x to a float, calculated in float64; it must not keep or change the array.
        x, gradient: arrays of one shape, with any number of entries: 7 evaluations of f do for all of them.
        rng: an int or Generator, for v.

    Returns a Taylor, true when the order is above 1.9. Print it, assert it.

    Raises ValueError where gradient has not the shape of x, or x no entries.

    Source: slides "Function approximation" and "Differentiable function at x".
    """
    x, gradient = np.array(x, np.float64), np.asarray(gradient, np.float64)
    if gradient.shape != x.shape or x.size == 0:
        raise ValueError(f"gradient expected the shape of x, got {gradient.shape} for an x of shape {x.shape}")
    v = np.random.default_rng(rng).standard_normal(x.shape)
    v /= np.linalg.norm(v)
    here, slope = f(x.copy()), float(np.sum(gradient * v))
    there = np.array([f(x + h * v) for h in STEPS])
    blur = 1000 * EPS * np.abs([here, *there]).max()
    return Taylor(STEPS, np.abs(there - here), np.abs(there - here - STEPS * slope), blur)
