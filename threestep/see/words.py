"""What a picture says: numbers and names as short text, how wide it may get, and how SVG writes it."""

from html import escape
from math import ceil
from unicodedata import east_asian_width

import numpy as np


def count(number, unit):
    """A number of things: "1 parameter", "1,234 parameters"."""
    return f"{number:,} {unit}{'s' * (number != 1)}"


def count_flops(number):
    """Operations: "9,999 FLOPs", "31.4 k FLOPs", "2.1 M FLOPs"."""
    if number < 10_000:
        return count(number, "FLOP")
    for prefix in "kMGTPE":
        number /= 1000
        if number < 999.95 or prefix == "E":
            return f"{number:,.1f} {prefix} FLOPs"


def entries(array):
    """Up to three numbers as they are, in brackets if they are several; of more, their root mean square."""
    numbers = np.asarray(array, np.float64).ravel() + 0.0  # -0 reads as 0
    if numbers.size > 3:
        largest = np.abs(numbers).max()
        if 0 < largest < np.inf:  # nothing overflows
            largest *= np.linalg.norm(numbers / largest) / numbers.size**0.5
        return f"rms {largest:.3g}"
    text = ", ".join(f"{number:.4g}" for number in numbers)
    return text if numbers.size == 1 else f"[{text}]"


def addition(parts):
    """A sum written out, "0.3 + 0.45 = 0.75", or its result alone where that would be long."""
    total = entries(sum(parts))
    first, *rest = map(entries, parts)
    text = " + ".join([first, *(f"({term})" if term.startswith("-") else term for term in rest)]) + f" = {total}"
    return text if len(text) <= 40 and "rms" not in total else f"\u03a3 = {total}"


def width_of(text, size, bold=False):
    """At most this many whole pixels, in any usual sans-serif font: there are no metrics to ask."""
    ems = sum(1.05 if east_asian_width(c) in "WF" else 0.92 if c.isupper() or c in "mw@%" else 0.65 for c in text)
    return ceil(ems * size * (1.1 if bold else 1))


def written(text):
    """Text as XML holds it; characters that it cannot hold are replaced."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))
