"""Signatures: what the difference between a wrong gradient and the right one says about its cause.

Each function looks at a, what was returned, and n, the truth, and returns (bug, symptom) or None.
"""

from itertools import permutations, product

import numpy as np

EXACT = 1e-7  # how closely an array has to be what a signature says, relative to its largest entry


def close(a, b, tolerance=EXACT):
    """Whether two arrays have one shape and differ by no more than the tolerance, relative to the largest entry."""
    if np.shape(a) != np.shape(b):
        return False
    a, b = np.asarray(a, float), np.asarray(b, float)
    odd = ~np.isfinite(a) | ~np.isfinite(b)
    if odd.any():
        return bool(np.array_equal(a[odd], b[odd], equal_nan=True)) and close(a[~odd], b[~odd], tolerance)
    return a.size == 0 or float(np.abs(a - b).max()) <= tolerance * max(np.abs(b).max(), 1e-12)


def by_shape(a, n, sizes):
    """What another shape than the truth's says."""
    rows = sizes["examples"]
    if a.ndim == n.ndim and n.ndim == 2 and close(a.T, n):
        return "gradient-transposed", f"has shape {a.shape}, and its transpose is right"
    if a.ndim == n.ndim > 2 and any(close(a.transpose(order), n) for order in permutations(range(n.ndim))):
        return "gradient-transposed", f"has shape {a.shape}, and is right with its axes in another order"
    if a.size == n.size and close(a.ravel(), n.ravel()):
        return "column-for-vector", f"has the right values in shape {a.shape}, expected {n.shape}"
    if n.ndim == 1 and a.shape[-1:] == n.shape and a.ndim > 1 and close(a.sum(axis=tuple(range(a.ndim - 1))), n):
        return "bias-gradient-not-summed", f"has shape {a.shape}: summed over the examples it is right"
    if a.shape.count(rows) > n.shape.count(rows) and a.size >= rows * rows:
        return "broadcast-to-square", f"has shape {a.shape}, expected {n.shape}: {rows} is the number of examples"
    if n.ndim == a.ndim == 1 and a.size in (*sizes["of y"][:-1], np.prod(sizes["of y"][:-1])):
        return "bias-gradient-over-wrong-axis", f"has shape {a.shape}, expected {n.shape}: another axis is summed"
    return None


def ratio_of(a, n):
    """r where a = r n in every entry, else None."""
    a, n = np.asarray(a, float), np.asarray(n, float)
    if a.shape != n.shape or not n.any() or not np.isfinite(a).all():
        return None
    r = float(np.sum(a * n) / np.sum(n * n))
    return r if r and close(a, r * n) else None


def by_ratio(a, n, sizes, bias=False):
    """What a constant ratio of a to n says, in terms of the sizes in play: {"examples": 5, "features": 7, ...}."""
    r = ratio_of(a, n)
    if r is None or abs(r - 1) < EXACT:
        return None
    rows = sizes["examples"]
    others = {word: size for word, size in sizes.items() if word not in ("examples", "of y") and size > 1}
    size = abs(r)
    flipped = " with the sign turned" if r < 0 else ""
    if abs(size - 1) < EXACT:
        return "sign-flipped", "is right but for its sign in every entry"
    if np.isclose(size, [0.5, 2], rtol=1e-6).any():
        return "factor-of-two", f"is the expected value {'x 2' if size > 1 else '/ 2'} in every entry{flipped}"
    places = int(np.prod(sizes["of y"][:-1]))
    if bias and np.isclose(r * places, 1):
        count = f"{rows} is the batch size" if places == rows else f"{places} is the number of rows of y"
        return "bias-gradient-averaged", f"is the expected value / {places} in every entry: {count}"
    for two in (1, 2, 0.5):
        for power, (word, count), other in product((1, -1, 0), (*others.items(), ("", 1)), (0, 1, -1)):
            if not np.isclose(size, two * float(rows) ** power * float(count) ** other, rtol=1e-6):
                continue
            factor = describe(two, power, rows, other, count, word) + flipped
            if power == 0 and (not word or other == 0):
                return "factor-of-two", factor
            if power == 1 and other >= 0:
                return "mean-left-out", factor
            if word and other:
                return "mean-over-wrong-count", factor
            return "bias-gradient-averaged" if bias else "divided-by-n-twice", factor
    return None, f"is {r:.6g} times the expected value in every entry"


def describe(two, power, rows, other, count, word):
    above = [text for on, text in ((two == 2, "2"), (power > 0, f"{rows}"), (other > 0, f"{count}")) if on]
    below = [text for on, text in ((two == 0.5, "2"), (power < 0, f"{rows}"), (other < 0, f"{count}")) if on]
    text = "is the expected value" + "".join(f" x {part}" for part in above) + "".join(f" / {part}" for part in below)
    words = [f"{rows} is the batch size"] * bool(power) + [f"{count} is the number of {word}"] * bool(other and word)
    return text + " in every entry" + (": " + ", ".join(words) if words else "")


def by_parameter(a, n, parameter):
    """A difference in proportion to the parameter itself: a regularizer."""
    rest = a - n
    r = ratio_of(rest, parameter)
    return ("regularizer", f"differs from the expected value by {r:.4g} times the parameter") if r else None


def by_transpose(a, n):
    """A square gradient with its axes swapped."""
    if a.shape == n.shape and a.ndim == 2 and a.shape[0] == a.shape[1] and close(a.T, n):
        return "gradient-transposed", "is right once it is transposed"
    return None


def by_place(a, n, where):
    """Which entries are wrong: where is [(bug, mask, words)], and all that is wrong must lie in the mask."""
    scale = max(np.abs(n).max(), 1e-12)
    wrong = ~(np.abs(a - n) <= EXACT * scale)
    for bug, mask, words in where:
        if mask.shape == wrong.shape and mask.any() and not mask.all() and not (wrong & ~mask).any():
            return bug, f"is wrong only {words} ({wrong.sum()} of {mask.sum()} such entries)"
    return None


def by_shift(a, n):
    """Right entries one place further along the axes between the first and the last."""
    if a.shape != n.shape or a.ndim < 3:
        return None
    for shift in product((0, 1, -1), repeat=a.ndim - 2):
        here = (
            slice(None),
            *(slice(max(s, 0), size + min(s, 0)) for s, size in zip(shift, a.shape[1:-1], strict=True)),
        )
        there = (
            slice(None),
            *(slice(max(-s, 0), size + min(-s, 0)) for s, size in zip(shift, a.shape[1:-1], strict=True)),
        )
        if any(shift) and a[here].size and close(a[here], n[there]):
            return "padding-off-by-one", f"is right but for a shift by {', '.join(map(str, shift))} along the image"
    return None


def in_words(a, n):
    """The difference where no signature fits: how many entries, and the worst."""
    if a.shape != n.shape:
        return f"has shape {a.shape}, expected {n.shape}"
    if not np.isfinite(a).all():
        if a.size == 1:
            return f"is {a.item()}"
        count = int((~np.isfinite(a)).sum())
        return f"is not finite in {count} of {a.size} entries"
    if not a.any() and n.any():
        return "is zero in every entry"
    wrong = np.abs(a - n) > EXACT * max(np.abs(n).max(), 1e-12)
    worst = np.unravel_index(np.argmax(np.abs(a - n)), a.shape)
    at = f"[{', '.join(map(str, worst))}]" if a.ndim else ""
    some = "every entry" if wrong.all() else f"{wrong.sum()} of {a.size} entries"
    return f"is wrong in {some}; worst{' at ' * bool(at)}{at}: {a[worst] + 0:.6g}, expected {n[worst] + 0:.6g}"
