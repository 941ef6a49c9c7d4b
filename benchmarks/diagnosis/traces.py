"""What a layer, loss or optimizer does, as arrays that can be compared: whether two of them differ at all.

A mutant that differs from the library's class in nothing is no bug, and a right variant must differ in nothing. This is
no diagnosis: it knows the right one, and does not say what is wrong.
"""

import copy
import inspect
import warnings

import numpy as np

import layers
import losses
import optim
from threestep.checks.gradients import each, parts

IMAGES = ("Conv2d", "Transpose2d", "Pool2d", "GlobalAvg", "GlobalMax", "Spatial", "Flatten", "Upsample", "Pad", "Inst")
RANDOM = ("Dropout", "SpatialDropout")


def of_library(subject):
    """The library's class of the subject's name, with the subject's settings; None where it has none."""
    name = type(subject).__name__
    cls = next((getattr(room, name) for room in (layers, losses, optim) if hasattr(room, name)), None)
    if cls is not None:
        settings = inspect.signature(cls.__init__).parameters
        return cls(**{name: copy.deepcopy(vars(subject)[name]) for name in settings if name in vars(subject)})


def example(subject, n=5, seed=0, shape=None):
    """n examples that the subject takes, some of them equal, some 0; a tuple for several inputs."""
    name, rng = type(subject).__name__, np.random.default_rng(seed)
    if shape is None:
        channels = getattr(subject, "in_channels", None) or 3
        shape = (6, 5, channels) if any(word in name for word in IMAGES) else (7,)
        shape = (8, 3) if "1d" in name else (6, 5, 4) if name == "GroupNorm" else shape
        shape = ((4,), (4,)) if name in ("Add", "Multiply", "Concat") else shape
    if shape and isinstance(shape[0], tuple):
        return tuple(rng.normal(size=(n, *part)) * 2 for part in shape)
    x = rng.normal(size=(n, *shape)) * 2
    x[..., ::2] = np.round(x[..., ::2])
    return x


def trace(subject, shape=None):
    """{what: array} of a subject; an error is an entry too."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if hasattr(subject, "step"):
            return of_optimizer(subject)
        if hasattr(losses, type(subject).__name__):
            return of_loss(subject)
        if type(subject).__name__ in RANDOM:
            return of_random(subject)
        return of_layer(subject, shape)


def kept(found, name, action):
    """Does something, and keeps what came of it, or the error's class."""
    try:
        result = action()
    except Exception as error:
        found[f"{name} raised {type(error).__name__}"] = np.zeros(0)
        return None
    for i, part in enumerate(parts(result)):
        found[f"{name}[{i}]"] = np.array(part)
    return result


def of_layer(subject, shape):
    found = {}
    for dtype in (np.float64, np.float32):
        layer = ready(subject, shape, dtype)
        if isinstance(layer, Exception):
            return {"build": np.array(str(layer))}
        label = np.dtype(dtype).name
        x1, x2, x3 = (
            each(lambda part, dtype=dtype: part.astype(dtype), example(subject, 5, i, shape)) for i in range(3)
        )
        for turn, x in enumerate([x1, x2, each(lambda part: part[:3], x3), x1, each(lambda part: part * 100, x3)]):
            steps(layer, x, found, f"{label} {turn}")
        eval_of(layer)
        steps(layer, x2, found, f"{label} eval")
    return found


def of_random(subject):
    """What does not depend on how a mask is drawn from the generator."""
    found = {}
    for dtype in (np.float64, np.float32):
        layer = ready(subject, (50, 4), dtype)
        for turn, n in enumerate((500, 500, 300)):
            rng = np.random.default_rng(turn)
            x, g = (rng.uniform(1, 2, (n, 50, 4)).astype(dtype) for _ in range(2))
            before, g_before = x.copy(), g.copy()
            y = np.array(layer.forward(x))
            dx = np.array(layer.backward(g))
            kept = y != 0
            one = kept[:, :1] == kept if type(subject).__name__ == "SpatialDropout" else kept == kept
            facts = [kept.mean().round(1), (dx != 0)[kept].mean(), (dx != 0)[~kept].mean(), kept[0].mean() in (0, 1)]
            facts += [
                np.array_equal(x, before),
                np.array_equal(g, g_before),
                one.all(),
                np.ptp(kept.mean(axis=0)) < 0.5,
            ]
            found[f"{np.dtype(dtype).name} {turn} facts"] = np.array(facts)
            found[f"{np.dtype(dtype).name} {turn} ratios"] = np.unique((y / before)[kept].round(3))
            found[f"{np.dtype(dtype).name} {turn} dx ratios"] = np.unique((dx / g_before)[kept].round(3))
        masks = [np.array(layer.forward(before)) != 0 for _ in range(2)]
        found[f"{np.dtype(dtype).name} again"] = np.array((masks[0] == masks[1]).all())
        eval_of(layer)
        found[f"{np.dtype(dtype).name} eval y"] = np.array(layer.forward(before))
        found[f"{np.dtype(dtype).name} eval dx"] = np.array(layer.backward(g_before))
    return found


def ready(subject, shape, dtype):
    """A copy of the subject, with parameters drawn here."""
    layer, rng = copy.deepcopy(subject), np.random.default_rng(5)
    try:
        if hasattr(layer, "build"):
            layer.build(each(lambda part: part.shape[1:], example(subject, shape=shape)), rng=0, dtype=dtype)
    except Exception as error:
        return error
    for name, array in getattr(layer, "params", {}).items():
        value = rng.normal(size=array.shape) + 0.5
        layer.params[name] = value.astype(dtype)
    return layer


def eval_of(layer):
    if hasattr(layer, "eval"):
        layer.eval()
    else:
        layer.training = False


def steps(layer, x, found, label):
    """The three steps twice, and all that is seen: results, dtypes, what was written into, what is shared."""
    x, before = each(np.array, x), each(np.array, x)
    theta = {name: array.copy() for name, array in getattr(layer, "params", {}).items()}
    y = kept(found, f"{label} y", lambda: layer.forward(x))
    if y is None:
        return
    again = each(np.array, y)
    g = each(lambda part: np.cos(np.arange(part.size) + 0.3).reshape(part.shape).astype(parts(x)[0].dtype), y)
    g_before = each(np.array, g)
    dx = kept(found, f"{label} dx", lambda: layer.backward(g))
    after = each(np.array, dx) if dx is not None else ()
    for turn in range(2):
        kept(found, f"{label} update", lambda: getattr(layer, "update", lambda: None)() or np.zeros(0))
        for kind in ("grads", "state"):
            for name, array in getattr(layer, kind, {}).items():
                found[f"{label} {turn} {kind} {name}"] = np.array(array)
    facts = [all(map(np.array_equal, parts(a), parts(b))) for a, b in ((x, before), (g, g_before), (y, again))]
    facts += [np.array_equal(array, theta[name]) for name, array in getattr(layer, "params", {}).items()]
    if hasattr(layer, "params"):  # as they were, for the next steps
        for name, array in theta.items():
            layer.params[name] = array
    if dx is not None and not isinstance(y, tuple):
        kept(found, f"{label} other", lambda: layer.forward(each(lambda part: part[::-1].copy(), x)))
        kept(found, f"{label} other dx", lambda: layer.backward(-2 * g))
        kept(found, f"{label} zero dx", lambda: layer.backward(0 * g))
        facts += [np.array_equal(y, again), all(map(np.array_equal, parts(dx), parts(after)))]
        inside = [(a, b) for a in parts(dx) for b in (g,)]
        facts += [np.shares_memory(a, b) and a.size < b.size for a, b in inside]
    found[f"{label} facts"] = np.array(facts)


def of_loss(subject):
    found, rng, name = {}, np.random.default_rng(3), type(subject).__name__
    for dtype in (np.float64, np.float32):
        loss = copy.deepcopy(subject)
        for n, size in ((5, 1.0), (5, 3.0), (3, 1.0), (4, 1000.0)):
            p = (size * rng.normal(size=(n, 4))).astype(dtype)
            target = rng.normal(size=(n, 4)).astype(dtype)
            if name in ("CrossEntropy", "NLL", "Hinge"):
                target = rng.integers(0, 4, n)
            elif name != "MSE" and name not in ("MAE", "Huber"):
                target = np.abs(np.round(target)).clip(0, 1)
            if name == "BinaryCrossEntropy":
                p = np.clip(np.abs(p), 0, 1)
            before, wanted = p.copy(), target.copy()
            label = f"{np.dtype(dtype).name} {n} {size}"
            kept(found, f"{label} l", lambda: np.float64(loss.forward(p, target)))  # noqa: B023
            kept(found, f"{label} dp", loss.backward)
            kept(found, f"{label} dp again", loss.backward)
            found[f"{label} facts"] = np.array([np.array_equal(p, before), np.array_equal(target, wanted)])
    return found


def of_optimizer(subject):
    found, rng = {}, np.random.default_rng(4)
    for dtype in (np.float64, np.float32):
        optimizer, theta, gradients = copy.deepcopy(subject), rng.normal(size=11).astype(dtype), []
        for turn in range(4):
            gradient = (rng.normal(size=11) * [1e-3, 1][turn % 2]).astype(dtype)
            gradients.append((gradient, gradient.copy()))
            label = f"{np.dtype(dtype).name} {turn}"
            kept(found, f"{label} step", lambda: optimizer.step(theta, gradient) is None or np.zeros(0))  # noqa: B023
            found[f"{label} theta"] = theta.copy()
            found[f"{label} facts"] = np.array([np.array_equal(*pair) for pair in gradients])
    return found


def differences(subject, like, shape=None):
    """The names of what differs between two subjects."""
    a, b = trace(subject, shape), trace(like, shape)
    return [name for name in {**b, **a} if name not in a or name not in b or not same(a[name], b[name], name)]


def same(a, b, name):
    own = "grads" in name or "state" in name  # arrays that a plain class may hold in float64
    if a.shape != b.shape or (a.dtype != b.dtype and "float32" in name and not own):
        return False
    if a.dtype.kind not in "fiub":
        return str(a) == str(b)
    size = max(1.0, float(np.abs(b[np.isfinite(b)]).max(initial=0)))
    tolerance = 1e-9 if a.dtype == np.float64 and "float32" not in name else 1e-4
    return np.allclose(a, b, rtol=0, atol=tolerance * size, equal_nan=True)
