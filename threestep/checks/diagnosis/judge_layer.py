"""What is wrong with a layer: its steps held against the right ones, its own forward, and each other."""

import numpy as np

from .evidence import source
from .promises import broken_promises, promoted, raised
from .signatures import by_parameter, by_place, by_ratio, by_shape, by_shift, by_transpose, close, in_words
from .variants import ACTIVATIONS, POOLS, WINDOWS, border, forward_variants, overlaps, slope_variants
from .verdict import finding, from_bank, sizes, verdict

STEPS = ("forward", "backward", "update")
COUNTS = ("of 1", "of 2", "of 3", "main")  # the takes by their number of examples
WHEN = {  # what is special about a take
    "of 1": "for 1 example",
    "of 2": "for 2 examples",
    "of 3": "for 3 examples",
    "ties": "for x of -1, 0 and 1",
    "huge": "for x around 1000",
    "low": "for x around -1000",
    "evaluation": "in evaluation",
    "float32": "for float32",
}
NORMALIZATIONS = ("BatchNorm", "LayerNorm", "InstanceNorm", "GroupNorm", "RMSNorm")


def judge_layer(case):
    """The Diagnosis of a layer from its Evidence."""
    trained = any(key.startswith("a.params.") for key in case.arrays)
    steps = [step for step in STEPS if trained or step != "update"]
    stop = raised(case)
    reached = steps[: steps.index(stop.step)] if stop and stop.step in steps else steps
    findings = list(broken_promises(case)) if stop is None or reached else []
    for step in reached:
        findings += {"forward": forward, "backward": backward, "update": update}[step](case)
    if stop is None:
        findings += [*elsewhere(case, findings), *promoted(case)]
    else:
        findings.append(stop)
    return verdict(case, steps, stop, findings)


# forward


def forward(case):
    """The first Finding of forward: y, the state that it leaves, then y where there is something special about x."""
    for name in case.outputs("y"):
        a, n = case.pair(name)
        if case.right is None and a is not None and not np.isfinite(a).all():
            yield finding("forward", case, name, None, in_words(a, n))
            return
        for take in ("main", "second", *COUNTS[:-1]):
            if not case.agrees(name, take) and (case.pair(name, take)[0] is not None or not case.error(take)):
                yield finding("forward", case, name, *name_y(case, name, take), takes=COUNTS)
                return
    for name in case.outputs("state"):
        if not case.agrees(name):
            yield finding(
                "forward", case, name, *(from_bank(case, name) or unnamed(case, name, "main", "after a step"))
            )
            return
        if not case.agrees(name, "evaluation"):
            yield finding("forward", case, name, "mode-ignored", "moves in evaluation too")
            return
    for name in case.outputs("y"):
        for take in ("evaluation", "ties", "huge", "low"):
            if not case.agrees(name, take) and not case.error(take):
                yield finding("forward", case, name, *name_special_y(case, name, take))
                return


def name_y(case, name, take):
    """(bug, symptom) of a wrong y."""
    a, n = case.pair(name, take)
    if a is None or take != "main":
        return unnamed(case, name, take)
    if found := from_bank(case, name):
        return found
    in_windows = case.name in WINDOWS and a.ndim == n.ndim > 2
    if a.shape != n.shape:
        if in_windows and (a.shape[0], a.shape[-1]) == (n.shape[0], n.shape[-1]):
            return "padding-off-by-one", f"has shape {a.shape}, expected {n.shape}"
        return by_shape(a, n, sizes(case)) or unnamed(case, name, take)
    for bug, words, variant in forward_variants(case):
        if variant is not None and close(a, variant):
            return bug, words
    if in_windows:
        found = by_shift(a, n) or by_place(a, n, [("padding-off-by-one", border(a.shape), "at the border")])
    return found or by_ratio(a, n, sizes(case)) or unnamed(case, name, take)


def name_special_y(case, name, take):
    """(bug, symptom) of a y that is wrong for some x, or in evaluation, only."""
    if take == "evaluation" and close(case.pair(name, take)[0], case.mine.get(f"main.{name}")):
        return "mode-ignored", "in evaluation is that of training"
    overflows = take in ("huge", "low") and case.name in ("Softmax", "LogSoftmax")
    return "no-max-shift" if overflows else None, unnamed(case, name, take)[1]


def unnamed(case, name, take, when=None):
    """(None, symptom) in numbers, where no signature fits."""
    a, n = case.pair(name, take)
    when = f"{when or WHEN.get(take, '')} ".lstrip()
    return None, when + (in_words(a, n) if a is not None else "is missing")


# backward


def backward(case):
    """The first Finding of backward, in training and in evaluation, at kinks, and with another g."""
    for name in case.outputs("dx"):
        if not case.right_slope(name):
            yield finding("backward", case, name, *name_slope(case, name), takes=COUNTS)
            return
        if not (case.agrees(name) and case.agrees(name, "second")):  # right for its own forward, which is wrong
            return
        for take in (*COUNTS[:-1], "ties", "evaluation"):
            if not case.agrees(name, take) and not case.error(take):
                at_zero = "pool-ties" if case.name in POOLS else "derivative-at-zero"
                bug = {"ties": at_zero, "evaluation": "mode-ignored"}.get(take)
                yield finding("backward", case, name, bug, unnamed(case, name, take)[1])
                return
        bug, words = linear(case, name)
        if words:
            yield finding("backward", case, name, bug, words)
            return


def linear(case, name):
    """(bug, symptom) where dx is not linear in g, else (None, "")."""
    found = {data: case.mine.get(f"linear.dx_{data}" + name[2:]) for data in ("a", "b", "mix", "twice")}
    if any(array is None for array in found.values()):
        return None, ""
    if close(found["a"], found["twice"]) and close(found["a"], found["b"]) and found["a"].any():
        return "g-ignored", "is the same for every g"
    p, q = case.arrays["weights"]
    if not close(found["twice"], 2 * found["a"], 1e-6):
        return "nonlinear-in-g", "for 2 g is not twice dx"
    if not close(found["mix"], p * found["a"] + q * found["b"], 1e-6):
        return "mask-from-g", "for 2 g is twice dx, but for a sum of two g not the sum: it asks which g are positive"
    return None, ""


def name_slope(case, name):
    """(bug, symptom) of a wrong dx or parameter gradient."""
    a, n = case.pair(name)
    if a is None:
        return None, "is missing"
    if n is None:
        shape = np.shape(case.arrays.get(source(name)))
        if a.shape != shape:
            return None, f"has shape {a.shape}, expected {shape}"
        return None, "is not the gradient of forward, by finite differences along random directions"
    found = from_bank(case, name)
    if found:
        return found
    if name.startswith("dx"):
        bug, words = linear(case, name)
        if bug == "g-ignored":
            return bug, words
    if a.shape != n.shape:
        return by_shape(a, n, sizes(case)) or (None, in_words(a, n))
    if name.startswith("dx") and (masked := by_place(a, n, masks(case, a, n))):
        return masked
    if case.right:
        for bug, words, variant in slope_variants(case, name):
            if variant is not None and close(a, variant):
                return bug, words
    averaged = (
        name.count(".") and n.ndim == 1 and all(case.agrees(o) for o in case.outputs("d") if case.pair(o)[1].ndim > 1)
    )
    found = by_ratio(a, n, sizes(case), bias=bool(averaged) and name.endswith((".b", ".beta")))
    if found and found[0]:
        return found
    if swapped := by_transpose(a, n):
        return swapped
    if name.startswith("d.") and (last := case.of_last(name)) is not None and close(a, last, case.tolerance):
        return "overlaps-overwritten", f"is that of the last of the {len(case.arrays['a.g'])} examples alone"
    if name.startswith("d."):
        parameter = case.arrays[f"a.params.{name[2:]}"]
        found = by_parameter(a, n, parameter) or found
        if found and found[0]:
            return found
    if name.startswith("dx"):
        shifted = by_shift(a, n) if case.name in WINDOWS else None
        named = by_place(a, n, places(case, a, n)) or shifted or normalization(case, a, n) or linear(case, name)
        if named[0]:
            return named
    if case.right and case.agrees(name, "second"):
        return None, in_words(a, n) + ", with this x only"
    if name.startswith("d.") and not a.any():
        return None, f'is zero in every entry: does update set self.grads["{name[2:]}"]?'
    return found or (None, in_words(a, n))


def masks(case, a, n):
    """[(bug, mask, words)] for an activation that hands on what it should hold back."""
    x, g = case.arrays.get("a.x"), case.arrays.get("a.g")
    if case.name not in (*ACTIVATIONS, "PReLU") or g.shape != a.shape or x.shape != a.shape:
        return
    if close(a[x < 0], g[x < 0]):
        yield "mask-missing", x < 0, "where x < 0, and is g there"
    yield "mask-missing", n == 0, "where the derivative is 0"


def places(case, a, n):
    """[(bug, mask, words)]: where a wrong dx may be wrong for a reason that has a name."""
    if case.arrays.get("a.x") is None or case.arrays["a.x"].shape != a.shape:
        return
    if case.right and case.name in WINDOWS:
        yield from (("overlaps-overwritten", mask, "where windows overlap") for mask in overlaps(case))
    if case.name in WINDOWS and a.ndim > 2:
        yield "padding-off-by-one", border(a.shape), "at the border"


def normalization(case, a, n):
    """A difference that is constant over what is normalized together, or in proportion to the normalized x."""
    if case.name not in NORMALIZATIONS or a.shape != n.shape:
        return None
    axes = {"BatchNorm": tuple(range(a.ndim - 1)), "LayerNorm": (-1,), "RMSNorm": (-1,)}.get(
        case.name, tuple(range(1, a.ndim - 1))
    )
    x, rest = case.arrays["a.x"], a - n
    xhat = x - (0 if case.name == "RMSNorm" else x.mean(axes, keepdims=True))
    slope = (rest * xhat).sum(axes, keepdims=True) / (xhat * xhat).sum(axes, keepdims=True)
    if close(rest, rest.mean(axes, keepdims=True) + 0 * rest):
        return "batchnorm-mean-term", "differs by the same amount in all entries that are normalized together"
    if close(rest, slope * xhat):
        return "batchnorm-variance-term", "differs in proportion to the normalized x"
    if close(rest, slope * xhat + rest.mean(axes, keepdims=True)):
        return "batchnorm-constant-statistics", "differs by a constant and a multiple of the normalized x"
    return None


# update


def update(case):
    """The Findings of update, one for each gradient that is wrong."""
    for name in case.outputs("d"):
        if case.right_slope(name):
            continue
        yield finding("update", case, name, *name_slope(case, name), takes=COUNTS)


def elsewhere(case, findings):
    """What raises with another number of examples, another dtype or in evaluation only."""
    if findings:
        return
    for take in ("of 1", "of 2", "of 3", "evaluation", "float32", "ties", "second", "linear"):
        if case.error(take) and any(key.startswith(f"{take}.") for key in case.true):
            found = raised(case, take)
            found.symptom = f"{WHEN.get(take, 'another time')} {found.symptom}"
            yield found
            return
