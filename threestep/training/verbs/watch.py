"""Layers watched at work, inside the model that they are part of."""

from contextlib import contextmanager
from time import perf_counter

import numpy as np

from layers.summary import lines

STEPS = ("forward", "backward", "update")


@contextmanager
def watched(model, listen, steps=STEPS):
    """Within it, listen(layer, step, seconds, arguments, result) is told of each step of each layer in the model.

    A container's seconds hold those of the layers within.
    """

    def watch(layer, step):
        take = getattr(layer, step)

        def timed(*arguments, **options):
            started = perf_counter()
            result = take(*arguments, **options)
            listen(layer, step, perf_counter() - started, arguments, result)
            return result

        setattr(layer, step, timed)

    for layer in model.walk():
        for step in steps:
            watch(layer, step)
    try:
        yield
    finally:
        for layer in model.walk():
            for step in steps:
                delattr(layer, step)


def layer_rows(model):
    """[(name, indented where it stands within another, number of parameters, layer)], in the order of `inner`."""
    return [(line[0], line[2], layer) for line, layer in zip(lines(model, "", "", {}), inner(model), strict=True)]


def inner(model):
    """Every layer within the model."""
    return list(model.walk())[1:]


def new_bytes(x, y):
    """The bytes of a layer's output; 0 where it is its input in another shape."""
    arrays, given = (part if isinstance(part, tuple) else (part,) for part in (y, x))
    return sum(a.nbytes for a in arrays if not any(np.may_share_memory(a, b) for b in given))
