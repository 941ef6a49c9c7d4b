"""Evidence: what a script brought to light about a subject, beside what it brings about the right one."""

import numpy as np

from .scripts import STEP
from .signatures import close

EPS = np.finfo(np.float64).eps


class Evidence:
    """The answers and notes of a subject for a script, and those of the right one.

    right: None where there is none to compare with; else a function that plays takes on the right one, for its answers.
    settings: its constructor's arguments by name. name: by which the bank knows it; called: what messages call it.
    """

    def __init__(self, name, takes, arrays, answers, notes, right=None, settings=None, called=None):
        self.called = called or name
        self.name, self.takes, self.arrays = name, {take["name"]: take for take in takes}, arrays
        self.mine, self.notes, self.right = answers, notes, right
        self.settings = settings or {}
        self.true = right(takes, arrays) if right else self.own_gradients()
        self.tolerance = 1e-8 if right else 1e-6

    def error(self, take):
        return self.notes[take]["error"]

    def outputs(self, prefix, take="main"):
        """The names of a take's results that are this one, or its parts: dx, or dx.0 and dx.1; d.W and d.b."""
        names = [key[len(take) + 1 :] for key in self.true | self.mine if key.startswith(f"{take}.")]
        return [name for name in names if name == prefix or name.startswith(f"{prefix}.")]

    def pair(self, name, take="main"):
        """(a, n): what the subject returned, and the right one; None where either returned nothing."""
        return self.mine.get(f"{take}.{name}"), self.true.get(f"{take}.{name}")

    def agrees(self, name, take="main"):
        """Whether an output is right; True where the right one has none, as for a single row in BatchNorm."""
        a, n = self.pair(name, take)
        if n is None:
            return True
        return a is not None and close(a, n, self.tolerance)

    def replay(self, take, changes):
        """The right one's answers for a take with some of the arrays replaced; {} where it takes no such thing."""
        takes = [{"name": "replay", "calls": self.takes[take]["calls"]}]
        return {name[7:]: array for name, array in self.right(takes, self.arrays | changes).items()}

    def right_slope(self, name):
        """Whether dx, dp or a parameter's gradient is right, on two seeds; or that of the subject's own forward."""
        if self.right:
            return (self.agrees(name) and self.agrees(name, "second")) or bool(self.consistent(name))
        a, at = self.mine.get(f"main.{name}"), self.arrays.get(source(name))
        return a is not None and at is not None and a.shape == at.shape and self.consistent(name) is not False

    def own_gradients(self):
        """What stands in for the right one's answers where there is none: y as it is, and its finite differences."""
        found = {name: array for name, array in self.mine.items() if name.startswith(("main.y", "main.l"))}
        return found | {f"main.{name}": self.own_gradient(name) for name in map(slope_of, self.arrays) if name}

    def own_slope(self, name, g=None):
        """(slopes, errors, directions) of sum(g y) by finite differences of the subject's own forward; None without.

        Central differences at h and 2h are combined to the five-point stencil; that they disagree shows a kink.
        """
        moved = name[2:] if name.startswith("d.") else name[1:]
        points, directions = self.mine.get(f"sweep.{moved}"), self.arrays.get(f"directions.{moved}")
        g = self.arrays.get("a.g") if g is None else g
        if points is None or directions is None:
            return None
        if g is not None and points.shape[1:] != g.shape:
            return None
        totals = points if g is None else (points * g).reshape(len(points), -1).sum(1)
        size = np.abs(points if g is None else points * g).reshape(len(points), -1).sum(1).max()
        up, down, far, back = totals.reshape(4, -1)
        fine, coarse = (up - down) / (2 * STEP), (far - back) / (4 * STEP)
        return (4 * fine - coarse) / 3, np.abs(fine - coarse) + EPS * size / STEP, directions

    def own_gradient(self, name, g=None):
        """dx, dp or a parameter's gradient by finite differences of the subject's own forward, for its g or another.

        None where it is not known by entry.
        """
        found, at = self.own_slope(name, g), self.arrays.get(source(name))
        if found is None or at is None or len(found[2]) != at.size:
            return None
        slopes, _, directions = found
        return (slopes / directions[directions != 0]).reshape(at.shape)

    def consistent(self, name):
        """Whether a gradient is that of the subject's own forward, away from kinks; None where that is not known."""
        found, a = self.own_slope(name), self.mine.get(f"main.{name}")
        if found is None or a is None or a.shape != found[2].shape[1:]:
            return None
        slopes, errors, directions = found
        along = (directions * a).reshape(len(directions), -1).sum(1)
        scale = max(np.abs(slopes).max(), 1e-12)
        smooth = errors <= 1e-4 * scale
        if not np.isfinite(slopes).all() or not smooth.any():
            return None
        return bool((np.abs(along - slopes) <= 1e-6 * scale + 10 * errors)[smooth].all())

    def of_last(self, name):
        """A parameter's gradient as the last example alone makes it."""
        g = self.arrays.get("a.g")
        if g is None or len(g) < 2:
            return None
        last = np.where(np.arange(len(g)).reshape(-1, *[1] * (g.ndim - 1)) == len(g) - 1, g, 0.0)
        return self.replay("main", {"a.g": last}).get(name) if self.right else self.own_gradient(name, last)

    def values(self, seed):
        """What the bank's expressions see: the inputs of a seed, the right outputs, parameters and settings by name."""
        arrays, take = self.arrays, {"a": "main", "b": "second"}[seed]
        found = {
            word: arrays[f"{seed}.{key}"]
            for word, key in (("x", "x"), ("g", "g"), ("z", "p"), ("t", "t"))
            if f"{seed}.{key}" in arrays
        }
        found["N"] = len(found["x"] if "x" in found else found.get("z", ()))
        found |= {key: self.true[f"{take}.{key}"] for key in ("y", "dx") if f"{take}.{key}" in self.true}
        for prefix in (f"{seed}.params.", "state."):
            found |= {key[len(prefix) :]: array for key, array in arrays.items() if key.startswith(prefix)}
        return {**self.settings, **found}


def source(name):
    """The array that a gradient is taken with respect to: a.params.W for d.W, a.x for dx, a.x.0 for dx.0."""
    return f"a.params.{name[2:]}" if name.startswith("d.") else f"a.{name[1:]}"


def slope_of(key):
    """The gradient with respect to an array, the other way around; None where a script wants none."""
    if key.startswith("a.params."):
        return f"d.{key[9:]}"
    return f"d{key[2:]}" if key in ("a.x", "a.p") or key.startswith("a.x.") else None
