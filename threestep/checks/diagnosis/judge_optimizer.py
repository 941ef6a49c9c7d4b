"""What is wrong with an optimizer: the walk that it takes, step by step."""

import copy

import numpy as np

from .finding import Finding
from .play import play_takes
from .promises import raised
from .signatures import close, ratio_of
from .verdict import verdict
from .walks import APART, DECAY, WALKS, walk

RIGHT = 1e-8  # of the largest displacement


def judge_optimizer(case):
    """The Diagnosis of an optimizer from its Evidence."""
    stop = raised(case)
    if stop:
        stop.step = "step"
        if case.error("main")["type"] == "ZeroDivisionError" and "betas" in case.settings:
            stop.bug = "adam-step-count"  # 1 - b^0
    findings = [stop] if stop else [*contract(case), *walked(case)]
    return verdict(case, ("step",), stop, findings)


def path(case, answers, take):
    """(theta at the start, theta after each step) of a take."""
    seed = {"main": "a", "second": "b"}[take]
    steps = sum(f"{seed}.g" in name for name in case.arrays)
    return case.arrays[f"{seed}.theta"], [answers.get(f"{take}.theta{t}") for t in range(steps)]


def displacements(start, thetas):
    """theta's change in each step; NaN where it raised."""
    return np.diff(
        np.array([np.full_like(start, np.nan) if theta is None else theta for theta in (start, *thetas)]), axis=0
    )


def contract(case):
    for word, _ in case.notes["main"]["written"]:
        if ".g" in word:
            yield Finding("contract", "the gradient", "optimizer-rebinds", "is changed by step")
            return
    start, mine = path(case, case.mine, "main")
    if all(np.array_equal(theta, start) for theta in mine):
        returned = any(name.startswith("main.returned.") for name in case.mine)
        words = "is left alone; another array is returned" if returned else "is left alone by step"
        yield Finding("contract", "theta", "optimizer-rebinds", words)
    found = case.error("float32")
    if found:
        bug = "promoted-to-float64" if "float64" in found["message"] else None
        yield Finding("contract", "a float32 theta", bug, f"raises {found['type']}: {found['message']}")


def walked(case):
    takes = ("main", "second")
    paths = {take: (path(case, case.mine, take), path(case, case.true, take)) for take in takes}
    mine = {take: displacements(*paths[take][0]) for take in takes}
    true = {take: displacements(*paths[take][1]) for take in takes}
    if all(close(mine[take], true[take], RIGHT) for take in takes):
        return
    settings = {"momentum": 0.0, "weight_decay": 0.0, **case.settings}
    for bug, program in ((bug, program) for bug, lines in WALKS.get(case.name, {}).items() for program in lines):
        if bug.startswith("momentum") and not settings["momentum"]:
            continue
        if all(close(mine[take], variant(case, program, settings, take), RIGHT) for take in takes):
            shown = program if settings["weight_decay"] else program.removeprefix(DECAY).removeprefix(APART)
            yield Finding("step", "the displacement", bug, f"fits exactly: {shown} (two seeds)")
            return
    for bug, words, other in changed(case):
        replay = {take: displacements(*path(case, other, take)) for take in takes}
        if all(close(mine[take], replay[take], RIGHT) for take in takes):
            yield Finding("step", "the displacement", bug, f"fits exactly: {words} (two seeds)")
            return
    if not mine["main"].any():
        yield Finding("step", "the displacement", None, "is 0 in every step")
        return
    yield Finding("step", "the displacement", *by_factor(mine["main"], true["main"], paths["main"], settings))


def changed(case):
    """[(bug, words, answers)] of the right one with another setting, or with its steps counted from another number."""
    decay = case.settings.get("weight_decay")
    changes = [
        ("regularizer", f"weight_decay {f * decay:g}", {"weight_decay": f * decay}) for f in (0, 2, 0.5) if decay
    ]
    if case.settings.get("momentum"):
        changes.append(("momentum-convention", "momentum 0", {"momentum": 0.0, "nesterov": False}))
        nesterov = not case.settings.get("nesterov", False)
        changes.append(("momentum-convention", f"nesterov {nesterov}".lower(), {"nesterov": nesterov}))
    if "betas" in case.settings:
        changes.append(("adam-formula", "its betas swapped", {"betas": tuple(reversed(case.settings["betas"]))}))
    if case.settings.get("eps"):
        changes.append(("adam-formula", "eps 0", {"eps": 0.0}))
    for bug, words, change in changes:
        yield bug, words, replayed(case, lambda known, change=change: vars(known).update(change))
    for start in (1, -1, 2):
        answers = replayed(case, lambda known, start=start: known.state.update(steps=start))
        yield "adam-step-count", f"t counted from {start + 1}", answers


def replayed(case, change):
    """The answers of the right one, once it is changed."""

    def make():
        known = copy.deepcopy(case.make())
        change(known)
        return known

    return play_takes([take for name, take in case.takes.items() if name != "float32"], case.arrays, make)[0]


def variant(case, program, settings, take):
    """The displacements of a program; None for one that needs a setting which this class does not have."""
    seed = {"main": "a", "second": "b"}[take]
    start, thetas = path(case, case.true, take)
    gradients = [case.arrays[f"{seed}.g{t}"] for t in range(len(thetas))]
    try:
        return displacements(start, walk(program, start, gradients, settings))
    except NameError:
        return None


def by_factor(mine, true, paths, settings):
    """(bug, symptom) from the ratio of the displacements, or from what differs in the first step."""
    r = ratio_of(mine, true)
    if r is not None:
        if abs(r + 1) < 1e-6:
            return "momentum-sign" if settings["momentum"] else "sign-flipped", "goes uphill: right but for its sign"
        bug = "factor-of-two" if abs(r) in (0.5, 2) or np.isclose(abs(r), [0.5, 2]).any() else None
        return bug, f"is {r:.6g} times the expected one, in every step"
    start = paths[0][0]
    rest = mine[0] - true[0]
    if (r := ratio_of(rest, start)) is not None:
        return "regularizer", f"differs by {r:.4g} times theta in the first step"
    wrong = [t for t in range(len(true)) if not close(mine[t], true[t], RIGHT)]
    worst = int(np.argmax(np.abs(mine[wrong[0]] - true[wrong[0]])))
    right = f"right in the first {wrong[0]} steps, " if wrong[0] else ""
    return (
        None,
        f"is {right}wrong in step {wrong[0] + 1}: {mine[wrong[0]][worst]:.6g}, expected {true[wrong[0]][worst]:.6g}",
    )
