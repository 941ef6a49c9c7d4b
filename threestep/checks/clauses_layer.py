"""The contract's sentences on what Layer brings: building, dtypes, errors, the one vector, modes, nesting."""

import copy
import pickle
from functools import partial

import numpy as np

import layers
from layers import Sequential

from .case import arrays_of, changed, clause, copies, differs, expect_error, numbered, shapes
from .gradients import check_gradients, each, parts, restorer

layer_clause = partial(clause, layers_only=True)


@layer_clause("a float x of another dtype is converted at the entry; without parameters x keeps its own")
def _(case):
    for mine, given in ((np.float32, np.float64), (np.float64, np.float32)):
        layer = case.fresh(mine)
        y = layer.forward(each(lambda part, given=given: part.astype(given), case.x))
        expected = mine if layer.params else given
        for part in parts(y):
            if part.dtype != expected:
                return f"{np.dtype(given)} x gave {part.dtype} y, expected {np.dtype(expected)}"


@layer_clause("integers where numbers are meant raise TypeError and say what to do")
def _(case):
    integers = each(lambda part: (part * 10).astype(int), case.x)
    return expect_error((TypeError,), lambda: case.fresh().forward(integers), "astype", "int64")


@layer_clause("backward before forward, and update before backward, raise RuntimeError")
def _(case):
    layer, name = case.fresh(), type(case.subject).__name__
    wrong = expect_error((RuntimeError,), lambda: layer.backward(case.x), name, "backward before forward")
    layer.forward(case.x)
    return wrong or expect_error((RuntimeError,), layer.update, name, "update before backward")


@layer_clause("g of another shape raises ValueError with both shapes")
def _(case):
    layer = case.fresh()
    y = layer.forward(case.x)
    g, name = each(lambda part: np.ones((len(part) + 1, *part.shape[1:])), y), type(layer).__name__
    texts = name, str(parts(y)[0].shape), str(parts(g)[0].shape)
    return expect_error((ValueError,), lambda: layer.backward(g), *texts)


@layer_clause("x of another shape raises ValueError with place and both shapes")
def _(case):
    layer, x = case.fresh(), each(lambda part: np.concatenate([part, part[..., :1]], axis=-1), case.x)
    try:
        expected = layer.output_shape(each(lambda part: part.shape[1:], x))
    except ValueError:
        pass
    else:  # one that it takes
        found = each(lambda part: part.shape[1:], layer.forward(x))
        return None if found == expected else f"output_shape says {expected}, forward returns {found}"
    got = [str(part.shape) for part in parts(x)]
    name = layer.place_word if layer.children else type(layer).__name__  # a model's error comes from a layer within
    wrong = expect_error((ValueError,), lambda: layer.forward(x), name, "expected", *got)
    model = case.build(Sequential(case.fresh()))
    place = f"layer 0 {type(layer).__name__}"
    return wrong or expect_error((ValueError,), lambda: model.forward(x), place, "expected", *got)


@layer_clause("build returns the output's shape; a seed fixes everything; nothing global is drawn from")
def _(case):
    world = repr(np.random.get_state())  # noqa: NPY002 - to see that nobody uses it
    outcomes = []
    for rng in (3, 3, np.random.default_rng(3)):
        layer = case.fresh(built=False)
        if layer.built:
            return None
        shape = layer.build(each(lambda part: part.shape[1:], case.x), rng=rng, dtype=np.float64)
        y = layer.forward(case.x)
        outcomes.append((layer.theta.tobytes(), *(part.tobytes() for part in parts(y))))
        if each(lambda part: part.shape[1:], y) != shape:
            return f"build returned {shape}, forward {shapes(y)}"
        if not isinstance(layer.rng, np.random.Generator) or layer.rng is rng:
            return "layer.rng is not a generator of the layer's own"
    if len(set(outcomes)) > 1:
        return "the same seed gave different parameters or outputs"
    if repr(np.random.get_state()) != world:  # noqa: NPY002
        return "NumPy's global generator was used"


@layer_clause("the first forward builds what is not built yet, in float32 from seed 0")
def _(case):
    layer = case.fresh(built=False)
    if not layer.built:
        layer.forward(each(lambda part: part.astype(np.float32), case.x))
        built = case.fresh(np.float32)
        return changed({"theta": built.theta}, {"theta": layer.theta})


@layer_clause("assigning to params or grads copies into the existing array")
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


@layer_clause("theta and gradient are contiguous vectors, and params and grads views of them")
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


@layer_clause("deepcopy and pickle keep values and views, and cut the copy off")
def _(case):
    layer, x, *_ = case.after_update()
    clones = [copy.deepcopy(layer)]
    if can_be_looked_up(type(layer)):
        clones.append(pickle.loads(pickle.dumps(layer)))
    for clone in clones:
        if clone.theta.tobytes() != layer.theta.tobytes() or clone.gradient.tobytes() != layer.gradient.tobytes():
            return "a copy has other values"
        if np.shares_memory(clone.theta, layer.theta) and layer.theta.size:
            return "a copy shares memory with the original"
        if not all(map(np.array_equal, parts(clone.forward(x)), parts(copy.deepcopy(layer).forward(x)))):
            return "a copy computes something else"
        wrong = views_of_vectors(clone)
        if wrong:
            return wrong


def can_be_looked_up(cls):
    """Whether pickle finds the class by its name; one defined inside a function it does not."""
    try:
        return pickle.loads(pickle.dumps(cls)) is cls
    except (pickle.PicklingError, AttributeError):
        return False


@layer_clause("astype changes the one dtype and keeps the values")
def _(case):
    layer = case.fresh()
    before = layer.theta.copy()
    if layer.astype(np.float32).theta.dtype != np.float32 or layer.gradient.dtype != np.float32:
        return "theta or gradient is not float32 after astype(float32)"
    if not np.array_equal(layer.theta, before.astype(np.float32)):
        return "astype changed the values"
    return views_of_vectors(layer)


@layer_clause("frozen: y and dx as ever, those of eval mode where there is state, which stays; grads zero, lr_factor 0")
def _(case):
    layer, x, _, g, _ = case.after_update()
    as_ever, again = case.fresh(), case.fresh()
    for part in as_ever.walk():
        part.training = part.training and (bool(part.children) or not part.state)
    again.frozen = True
    before = copies(arrays_of(again, "state"))
    found = [{**numbered("y", part.forward(x)), **numbered("dx", part.backward(g))} for part in (as_ever, again)]
    wrong = changed(*found) or changed(before, arrays_of(again, "state"))
    if wrong:
        return f"freezing changes {wrong}"
    again.gradient[:] = 1
    again.update()
    if np.any(again.gradient):
        return "a frozen layer's gradient is not zero after update"
    covered = sum(part.stop - part.start for part, lr_factor, _ in again.segments if lr_factor == 0)
    if covered != again.theta.size or layer.segments:
        return f"segments {again.segments} when frozen, {layer.segments} when not"


@layer_clause("built again, it draws again into the same vectors")
def _(case):
    layer = case.fresh()
    vectors, before = (layer.theta, layer.gradient), layer.theta.copy()
    case.build(layer, rng=7)
    if layer.theta is not vectors[0] or layer.gradient is not vectors[1]:
        return "theta or gradient was replaced"
    wrong = views_of_vectors(layer)
    if not wrong and not case.subject.built:
        case.build(layer, rng=0)
        return None if np.array_equal(layer.theta, before) else "the same seed gave other parameters"
    return wrong


@layer_clause("forward and backward read the parameters from theta")
def _(case):
    layer = case.fresh()
    restore, rng = restorer(layer), np.random.default_rng(3)
    layer.theta = rng.standard_normal(layer.theta.shape)
    first = layer.forward(case.x)
    layer.theta = rng.standard_normal(layer.theta.shape)
    other = case.fresh()
    other.theta = layer.theta
    restore()
    wrong = differs(case.outcome(other, case.x), case.outcome(layer, case.x))
    if wrong:
        return f"{wrong} depends on a theta of before"
    if layer.theta.size and all(map(np.array_equal, parts(first), parts(layer.forward(case.x)))):
        return "another theta gives the same y"


@layer_clause("in eval mode too, backward is the gradient of forward")
def _(case):
    rows = [row for row in check_gradients(case.fresh().eval(), case.x).failures if row.what.startswith("dx")]
    return rows[0].seen if rows else None


@layer_clause("train() and eval() set the mode and return the layer; backward works in eval mode")
def _(case):
    layer = case.fresh()
    if layer.eval() is not layer or any(part.training for part in layer.walk()):
        return "eval() did not reach every layer"
    y = layer.forward(case.x)
    if shapes(layer.backward(each(np.ones_like, y))) != shapes(case.x):
        return "backward in eval mode gives another shape"
    layer.update()
    if layer.train() is not layer or not all(part.training for part in layer.walk()):
        return "train() did not reach every layer"


@layer_clause("in evaluation an example's y depends on no other example, and the state stays")
def _(case):
    layer = case.fresh().eval()
    before = copies(arrays_of(layer, "state"))
    expected = numbered("y", each(lambda part: part[:2], layer.forward(case.x)))
    moved = changed(before, arrays_of(layer, "state"))
    if moved:
        return f"{moved} moves"
    wrong = differs(expected, numbered("y", layer.forward(each(lambda part: part[:2], case.x))))
    return f"{wrong} of two examples is another among {len(parts(case.x)[0])}" if wrong else None


@layer_clause("backward(g, input_gradient=False) returns None and update finds the same")
def _(case):
    layer, x, _, g, _ = case.after_update()
    again = case.fresh()
    again.forward(x)
    if again.backward(g, input_gradient=False) is not None:
        return "something was returned"
    again.update()
    return changed(arrays_of(layer, "grads"), arrays_of(again, "grads"))


@layer_clause("a model is a layer: the same layer nested gives the same y, dx and gradient")
def _(case):
    layer, x, y, g, dx = case.after_update()
    model = case.build(Sequential(Sequential(case.fresh())))
    found = {**numbered("y", model.forward(x)), **numbered("dx", model.backward(g))}
    model.update()
    expected = {**numbered("y", y), **numbered("dx", dx), "gradient": layer.gradient}
    wrong = changed(expected, {**found, "gradient": model.gradient})
    return f"nesting changes {wrong}" if wrong else views_of_vectors(model)


@layer_clause("repr reads like the constructor's call")
def _(case):
    names = {**vars(layers), type(case.subject).__name__: type(case.subject)}
    text = repr(case.fresh(built=False))
    again = repr(eval(text, names))
    return None if again == text else f"{text} makes {again}"
