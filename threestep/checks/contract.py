"""The contract of a layer, sentence by sentence, asserted for any class with the three steps."""

import copy
import pickle

import numpy as np

import layers
from layers import Layer, Sequential

from .gradients import restorer
from .report import Report

CLAUSES = []  # (sentence, check, whether it is for subclasses of Layer only)


def clause(sentence, layers_only=False):
    def keep(check):
        CLAUSES.append((sentence, check, layers_only))
        return check

    return keep


class Case:
    """One subject and its input: fresh copies to try things on."""

    def __init__(self, subject, x):
        self.subject, self.x = subject, np.array(x, np.float64)

    def fresh(self, dtype=np.float64, built=True):
        """A copy of the subject, built in this dtype."""
        layer = copy.deepcopy(self.subject)
        if isinstance(layer, Layer) and built:
            return layer.astype(dtype) if layer.built else self.build(layer, dtype)
        return layer

    def build(self, layer, dtype=np.float64, rng=0):
        layer.build(self.x.shape[1:], rng=rng, dtype=dtype)
        return layer

    def after_update(self, dtype=np.float64):
        """(layer, x, y, g, dx) after the three steps with a random g."""
        layer, x = self.fresh(dtype), self.x.astype(dtype)
        y = layer.forward(x)
        g = np.random.default_rng(1).standard_normal(y.shape).astype(dtype)
        dx = layer.backward(g)
        layer.update()
        return layer, x, y, g, dx

    def other_x(self):
        return self.x[::-1] * 0.5 + 0.125


def check_contract(subject, x):
    """Asserts DESIGN's contract of a layer, a sentence at a time, on copies of the subject.

    Args:
        subject: an instance of a class with forward, backward and update. For a subclass of Layer, best not built yet,
            everything is checked; for another class what concerns the three steps, params and grads.
        x: at least five examples, stacked on axis 0, away from kinks.

    Returns a Report with a row for each sentence. Print it, assert it.
    """
    report, case = Report(f"contract of {subject!r}"), Case(subject, x)
    for sentence, check, layers_only in CLAUSES:
        if layers_only and not isinstance(subject, Layer):
            continue
        try:
            seen = check(case)
            report.add(sentence, seen is None, seen or "")
        except Exception as error:  # a wrong layer may raise anything, and that is the finding
            report.add(sentence, False, f"{type(error).__name__}: {error}")
    return report


def arrays_of(layer, *names):
    return {f"{name}.{key}": a for name in names for key, a in getattr(layer, name, {}).items()}


def changed(before, after):
    """The first name whose bytes differ, or None."""
    return next((name for name in before if before[name].tobytes() != after[name].tobytes()), None)


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
    g1, g2 = np.random.default_rng(2).standard_normal((2, *y.shape))
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


@clause("float32 stays float32, float64 stays float64", layers_only=True)
def _(case):
    for dtype in (np.float32, np.float64):
        layer, _, y, _, dx = case.after_update(dtype)
        found = {"y": y, "dx": dx, **arrays_of(layer, "params", "grads")}
        wrong = next((name for name, array in found.items() if array.dtype != dtype), None)
        if wrong:
            return f"{wrong} is {found[wrong].dtype} in a {np.dtype(dtype)} model"


@clause("a float x of another dtype is converted at the entry; without parameters x keeps its own", layers_only=True)
def _(case):
    for mine, given in ((np.float32, np.float64), (np.float64, np.float32)):
        layer = case.fresh(mine)
        y = layer.forward(case.x.astype(given))
        expected = mine if layer.params else given
        if y.dtype != expected:
            return f"{np.dtype(given)} x gave {y.dtype} y, expected {np.dtype(expected)}"


@clause("integers where numbers are meant raise TypeError and say what to do", layers_only=True)
def _(case):
    return expect_error((TypeError,), lambda: case.fresh().forward((case.x * 10).astype(int)), "astype", "int64")


@clause("backward before forward, and update before backward, raise RuntimeError", layers_only=True)
def _(case):
    layer, name = case.fresh(), type(case.subject).__name__
    wrong = expect_error((RuntimeError,), lambda: layer.backward(case.x), name, "backward before forward")
    layer.forward(case.x)
    return wrong or expect_error((RuntimeError,), layer.update, name, "update before backward")


@clause("g of another shape raises ValueError with both shapes", layers_only=True)
def _(case):
    layer = case.fresh()
    y = layer.forward(case.x)
    g, name = np.ones((len(y) + 1, *y.shape[1:])), type(layer).__name__
    return expect_error((ValueError,), lambda: layer.backward(g), name, str(y.shape), str(g.shape))


@clause("x of another shape raises ValueError with place and both shapes", layers_only=True)
def _(case):
    layer, x = case.fresh(), np.concatenate([case.x, case.x[..., :1]], axis=-1)
    if not (layer.params or layer.state):  # takes any shape
        return None
    name = type(layer).__name__ if not layer.children else "layer"  # a model's error comes from a layer within
    wrong = expect_error((ValueError,), lambda: layer.forward(x), name, "expected", str(x.shape))
    model = case.build(Sequential(layers.Identity(), case.fresh(built=False)))
    place = f"layer 1 {type(layer).__name__}"
    return wrong or expect_error((ValueError,), lambda: model.forward(x), place, "expected", str(x.shape))


@clause("build returns the output's shape; a seed fixes everything; nothing global is drawn from", layers_only=True)
def _(case):
    world = repr(np.random.get_state())  # noqa: NPY002 - to see that nobody uses it
    outcomes = []
    for rng in (3, 3, np.random.default_rng(3)):
        layer = case.fresh(built=False)
        if layer.built:
            return None
        shape = layer.build(case.x.shape[1:], rng=rng, dtype=np.float64)
        y = layer.forward(case.x)
        outcomes.append((layer.theta.tobytes(), y.tobytes()))
        if y.shape[1:] != shape:
            return f"build returned {shape}, forward {y.shape}"
        if not isinstance(layer.rng, np.random.Generator) or layer.rng is rng:
            return "layer.rng is not a generator of the layer's own"
    if len(set(outcomes)) > 1:
        return "the same seed gave different parameters or outputs"
    if repr(np.random.get_state()) != world:  # noqa: NPY002
        return "NumPy's global generator was used"


@clause("the first forward builds what is not built yet, in float32 from seed 0", layers_only=True)
def _(case):
    layer = case.fresh(built=False)
    if not layer.built:
        layer.forward(case.x.astype(np.float32))
        built = case.fresh(np.float32)
        return changed({"theta": built.theta}, {"theta": layer.theta})


@clause("assigning to params or grads copies into the existing array", layers_only=True)
def _(case):
    layer, *_ = case.after_update()
    for arrays in (layer.params, layer.grads):
        for name in arrays:
            array, value = arrays[name], np.full(arrays[name].shape, 0.5)
            arrays[name] = value
            if arrays[name] is not array or np.shares_memory(array, value) or not np.all(array == 0.5):
                return f"{name} was replaced, not filled"
            wrong = expect_error((ValueError,), lambda arrays=arrays, name=name: arrays.update({name: [[1.0] * 99]}))
            if wrong:
                return f"{name} took a value of another shape: {wrong}"


@clause("theta and gradient are contiguous vectors, and params and grads views of them", layers_only=True)
def _(case):
    return views_of_vectors(case.after_update()[0])


def views_of_vectors(layer):
    for vector, arrays in ((layer.theta, layer.params), (layer.gradient, layer.grads)):
        if vector.ndim != 1 or not vector.flags.c_contiguous:
            return "not a contiguous vector"
        if vector.size != sum(array.size for array in arrays.values()):
            return f"{vector.size} entries for arrays of {sum(array.size for array in arrays.values())}"
        vector[:] = np.arange(vector.size)
        parts = [array.ravel() for array in arrays.values()]
        if vector.size and not np.array_equal(np.concatenate(parts), np.arange(vector.size)):
            return "writing the vector does not write the arrays, each entry once"
        for array in arrays.values():
            array[...] = -1
        if np.any(vector != -1):
            return "writing the arrays does not write the vector"


@clause("deepcopy and pickle keep values and views, and cut the copy off", layers_only=True)
def _(case):
    layer, x, *_ = case.after_update()
    for clone in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        if clone.theta.tobytes() != layer.theta.tobytes() or clone.gradient.tobytes() != layer.gradient.tobytes():
            return "a copy has other values"
        if np.shares_memory(clone.theta, layer.theta) and layer.theta.size:
            return "a copy shares memory with the original"
        if clone.forward(x).tobytes() != copy.deepcopy(layer).forward(x).tobytes():
            return "a copy computes something else"
        wrong = views_of_vectors(clone)
        if wrong:
            return wrong


@clause("astype changes the one dtype and keeps the values", layers_only=True)
def _(case):
    layer = case.fresh()
    before = layer.theta.copy()
    if layer.astype(np.float32).theta.dtype != np.float32 or layer.gradient.dtype != np.float32:
        return "theta or gradient is not float32 after astype(float32)"
    if not np.array_equal(layer.theta, before.astype(np.float32)):
        return "astype changed the values"
    return views_of_vectors(layer)


@clause("frozen: backward as ever, grads zero, lr_factor 0 in segments", layers_only=True)
def _(case):
    layer, x, _, g, dx = case.after_update()
    again = case.fresh()
    again.frozen = True
    again.forward(x)
    if not np.array_equal(again.backward(g), dx):
        return "a frozen layer's backward differs"
    again.gradient[:] = 1
    again.update()
    if np.any(again.gradient):
        return "a frozen layer's gradient is not zero after update"
    covered = sum(part.stop - part.start for part, lr_factor, _ in again.segments if lr_factor == 0)
    if covered != again.theta.size or layer.segments:
        return f"segments {again.segments} when frozen, {layer.segments} when not"


@clause("train() and eval() set the mode and return the layer; backward works in eval mode", layers_only=True)
def _(case):
    layer = case.fresh()
    if layer.eval() is not layer or any(part.training for part in layer.walk()):
        return "eval() did not reach every layer"
    y = layer.forward(case.x)
    if layer.backward(np.ones_like(y)).shape != case.x.shape:
        return "backward in eval mode gives another shape"
    layer.update()
    if layer.train() is not layer or not all(part.training for part in layer.walk()):
        return "train() did not reach every layer"


@clause("backward(g, input_gradient=False) returns None and update finds the same", layers_only=True)
def _(case):
    layer, x, _, g, _ = case.after_update()
    again = case.fresh()
    again.forward(x)
    if again.backward(g, input_gradient=False) is not None:
        return "something was returned"
    again.update()
    return changed(arrays_of(layer, "grads"), arrays_of(again, "grads"))


@clause("a model is a layer: the same layer nested gives the same y, dx and gradient", layers_only=True)
def _(case):
    layer, x, y, g, dx = case.after_update()
    model = Sequential(Sequential(case.fresh(), layers.Identity()))
    case.build(model)
    found = [model.forward(x), model.backward(g)]
    model.update()
    for name, mine, its in zip(("y", "dx", "gradient"), [*found, model.gradient], (y, dx, layer.gradient), strict=True):
        if mine.tobytes() != its.tobytes():
            return f"nesting changes {name}"
    return views_of_vectors(model)


@clause("repr reads like the constructor's call", layers_only=True)
def _(case):
    names = {**vars(layers), type(case.subject).__name__: type(case.subject)}
    text = repr(case.fresh(built=False))
    again = repr(eval(text, names))
    return None if again == text else f"{text} makes {again}"
