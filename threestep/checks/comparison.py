"""An array's analytic gradient beside finite differences: entry by entry, or along directions that are halved."""

from dataclasses import dataclass

import numpy as np

from .differences import Slope, slope

TOLERANCE = 1e-7  # of the array's largest gradient, beside the numerical gradient's own error, taken so many times:
ERRORS = 20  # more than 15, as the error is a 15th of the disagreement, and all of it where f's second derivative jumps
FEW = 200  # entries that are looked at one by one; the entries of a larger array move together, along DIRECTIONS
DIRECTIONS = 10
HALVINGS = 40  # of a direction, at most, for the entries that it disagrees about or that lie at kinks


@dataclass
class Finding:
    """What was found of one array: `seen` in words; at_kinks, where not every entry could be compared without one."""

    ok: bool
    seen: str
    at_kinks: bool = False


@dataclass
class Test:
    """The entries from start to stop, moved together: the slope that backward claims, and the one that was found.

    Between the slopes on its two sides a claim must lie where it is one kink's. Where several meet, in a model or as
    several entries are moved, each may be taken as it likes, and so the claim may be anything.
    """

    start: int
    stop: int
    claim: float
    slope: Slope
    allowed: float
    in_model: bool

    @property
    def excess(self):
        """By how much the claim is further off than is allowed; below 0 where it is right."""
        if self.slope.kind == "none":
            return np.inf
        return -self.allowed if self.free else self.slope.off(self.claim) - self.allowed

    @property
    def single(self):
        return self.stop - self.start == 1

    @property
    def wrong(self):
        return self.excess > 0

    @property
    def at_kink(self):
        return self.slope.kind == "kink"

    @property
    def free(self):
        return self.at_kink and (self.in_model or not self.single)

    def told(self, shape):
        """In words, where these are entries of an array of this shape."""
        first, last = (place(np.unravel_index(i, shape)) for i in (self.start, self.stop - 1))
        where = f" at {first}" if self.single else f" from {first} to {last}" if self.wrong else ""
        if self.slope.kind == "none":
            return f"no numerical gradient{where}: a step or noise there, as of float32; change x"
        low, high = self.slope.low, self.slope.high
        numerically = f"{low:.9g} to {high:.9g} at a kink" if self.at_kink else f"{low:.9g}"
        off = "anything goes" if self.free else f"off by {self.slope.off(self.claim):.1e}, allowed {self.allowed:.1e}"
        return f"worst{where}: {self.claim:.9g}, numerically {numerically}, {off}"


def compare(array, a, change, size, rng, in_model=False):
    """The Finding of an array, which is moved in place, and of its analytic gradient a; change and size as in slope."""
    if a is None or a.shape != array.shape:
        return Finding(False, f"expected shape {array.shape}, got {'nothing' if a is None else a.shape}")
    if a.size == 0:
        return Finding(True, "no entries")
    count = f"{a.size:,} {'entry' if a.size == 1 else 'entries'}"
    if not (finite := np.isfinite(a)).all():
        index = np.unravel_index(np.argmin(finite), a.shape)
        return Finding(False, f"{count}, worst at {place(index)}: {a[index]}")
    flat, claims = array.reshape(-1), a.ravel()
    largest = np.abs(claims).max()

    def test(start, stop, signs):
        part = claims[start:stop]
        found = slope(change, flat[start:stop], signs[start:stop], size, largest)
        reach = max(largest, np.linalg.norm(part), abs(found.low), abs(found.high))
        allowed = TOLERANCE * reach + ERRORS * found.error
        return Test(start, stop, float(part @ signs[start:stop]), found, allowed, in_model)

    if a.size <= FEW:
        ones = np.ones(a.size)
        tests = [test(i, i + 1, ones) for i in range(a.size)]
        worst, kinks, all_seen = max(tests, key=lambda one: one.excess), sum(one.at_kink for one in tests), True
    else:
        count += f" along {DIRECTIONS} directions"
        worst, kinks, all_seen = along_directions(test, a.size, rng)
    at_kinks = kinks > 0 or not all_seen
    if at_kinks:
        count += f", {kinks}{'' if all_seen else ' or more'} at kinks"
    return Finding(not worst.wrong, f"{count}, {worst.told(a.shape)}", at_kinks)


def along_directions(test, n, rng):
    """(the worst Test, the number of entries found at kinks, whether there are no others) of an array of n entries.

    Along a vector of random signs every entry counts in full, so that one that is wrong shows in every direction; two
    that are wrong by the same hide each other in half of the directions. A direction that crosses a kink by chance is
    left out, unless they all do.
    """
    directions = [rng.choice((-1.0, 1.0), n) for _ in range(DIRECTIONS)]
    tests = [test(0, n, signs) for signs in directions]
    smooth = [one for one in tests if one.slope.kind == "smooth"]
    worst = max(smooth or tests, key=lambda one: one.excess)
    if smooth and not worst.wrong:
        return worst, 0, True
    signs = next(signs for signs, one in zip(directions, tests, strict=True) if one is worst)
    waiting, seen = [worst], [worst]
    for _ in range(HALVINGS):
        if not waiting or any(one.wrong and one.single for one in seen):
            break
        whole = waiting.pop()
        middle = (whole.start + whole.stop) // 2
        halves = [test(whole.start, middle, signs), test(middle, whole.stop, signs)]
        halves.sort(key=lambda one: one.excess)  # the worse is looked into first
        seen += halves
        waiting += [half for half in halves if not half.single and (half.wrong or half.at_kink)]
    told = [one for one in seen if one.wrong] or seen
    worst = min(told, key=lambda one: (one.stop - one.start if one.wrong else 0, -one.excess))
    return worst, sum(one.single and one.at_kink for one in seen), not any(one.at_kink for one in waiting)


def place(index):
    return f"[{', '.join(map(str, index))}]"
