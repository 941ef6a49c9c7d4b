"""The verdict: from what was found to a Diagnosis, and the words that its findings have in common."""

from .bank import evaluate, formulas, legend
from .finding import Diagnosis, Finding
from .promises import plain
from .signatures import close


def verdict(case, steps, stop, findings):
    """The Diagnosis of a subject with these steps, of which `stop` is the Finding that ended the first take, or None.

    A step that was not reached is neither right nor wrong, and so is the contract, unless it is broken already.
    """
    failed = {finding.step for finding in findings}
    reached = steps[: steps.index(stop.step)] if stop and stop.step in steps else steps
    known = {step: step not in failed if step in reached or step in failed else None for step in steps}
    known["contract"] = "contract" not in failed if stop is None or "contract" in failed else None
    for finding in findings:
        finding.locate = finding.locate or where(case, finding, known)
    return Diagnosis(case.called, known, findings)


def where(case, finding, known):
    """The place in words: "Dense.update: dW wrong, db right; all else right"."""
    slopes = [name for name in case.outputs("d") if finding.step == "update" and case.pair(name)[1] is not None]
    off = [plain(name) for name in slopes if not case.right_slope(name)] or [finding.what]
    beside = [plain(name) for name in slopes if case.agrees(name)]
    head = f"{case.called}.{finding.step}: {' and '.join(off)} wrong"
    if finding.step == "contract":  # what is moved or promoted is not wrong as such
        head = f"{case.called}, the contract of the steps"
    others = {step: ok for step, ok in known.items() if step != finding.step}
    if case.right is None:  # nothing tells whether forward is right
        others["forward"] = False
    right = ["all else"] if all(others.values()) else [step for step, ok in others.items() if ok]
    text = head + (f", {' and '.join(beside)} right" if beside else "")
    return text + (f"; {' and '.join(right)} right" if right else "")


def finding(step, case, name, bug, words, takes=()):
    return Finding(step, plain(name), bug, words, smallest=smallest(case, name, takes))


def smallest(case, name, takes):
    """From which number of examples on an output is wrong."""
    counts = [examples(case) if take == "main" else int(take[3:]) for take in takes]
    wrong = [not case.agrees(name, take) for take in takes]
    if True not in wrong or any(case.pair(name, take)[1] is None for take in takes[: wrong.index(True)]):
        return ""
    first = wrong.index(True)
    return (
        f"passes at N={counts[first - 1]}, fails at N={counts[first]}" if first else f"fails at N={counts[0]} already"
    )


def examples(case):
    return len(next(array for name, array in case.arrays.items() if name.startswith(("a.x", "a.p"))))


def sizes(case):
    """The sizes in play by word, for ratios: {"examples": 5, "features": 7, "outputs": 3}."""
    x = next((array for name, array in case.arrays.items() if name.startswith(("a.x", "a.p"))), None)
    y = case.true.get("main.y")
    labels = "a.t" in case.arrays and case.arrays["a.t"].ndim < x.ndim
    last = "features" if "a.x" in case.arrays else "classes" if labels else "outputs"
    found = {"examples": len(x), last: x.shape[-1]}
    if y is not None and y.ndim > 1:
        found |= {"outputs": y.shape[-1], "entries of an example": y[0].size, "places": y[0].size // y.shape[-1]}
    found = {word: size for i, (word, size) in enumerate(found.items()) if size not in list(found.values())[:i]}
    return {**found, "of y": y.shape if y is not None else x.shape}


def from_bank(case, name):
    """(bug, symptom) of the formula that an output equals on two seeds, or None."""
    pairs = [(seed, case.mine.get(f"{take}.{name}")) for seed, take in (("a", "main"), ("b", "second"))]
    if name.startswith("state"):
        pairs = pairs[:1]
    values = {seed: case.values(seed) for seed, _ in pairs} if formulas(case.name, name) else {}
    for bug, line in formulas(case.name, name):
        wrong = [(a, evaluate(case.name, line, values[seed])) for seed, a in pairs]
        if all(a is not None and w is not None and close(a, w, 1e-8) for a, w in wrong):
            truth = case.true.get(f"main.{name}")
            if truth is None or not close(wrong[0][1], truth, 1e-8):
                return bug, f"is {line}" + " (two seeds)" * (len(pairs) == 2) + legend(line)
    return None
