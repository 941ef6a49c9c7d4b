"""What the clauses of the contract work with: a subject to try things on, and ways to see what changed."""

import copy

import numpy as np

from layers import Layer

from .diagnosis.play import convert, mapping
from .gradients import each, parts

CLAUSES = []  # (sentence, check, whether it is for subclasses of Layer only)


def clause(sentence, layers_only=False):
    """Makes a function of a Case the check of that sentence; it returns None, or what it saw that breaks it."""

    def keep(check):
        CLAUSES.append((sentence, check, layers_only))
        return check

    return keep


class Case:
    """One subject and its input: fresh copies to try things on."""

    def __init__(self, subject, x):
        self.subject, self.x = copy.deepcopy(subject), each(lambda part: np.array(part, np.float64), x)
        if isinstance(subject, Layer):
            for layer in self.subject.walk():
                layer.frozen, layer.lr_factor = False, 1.0

    def fresh(self, dtype=np.float64, built=True):
        """A copy of the subject, built in this dtype."""
        layer = copy.deepcopy(self.subject)
        if isinstance(layer, Layer) and built:
            return layer.astype(dtype) if layer.built else self.build(layer, dtype)
        if not isinstance(layer, Layer):
            for word in ("params", "grads", "state"):
                convert(layer, mapping(layer, word), np.dtype(dtype))
        return layer

    def build(self, layer, dtype=np.float64, rng=0):
        layer.build(each(lambda part: part.shape[1:], self.x), rng=rng, dtype=dtype)
        return layer

    def after_update(self, dtype=np.float64):
        """(layer, x, y, g, dx) after the three steps with a random g."""
        layer, x = self.fresh(dtype), each(lambda part: part.astype(dtype), self.x)
        y = layer.forward(x)
        stream = np.random.default_rng(1).spawn(1)[0]
        g = each(lambda part: stream.standard_normal(part.shape).astype(dtype), y)
        dx = layer.backward(g)
        layer.update()
        return layer, x, y, g, dx

    def outcome(self, layer, x, layout=np.asarray):
        """{name: array} of y, dx and every gradient after the three steps with a g that depends on nothing else.

        layout: a function that gives g another memory order.
        """
        y = layer.forward(x)
        g = each(lambda part: layout(np.cos(np.arange(part.size)).reshape(part.shape)), y)
        dx = layer.backward(g)
        layer.update()
        return copies({**numbered("y", y), **numbered("dx", dx), **arrays_of(layer, "grads")})

    def other_x(self):
        return each(lambda part: part[::-1] * 0.5 + 0.125, self.x)


def arrays_of(layer, *names):
    return {f"{name}.{key}": a for name in names for key, a in getattr(layer, name, {}).items()}


def changed(before, after):
    """The first name whose bytes differ, or None."""
    return next((name for name in before if before[name].tobytes() != after[name].tobytes()), None)


def numbered(name, arrays):
    """{name: array}, or {name[0]: ..., name[1]: ...} for a tuple of arrays."""
    several = isinstance(arrays, tuple)
    return {f"{name}[{i}]" if several else name: part for i, part in enumerate(parts(arrays))}


def read_only(arrays):
    """A copy that cannot be written into."""
    arrays = each(np.array, arrays)
    for part in parts(arrays):
        part.setflags(write=False)
    return arrays


def shapes(arrays):
    return each(np.shape, arrays)


def differs(expected, found):
    """The first name whose arrays differ by more than rounding, or None."""
    close = {"rtol": 1e-10, "atol": 1e-12}
    same = (name in found and np.allclose(expected[name], found[name], **close) for name in expected)
    return next((name for name, ok in zip(expected, same, strict=True) if not ok), None)


def copies(arrays):
    return {name: np.array(array) for name, array in arrays.items()}


def expect_error(kinds, action, *texts):
    """None if the action raises one of these with all texts in its message, else what happened."""
    try:
        action()
    except kinds as error:
        missing = [text for text in texts if text not in str(error)]
        return f"the message lacks {missing[0]!r}: {error}" if missing else None
    except Exception as error:
        return f"{type(error).__name__} instead of {' or '.join(kind.__name__ for kind in kinds)}: {error}"
    return "no error"
