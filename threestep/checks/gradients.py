"""The comparison of a layer's, a model's or a loss's gradients with finite differences."""

import copy
from functools import partial

import numpy as np

from layers import Layer
from losses import Loss

from .comparison import compare
from .report import Report

MOVES, MOVE = 3, 0.03  # tries to leave the kinks, and how far at random, in units of max(1, |x|)


def check_gradients(subject, x, target=None, rng=0):
    """Compares every gradient of a layer, a model or a loss with finite differences, in float64.

    For a layer or model: l = sum(g * forward(x)) with a random g, so dl/dx is what backward(g) returns and dl/dparams
    what update leaves in grads. For a loss: l = forward(x, target) with x the prediction, and dl/dx = backward().

    A gradient a is right when it is finite and, entry by entry, |a - n| <= 1e-7 max|a| + 20 e, with n the numerical
    gradient and e its own error, which is known: see differences.py. Arrays of more than 200 entries are compared along
    ten directions, all entries moved by plus or minus h at once, so that one wrong entry shows in each; a direction
    that disagrees is halved until the entry is found.

    At a kink, as ReLU's at 0, a may be anything between the slopes on its two sides; in a model, where kinks may meet,
    anything. Then x and the parameters are moved a little, at random, and there the comparison must hold, without a
    kink. Where forward jumps or is noise nothing can be said, and the row fails. Generators among the subject's
    attributes, and NumPy's global one if forward draws from it, are put back before each evaluation, so that a random
    layer draws the same every time.

    The subject itself is not touched: a copy is checked, unfrozen, in the mode (training or not) of the subject.

    Args:
        subject: anything with forward, backward and update (then `params` and `grads` are looked at), or a loss.
        x: examples stacked on axis 0, or a tuple of such arrays. target: the loss's. rng: an int or Generator, for g,
            directions and moves.

    Returns a Report with a row for x and one for each parameter, each naming its worst entry. Print it, assert it.
    """
    if isinstance(subject, type):
        raise TypeError(
            f"expected an instance to check, got the class {subject.__name__}: write {subject.__name__}(...)"
        )
    report = Report(f"gradients of {subject!r}")
    subject = copy.deepcopy(getattr(subject, "_owned", subject))  # a further use of a layer is checked as that layer
    x = each(lambda part: np.array(part, np.float64, order="C"), x)
    world = np.random.get_state()  # noqa: NPY002 - a student's forward may draw from it
    try:
        check_arrays(report, Point(subject, x, target, np.random.default_rng(rng)))
    except Exception as error:  # a wrong layer may raise anything, and that is the finding
        report.add("forward, backward, update", False, f"{type(error).__name__}: {error}")
    finally:
        np.random.set_state(world)  # noqa: NPY002
    return report


def check_arrays(report, point):
    """Adds a row for each array that l depends on, and for whatever else there is to say."""
    found = point.compare()
    if np.any(point.change() != 0):
        report.add("forward", False, "the same x gives another y the second time")
    left = {name for name, finding in found.items() if finding.ok and finding.at_kinks}
    for _ in range(MOVES):
        if not left:
            break
        point.move()
        for name, beside in point.compare().items():
            if found[name].ok and not beside.ok:
                found[name].ok, found[name].seen = False, f"{found[name].seen}; moved off the kinks: {beside.seen}"
            if not beside.at_kinks:
                left.discard(name)
    for name, finding in found.items():
        if name in left and finding.ok:
            finding.ok, finding.seen = False, f"kinks wherever x is moved, so nothing to compare with: {finding.seen}"
        report.add(name, finding.ok, finding.seen)
    for name in sorted(set(point.gradients) - set(point.arrays)):
        report.add(name, False, f"there is no parameter {name[1:]!r}")
    if not point.loss and not isinstance(point.subject, Layer) and not point.params:
        report.add("params", True, "none found in `params`: only dx was checked")


class Point:
    """A subject at x: the arrays that l depends on, their gradients, and how much l changes as the arrays move."""

    def __init__(self, subject, x, target, rng):
        self.subject, self.x, self.target, self.rng = subject, x, target, rng.spawn(1)[0]  # x has hardly come from it
        self.loss = isinstance(subject, Loss) or target is not None
        self.params = {} if self.loss else prepare(subject, x)
        names = [f"dx[{place}]" for place in range(len(x))] if isinstance(x, tuple) else ["dx"]
        self.inputs = dict(zip(names, parts(x), strict=True))
        self.arrays = self.inputs | {f"d{name}": array for name, array in self.params.items()}
        self.restore, self.world, self.g = restorer(subject), None, None

    def forward(self):
        self.restore()
        if self.world is not None:
            np.random.set_state(self.world)  # noqa: NPY002
        x = each(np.array, self.x)  # one of its own, should it write into it
        return self.subject.forward(x, self.target) if self.loss else self.subject.forward(x)

    def take_steps(self):
        world = np.random.get_state()  # noqa: NPY002
        self.y = each(np.array, self.forward())
        if not all(map(np.array_equal, world, np.random.get_state())):  # noqa: NPY002
            self.world = world  # put back from now on: it takes longer than many a forward
        for part in parts(self.y):
            if part.dtype != np.float64 or not np.isfinite(part).all():
                got = "NaN or infinity" if part.dtype == np.float64 else part.dtype
                raise ValueError(f"forward expected to return finite float64 for x of float64, got {got}")
        if self.g is None:
            self.g = 1.0 if self.loss else each(lambda part: self.rng.standard_normal(part.shape), self.y)
        dx = self.subject.backward() if self.loss else self.subject.backward(self.g)
        self.gradients = dict(zip(self.inputs, map(np.array, parts(dx)), strict=True))
        if not self.loss and hasattr(self.subject, "update"):
            self.subject.update()
            grads = getattr(self.subject, "grads", {})
            self.gradients |= {f"d{name}": np.array(gradient) for name, gradient in grads.items()}

    def change(self):
        """How much l has changed since the steps, entry by entry of y: the rest of l's sum would only round it."""
        y = self.forward()
        terms = [np.ravel(g * (a - b)) for g, a, b in zip(*map(parts, (self.g, y, self.y)), strict=True)]
        return terms[0] if len(terms) == 1 else np.concatenate(terms)

    def compare(self):
        """{name: Finding} of every array, after the three steps."""
        self.take_steps()
        size = sum(np.sum((g * y) ** 2) for g, y in zip(parts(self.g), parts(self.y), strict=True)) ** 0.5
        in_model = bool(getattr(self.subject, "children", ()))
        return {
            name: compare(array, self.gradients.get(name), self.change, float(size), self.rng, in_model)
            for name, array in self.arrays.items()
        }

    def move(self):
        """All entries at random, and hardly any of them stays at a kink."""
        for array in self.arrays.values():
            array += MOVE * np.maximum(1, np.abs(array)) * self.rng.standard_normal(array.shape)


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
        params[name] = np.asarray(array, np.float64, order="C")  # the same array, where an attribute names it too
    return params


def each(function, arrays):
    """The function of an array, or the tuple of its results for a tuple of arrays."""
    return tuple(map(function, arrays)) if isinstance(arrays, tuple) else function(arrays)


def parts(arrays):
    """An array, or a tuple of arrays, as a tuple."""
    return arrays if isinstance(arrays, tuple) else (arrays,)


def restorer(subject):
    """A function that puts every generator found in the subject back to where it is now."""
    layers = list(subject.walk()) if isinstance(subject, Layer) else [subject]
    held = [value for layer in layers for value in vars(layer).values()]
    puts = [
        partial(setattr, value.bit_generator, "state", value.bit_generator.state)
        for value in held
        if isinstance(value, np.random.Generator)
    ]
    puts += [partial(value.set_state, value.get_state()) for value in held if isinstance(value, np.random.RandomState)]

    def restore():
        for put in puts:
            put()

    return restore
