"""The contract's sentences on the three steps, params and grads: for any class."""

import numpy as np

from .case import arrays_of, changed, clause, copies
from .gradients import restorer


@clause("forward writes neither into x nor into params")
def _(case):
    layer, x = case.fresh(), case.x.copy()
    before = copies(arrays_of(layer, "params"))
    x.setflags(write=False)
    layer.forward(x)
    return changed(before, arrays_of(layer, "params"))


@clause("x may be laid out in memory in any way")
def _(case):
    strided = np.repeat(case.x, 2, axis=0)[::2]
    fortran = np.asfortranarray(case.x)
    y = case.fresh().forward(case.x)
    for other in (strided, fortran):
        if not np.allclose(case.fresh().forward(other), y, rtol=1e-12, atol=1e-12):
            return "another memory order gives another y"


@clause("backward returns dx in the shape of x and writes into neither g, x, params nor grads")
def _(case):
    layer = case.fresh()
    y = layer.forward(case.x.copy())
    g = np.ones_like(y)
    g.setflags(write=False)
    before = copies(arrays_of(layer, "params", "grads"))
    dx = layer.backward(g)
    if dx.shape != case.x.shape:
        return f"dx has shape {dx.shape}, expected {case.x.shape}"
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
        layer.backward(np.ones_like(y))
        layer.update()
        found.append(copies(arrays_of(layer, "grads")))
    return changed(*found)


@clause("a second forward and backward leave alone what the first returned")
def _(case):
    layer, _, y, g, dx = case.after_update()
    before = {"y": y.copy(), "dx": dx.copy()}
    layer.forward(case.other_x())
    layer.backward(-2 * g)
    return changed(before, {"y": y, "dx": dx})


@clause("y shares memory with nothing, unless it is x as it came")
def _(case):
    layer, x, y, g, dx = case.after_update()
    inside = arrays_of(layer, "params", "grads", "state")
    shared = next((name for name, a in inside.items() if np.shares_memory(y, a) or np.shares_memory(dx, a)), None)
    if shared:
        return f"y or dx shares memory with {shared}"
    for name, out, given in (("y", y, x), ("dx", dx, g)):
        if np.shares_memory(out, given) and not np.array_equal(out.ravel(), given.ravel()):
            return f"{name} lies in the memory of what was given, with other values"


@clause("backward and update follow the last forward")
def _(case):
    stale, new = case.fresh(), case.fresh()
    restore = restorer(stale)
    stale.forward(case.other_x())
    restore()
    results = []
    for layer in (stale, new):
        y = layer.forward(case.x)
        results.append(layer.backward(np.cos(np.arange(y.size)).reshape(y.shape)))
        layer.update()
    if not np.array_equal(*results):
        return "backward remembers an earlier x"
    return changed(arrays_of(new, "grads"), arrays_of(stale, "grads"))


@clause("the batch size may change from step to step")
def _(case):
    layer = case.fresh()
    for n in (5, 3, 1, 5):
        y = layer.forward(case.x[:n])
        dx = layer.backward(np.ones_like(y))
        layer.update()
        if len(y) != n or dx.shape != case.x[:n].shape:
            return f"{n} examples give y {y.shape} and dx {dx.shape}"


@clause("backward is linear in g")
def _(case):
    layer = case.fresh()
    y = layer.forward(case.x)
    g1, g2 = np.random.default_rng(2).spawn(1)[0].standard_normal((2, *y.shape))
    dx1, dx2, both = (layer.backward(g).copy() for g in (g1, g2, 2 * g1 - g2))
    if not np.allclose(both, 2 * dx1 - dx2, rtol=1e-9, atol=1e-9):
        return "backward(2 a - b) is not 2 backward(a) - backward(b)"
    if np.any(layer.backward(np.zeros_like(y))):
        return "backward(0) is not 0"


@clause("params and grads have the same keys and shapes")
def _(case):
    layer, *_ = case.after_update()
    params, grads = getattr(layer, "params", {}), getattr(layer, "grads", {})
    if list(params) != list(grads):
        return f"params {list(params)}, grads {list(grads)}"
    wrong = [name for name in params if params[name].shape != grads[name].shape]
    return f"{wrong[0]}: {params[wrong[0]].shape} and {grads[wrong[0]].shape}" if wrong else None
