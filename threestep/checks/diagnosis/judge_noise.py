"""What is wrong with dropout, whose mask nobody can foresee: what is dropped, how often, how the rest is scaled."""

import numpy as np

from .finding import Finding
from .promises import broken_promises, promoted, raised
from .signatures import close, in_words, ratio_of
from .verdict import verdict

SCALES = {-1: "sign-flipped", 2: "factor-of-two", 0.5: "factor-of-two"}
SLACK = 0.12  # of the share that is dropped: five standard deviations for some 400 entries


def judge_noise(case):
    """The Diagnosis of a Dropout from its Evidence."""
    stop = raised(case)
    findings = [stop] if stop else [*broken_promises(case), *forward(case), *backward(case), *promoted(case)]
    return verdict(case, ("forward", "backward"), stop, findings)


def factors(case, take="main"):
    """(what each entry of x was multiplied by, what each of g)."""
    y, dx = case.mine.get(f"{take}.y"), case.mine.get(f"{take}.dx")
    x, g = case.arrays["a.x"], case.arrays["a.g"]
    up = y / x if y is not None and y.shape == x.shape else None
    down = dx / g if dx is not None and dx.shape == g.shape else None
    return up, down


def forward(case):
    p, up = case.settings["p"], factors(case)[0]
    if up is None:
        yield Finding("forward", "y", None, "has another shape than x")
        return
    kept, dropped = up[up != 0], float(np.mean(up == 0))
    scale = float(np.median(kept)) if kept.size else np.nan
    spread = kept.size and not close(kept, np.full_like(kept, scale))
    if not spread and np.isclose(scale, 1) and dropped == 0 and p > 0:
        yield Finding("forward", "y", "mode-ignored", "is x in training: nothing is dropped")
    elif len(up) > 1 and dropped and np.array_equal(up == 0, np.broadcast_to(up[:1] == 0, up.shape)):
        yield Finding("forward", "y", None, "is 0 in the same entries of every example: a mask has the shape of x")
    elif spread:
        yield Finding("forward", "y", None, "is not x times 0 or one and the same factor")
    elif abs(dropped - (1 - p)) < SLACK < abs(dropped - p):
        yield Finding("forward", "y", "dropout-keeps-p", f"is 0 in {dropped:.0%} of the entries for p = {p:g}")
    elif abs(dropped - p) > SLACK:
        yield Finding("forward", "y", None, f"is 0 in {dropped:.0%} of the entries for p = {p:g}")
    elif np.isclose(scale, 1 / (1 - p)):
        yield from later(case)
    elif np.isclose(scale, 1) or np.isclose(scale, 1 - p):
        yield Finding(
            "forward", "y", "dropout-not-rescaled", f"is {scale:g} x where it is kept, expected {1 / (1 - p):.6g} x"
        )
    elif np.isclose(scale, 1 / p):
        yield Finding(
            "forward", "y", "dropout-keeps-p", f"is x / p where it is kept, expected x / (1 - p) = {1 / (1 - p):.6g} x"
        )
    else:
        yield Finding("forward", "y", None, f"is {scale:.6g} x where it is kept, expected {1 / (1 - p):.6g} x")


def later(case):
    """The Findings of further forwards: in evaluation, and with a mask that has to be new."""
    if not case.agrees("y", "evaluation"):
        a, n = case.pair("y", "evaluation")
        yield Finding(
            "forward",
            "y",
            "dropout-mask",
            f"in evaluation is not x: {in_words(a, n)}" if a is not None else "is missing",
        )
    elif close(case.mine.get("again.y"), case.mine.get("again.y2", np.nan)):
        yield Finding("forward", "y", "stale-cache", "has the same mask in every forward")


def backward(case):
    up, down = factors(case)
    if up is None or down is None:
        yield Finding("backward", "dx", None, "has another shape than g")
        return
    if not np.array_equal(up == 0, down == 0):
        yield Finding(
            "backward", "dx", "dropout-mask", "is 0 in other entries than y: backward needs the mask of forward"
        )
    elif not close(up, down):
        scale = float(np.median(down[down != 0])) if down.any() else 0.0
        r = ratio_of(down, up)
        bug = "dropout-not-rescaled" if np.isclose(scale, 1) else SCALES.get(r and round(r, 6))
        yield Finding("backward", "dx", bug, f"is {scale:g} g where y is {np.median(up[up != 0]):.6g} x")
    elif not case.agrees("dx", "evaluation"):
        yield Finding("backward", "dx", "dropout-mask", "in evaluation is not g")
