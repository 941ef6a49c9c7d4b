"""The contract's sentences on the three steps, params and grads: for any class."""

import copy

import numpy as np

from layers import Layer

from .case import arrays_of, changed, clause, copies, differs, numbered, read_only, shapes
from .gradients import each, parts, restorer


@clause("forward writes neither into x nor into params")
def _(case):
    layer = case.fresh()
    before = copies(arrays_of(layer, "params"))
    layer.forward(read_only(case.x))
    return changed(before, arrays_of(layer, "params"))


@clause("x and g may be laid out in memory in any way")
def _(case):
    def strided(part):
        return np.repeat(part, 2, axis=-1)[..., ::2]

    def reversed_(part):
        return part[::-1].copy()[::-1]

    expected = case.outcome(case.fresh(), case.x)
    for layout in (strided, reversed_, np.asfortranarray):
        wrong = differs(expected, case.outcome(case.fresh(), each(layout, case.x), layout))
        if wrong:
            return f"another memory order gives another {wrong}"


@clause("backward returns dx in the shape of x and writes into neither g, x, params nor grads")
def _(case):
    layer = case.fresh()
    y = layer.forward(read_only(case.x))
    before = copies(arrays_of(layer, "params", "grads"))
    dx = layer.backward(read_only(each(np.ones_like, y)))
    if shapes(dx) != shapes(case.x):
        return f"dx has shape {shapes(dx)}, expected {shapes(case.x)}"
    return changed(before, arrays_of(layer, "params", "grads"))


@clause("update leaves params alone, and calling it twice changes nothing")
def _(case):
    layer, *_ = case.after_update()
    before = copies(arrays_of(layer, "params", "grads"))
    layer.update()
    moved = changed(before, arrays_of(layer, "params", "grads"))
    fresh = case.fresh()
    return moved or changed(arrays_of(fresh, "params"), arrays_of(layer, "params"))


@clause("update assigns: the same three steps again give the same grads")
def _(case):
    layer = case.fresh()
    restore, found = restorer(layer), []
    for _ in range(2):
        restore()
        y = layer.forward(case.x)
        layer.backward(each(np.ones_like, y))
        layer.update()
        found.append(copies(arrays_of(layer, "grads")))
    return changed(*found)


@clause("a second forward and backward leave alone what the first returned")
def _(case):
    layer, _, y, g, dx = case.after_update()
    found = {**numbered("y", y), **numbered("dx", dx)}
    before = copies(found)
    layer.forward(case.other_x())
    layer.backward(each(lambda part: -2 * part, g))
    return changed(before, found)


@clause("y shares memory with nothing, unless it is x as it came")
def _(case):
    layer, x, y, g, dx = case.after_update()
    inside = arrays_of(layer, "params", "grads", "state")
    outside = [*parts(y), *parts(dx)]
    shared = next((name for name, a in inside.items() if any(np.shares_memory(out, a) for out in outside)), None)
    if shared:
        return f"y or dx shares memory with {shared}"
    for name, outs, given in (("y", y, x), ("dx", dx, g)):
        for out, array in ((out, array) for out in parts(outs) for array in parts(given)):
            if np.shares_memory(out, array) and not np.array_equal(out.ravel(), array.ravel()):
                return f"{name} lies in the memory of what was given, with other values"


@clause("backward and update follow the last forward")
def _(case):
    stale, new = case.fresh(), case.fresh()
    restore = restorer(stale)
    stale.forward(case.other_x())
    restore()
    wrong = differs(case.outcome(new, case.x), case.outcome(stale, case.x))
    return f"{wrong} remembers an earlier x" if wrong else None


@clause("the batch size may change from step to step")
def _(case):
    layer = case.fresh()
    restore = restorer(layer)
    for n in (5, 3, 1, 5):
        restore()
        x = each(lambda part, n=n: part[:n], case.x)
        fresh, used = case.fresh(), layer
        if n == 1 and refuses(case.fresh(), x):  # in training; then eval mode has to take them
            fresh, used = fresh.eval(), copy.deepcopy(layer).eval()
            fresh.state = used.state
        wrong = differs(case.outcome(fresh, x), case.outcome(used, x))
        if wrong:
            return f"{wrong} for {n} examples depends on how many there were before"


def refuses(layer, x):
    """Whether a Layer in training raises ValueError for these examples, as BatchNorm does for a single row."""
    try:
        layer.forward(x)
    except ValueError:
        return isinstance(layer, Layer)  # another class has no eval mode
    return False


@clause("backward is linear in g")
def _(case):
    layer = case.fresh()
    y = layer.forward(case.x)
    stream = np.random.default_rng(2).spawn(1)[0]
    pairs = each(lambda part: stream.standard_normal((2, *part.shape)), y)
    inputs = [each(lambda pair, mix=mix: np.tensordot(mix, pair, 1), pairs) for mix in ((1, 0), (0, 1), (2, -1))]
    outputs = [parts(each(np.array, layer.backward(g))) for g in inputs]
    if not all(np.allclose(both, 2 * dx1 - dx2, rtol=1e-9, atol=1e-9) for dx1, dx2, both in zip(*outputs, strict=True)):
        return "backward(2 a - b) is not 2 backward(a) - backward(b)"
    if any(map(np.any, parts(layer.backward(each(np.zeros_like, y))))):
        return "backward(0) is not 0"


@clause("float32 stays float32, float64 stays float64")
def _(case):
    for dtype in (np.float32, np.float64):
        layer, _, y, _, dx = case.after_update(dtype)
        found = {**numbered("y", y), **numbered("dx", dx), **arrays_of(layer, "params", "grads")}
        wrong = next((name for name, array in found.items() if array.dtype != dtype), None)
        if wrong:
            return f"{wrong} is {found[wrong].dtype} where everything given is {np.dtype(dtype)}"


@clause("y has a row for each example")
def _(case):
    for n in (5, 3):
        y = case.fresh().forward(each(lambda part, n=n: part[:n], case.x))
        wrong = next((name for name, part in numbered("y", y).items() if part.shape[:1] != (n,)), None)
        if wrong:
            return f"{n} examples give {wrong} of shape {numbered('y', y)[wrong].shape}"


@clause("params and grads have the same keys and shapes")
def _(case):
    layer, *_ = case.after_update()
    params, grads = getattr(layer, "params", {}), getattr(layer, "grads", {})
    if list(params) != list(grads):
        return f"params {list(params)}, grads {list(grads)}"
    wrong = [name for name in params if params[name].shape != grads[name].shape]
    return f"{wrong[0]}: {params[wrong[0]].shape} and {grads[wrong[0]].shape}" if wrong else None
