"""What is wrong with a loss: its value and its slope."""

import numpy as np

from .promises import broken_promises, promoted, raised
from .signatures import by_place, by_ratio, by_shape, close, in_words
from .verdict import finding, from_bank, sizes, verdict

COUNTS = ("of 1", "of 2", "of 3", "main")


def judge_loss(case):
    """The Diagnosis of a loss from its Evidence."""
    stop = raised(case)
    square = broadcast(case)
    if stop is not None and not square:
        findings = [*forward(case), stop] if stop.step == "backward" else [stop]
    elif square:
        findings = square
    else:
        findings = [*broken_promises(case), *forward(case), *backward(case), *promoted(case)]
    return verdict(case, ("forward", "backward"), stop, findings)


def broadcast(case):
    """A loss of one column that is the mean over all pairs of rows."""
    a, n = case.pair("l", "column")
    if a is None or n is None or close(a, n) or a.size != 1 or case.name not in ("MSE", "MAE", "Huber"):
        return []
    p, t = case.arrays["column.p"], case.arrays["column.t"]
    pairs = np.repeat(p, len(p), 0), np.tile(t, (len(t), 1))
    square = case.replay("column", {"column.p": pairs[0], "column.t": pairs[1]}).get("l")
    if square is None or not close(a.ravel(), np.ravel(square)):
        return []
    return [
        finding("forward", case, "l", "broadcast-to-square", "is the mean over every pair of a prediction and a target")
    ]


def forward(case):
    for take in ("main", "second", "of 1", "of 2", "of 3"):
        a, n = case.pair("l", take)
        if case.agrees("l", take) or (a is None and case.error(take)):
            continue
        if a is not None and a.size > 1:
            found = (
                ("broadcast-to-square", f"has shape {a.shape}, expected one number")
                if a.shape.count(examples(a, case)) > 1
                else None
            )
            found = found or (None, f"has shape {a.shape}, expected one number: the mean over the examples")
        else:
            a = a.reshape(())
            bug, words = from_bank(case, "l") or by_ratio(a, n, sizes(case)) or (None, in_words(a, n))
            found = bug, words.replace(" in every entry", "")  # it is one number
        yield finding("forward", case, "l", *found, takes=COUNTS)
        return
    yield from at_the_ends(case, "forward", "l")


def at_the_ends(case, step, name):
    """A loss or a slope that is not finite where the right one is, or another."""
    for take, bug in (("huge", "no-max-shift"), ("ends", "log-of-zero")):
        a, n = case.pair(name, take)
        if n is None or case.agrees(name, take):
            continue
        named = bug if a is None or not np.isfinite(a).all() else None
        if take == "ends" and named is None and a.shape == n.shape:
            continue  # how the logarithm is limited is a matter of taste
        where = {"huge": "for logits around 1000", "ends": "where a probability is 0"}[take]
        yield finding(step, case, name, named, f"{where} {in_words(a, n) if a is not None else 'is missing'}")
        return


def examples(a, case):
    return len(case.arrays["a.p"])


def backward(case):
    for take in ("main", "second", "of 1", "of 2", "of 3"):
        a, n = case.pair("dp", take)
        if case.agrees("dp", take) or (a is None and case.error(take)):
            continue
        if take == "main" and case.right_slope("dp"):
            return
        if a is None:
            found = None, "is missing"
        elif a.shape != n.shape:
            found = by_shape(a, n, sizes(case)) or (None, in_words(a, n))
        else:
            found = (
                from_bank(case, "dp")
                or by_ratio(a, n, sizes(case))
                or by_place(a, n, places(case))
                or (None, in_words(a, n))
            )
        yield finding("backward", case, "dp", *found, takes=COUNTS)
        return
    yield from at_the_ends(case, "backward", "dp")


def places(case):
    target, p = case.arrays["a.t"], case.arrays["a.p"]
    if target.ndim == 1 and target.dtype.kind in "iu":
        yield "one-hot-not-subtracted", np.eye(p.shape[1])[target] > 0, "at the labels"
