"""Broken promises: what a subject did besides returning arrays, each with the bug's name."""

import re

import numpy as np

from .finding import Finding
from .signatures import close, ratio_of

STEP_OF = {
    "find": "forward",
    "make": "forward",
    "build": "forward",
    "set": "forward",
    "train": "forward",
    "eval": "forward",
    "loss": "forward",
}
STEP_OF |= {"slope": "backward", "answer": "answers", "read": "update"}
MATMUL = re.compile(r"matmul: Input operand 1 has a mismatch.*\(size (\d+) is different from (\d+)\)")
GIVEN = {"x": "x", "g": "g", "p": "the prediction", "t": "the target"}


def raised(case, take="main"):
    """The Finding of what a take raised, or None."""
    error = case.error(take)
    if error is None:
        return None
    step = STEP_OF.get(error["call"], error["call"])
    method = {"make": "__init__", "set": "build"}.get(error["call"], step)
    place = f"{case.called}.{method}"
    if error["type"] == "NotImplementedError":
        line = f" (line {error['line']})" if error["line"] else ""
        return Finding(
            step, error["message"] or place, None, f"is not written yet{line}", f"{place} is not written yet"
        )
    if error["call"] == "find":
        return Finding(step, case.called, None, error["message"], f"{case.called} {error['message']}")
    line = f" in line {error['line']}" if error["line"] else ""
    text = MATMUL.sub(r"in a @ b, a has \2 columns and b has \1 rows", error["message"])
    symptom = f"raises an error{line}: {error['type']}: {text}".removesuffix(": ")
    return Finding(step, place, None, symptom, f"{place} raises an error")


def broken_promises(case):
    """The Findings of a layer or a loss, most telling first."""
    yield from moved_parameters(case)
    yield from written(case)
    yield from shared(case)
    yield from accumulating(case)
    yield from forgetting(case)
    yield from integers(case)


def moved_parameters(case):
    for name, verb in case.notes["main"]["moved"][:1]:
        moved, before = case.mine[f"main.moved_in_{verb}.{name}"], case.arrays.get(f"a.params.{name}")
        gradient = case.true.get(f"main.d.{name}", case.mine.get(f"main.d.{name}"))
        if before is None or moved.shape != before.shape:
            yield Finding("contract", name, "update-takes-step", f"is replaced by {verb}")
            continue
        rate = ratio_of(moved - before, gradient) if gradient is not None else None
        by = f" by {rate:.4g} times its gradient" if rate else ""
        dx = case.mine.get("main.dx")
        bug = "update-takes-step"
        if verb == "backward" and dx is not None and not case.right_slope("dx"):
            new = case.replay("main", {f"a.params.{name}": moved}).get("dx") if case.right else dx
            bug = "backward-after-step" if close(dx, new) else bug
        if verb != "forward":
            yield Finding("contract", name, bug, f"is moved by {verb}{by}")
        else:
            yield Finding("contract", name, "writes-into-input", "is changed by forward")


def written(case):
    seen = set()
    for take in ("main", "second", "ties", "linear", "evaluation", "stale", "shrunk"):
        for word, verb in case.notes.get(take, {"written": ()})["written"]:
            data, _, name = word.partition(".")
            verb = {"loss": "forward", "slope": "backward"}.get(verb, verb)
            if name.split(".")[0] in GIVEN and data in case_seeds(case) and (name, verb) not in seen:
                seen.add((name, verb))
                yield Finding("contract", GIVEN[name.split(".")[0]], "writes-into-input", f"is changed by {verb}")
            elif not name and verb not in seen:
                seen.add(verb)
                what = word.removeprefix("old_")
                step = "backward" if what.startswith("d") else "forward"
                yield Finding("contract", what, "shares-memory", f"as {step} returned it is changed by a later {verb}")


def case_seeds(case):
    return {name.split(".")[0] for name in case.arrays}


def shared(case):
    for name, other in case.notes["main"]["shares"][:1]:
        yield Finding("contract", name, "shares-memory", f"lies in the memory of {other}")


def integers(case):
    for name in results(case):
        a, n = case.mine.get(f"main.{name}"), case.true.get(f"main.{name}")
        if a is not None and a.dtype.kind in "iub" and (n is None or n.dtype.kind == "f"):
            yield Finding("contract", plain(name), "integers", f"has dtype {a.dtype}, expected floats")
            return


def promoted(case):
    """The Finding of a result that is not float32 where everything given is, which may come with any other bug."""
    for name in results(case) if not case.error("float32") else ():
        a, n = case.pair(name, "float32")
        if a is not None and a.dtype != np.float32 and (n is None or n.dtype == np.float32):
            bug = "promoted-to-float64" if a.dtype == np.float64 else None
            yield Finding("contract", plain(name), bug, f"is {a.dtype} where everything given is float32")
            return


def results(case):
    """The names of all that the steps of a layer, or of a loss, return or leave; a loss's value is a Python float."""
    return [name for word in ("y", "dx", "dp", "d") for name in case.outputs(word)]


def forgetting(case):
    """Another forward before must change nothing, with as many examples or with more."""
    names = [name for word in ("y", "dx", "l", "dp", "d") for name in case.outputs(word)]
    again = [(name, name.replace(word, f"{word}2", 1)) for word in ("y", "l") for name in case.outputs(word)]
    twice = all(close(case.mine.get(f"main.{a}"), case.mine.get(f"main.{b}", 0)) for a, b in again)
    if case.error("main") or case.notes["main"]["moved"] or not twice:
        return
    if case.right and not all(map(case.agrees, names)):  # wrong from the start: the steps' own findings say how
        return
    stale = [name for name in names if not same(case, name, "main", "stale")]
    if case.error("stale") and not case.error("second"):
        yield Finding("contract", "a second forward", "stale-cache", f"makes it raise {case.error('stale')['message']}")
        return
    if stale:
        yield Finding("contract", plain(stale[0]), "stale-cache", "depends on an x of an earlier forward")
        return
    for take, alone, now, before in (("shrunk", "of 3", 3, 5), ("grown", "main", 5, 3)):
        if case.error(take) and not case.error(alone):
            symptom = f"raise {case.error(take)['type']} after {before}: {case.error(take)['message']}"
            yield Finding("contract", f"{now} examples", "batch-size-frozen", symptom)
            return
        frozen = [name for name in names if not same(case, name, alone, take)]
        if frozen:
            words = f"for {now} examples depends on the {before} before"
            yield Finding("contract", plain(frozen[0]), "batch-size-frozen", words)
            return


def same(case, name, first, second):
    a, b = case.mine.get(f"{first}.{name}"), case.mine.get(f"{second}.{name}")
    return a is None or b is None or close(a, b, 1e-9)


def accumulating(case):
    """The same steps once more, and update once more, must give the same."""
    if case.notes["main"]["moved"]:
        return
    again = {"y": ("y2",), "l": ("l2",), "dx": ("dx2",), "dp": ("dp2",)}
    for name in [name for word in ("y", "l", "dx", "dp", "d") for name in case.outputs(word)]:
        head, dot, rest = name.partition(".")
        first = case.mine.get(f"main.{name}")
        for word in again.get(head, ("again", "anew")):
            second = case.mine.get(f"main.{word}{dot}{rest}")
            if first is None or second is None or close(second, first, 1e-9):
                continue
            doubled = close(second, 2 * first)
            if not doubled and (head in ("y", "l") or case.outputs("state")):
                return  # it depends on what forward leaves in the state, or draws: nothing can be compared
            symptom = "is twice as large the second time" if doubled else "is another the second time"
            yield Finding("contract", plain(name), "accumulates", symptom)
            return


def plain(name):
    """How an output is called: d.W is dW, dx.0 is dx[0], state.running_mean as it is."""
    head, _, rest = name.partition(".")
    if not rest:
        return {"l": "the loss"}.get(head, head)
    return f"{head}[{rest}]" if rest.isdigit() else f"d{rest}" if head == "d" else rest
