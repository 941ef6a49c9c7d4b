"""How well wrong layers, losses and optimizers are named: python -m benchmarks.diagnosis [mutants] [seed]

Mutants of the library, drawn from a pool, are examined one by one. Each is to be seen to be wrong, and named as an
expert would name it; the library's own classes, and right code as students write it, are to be left alone.
"""

import sys

import numpy as np

from threestep.checks import diagnose

from .mutants import LIBRARY
from .pool import drawn, pool
from .tables import load

SEEDS = range(3)  # with which what is right is examined
MORE = [
    "Identity()",
    "InstanceNorm(affine=True)",
    "Permute([1])",
    "Rprop(0.01)",
    "Adadelta(0.5)",
    "ELU(0.5)",
    "Hinge()",
]
MORE += ["BatchNorm(affine=False)", "Conv2d(2, 3, stride=2, padding=1)", "MaxPool2d(3, 2, padding=1)"]
MORE += ["Dense(3, bias=False)"]


def found(subject, seed, shape=None, like=None):
    """(whether something wrong was seen, its name, or what was raised), for examples of the shape where it is given."""
    rng = np.random.default_rng(seed)
    try:
        diagnosis = diagnose(subject, x=None if shape is None else examples(shape, rng), like=like, rng=rng)
    except Exception as error:  # whatever the subject is, diagnose must not raise
        return None, f"raised {type(error).__name__}: {error}"
    return not diagnosis, diagnosis.bug


def examples(shape, rng):
    """x for a layer that takes examples of this shape; a tuple of arrays for several."""
    if isinstance(shape[0], tuple):
        return tuple(examples(part, rng) for part in shape)
    return rng.normal(size=(5, *shape))


def study(mutants):
    """{slug: [mutants, detected, rightly named, what was found otherwise]}."""
    rows = {}
    for seed, mutant in enumerate(mutants):
        wrong, name = found(mutant.make(), seed, mutant.shape, mutant.like() if mutant.container else None)
        named = bool(wrong) and name in mutant.slugs
        row = rows.setdefault(mutant.slugs[0], [0, 0, 0, []])
        row[0] += 1
        row[1] += bool(wrong)
        row[2] += named
        if not named:
            row[3].append(f"{name or ('no name' if wrong else 'not seen')}, in {mutant}")
    return rows


def flagged(seeds=SEEDS):
    """(how many examinations of what is right, what of it was not left alone)."""
    mutants = {mutant.call: mutant for mutant in pool()}.values()
    flags = []
    for seed in seeds:
        flags += [(m.call, *found(m.like(), seed, m.shape, m.like() if m.container else None)) for m in mutants]
        flags += [(call, *found(eval(call, dict(LIBRARY)), seed)) for call in MORE]
        flags += [(row.words, *found(row.make(), seed)) for row in load()[1]]
    return len(flags), [f"{words}: {name}" for words, wrong, name in flags if wrong is not False]


def table(rows):
    """The rows as text, a line for each bug and below it what was found otherwise; and the totals."""
    lines = [f"{'bug':<32}{'mutants':>8}{'detected':>9}{'named':>7}"]
    for slug in sorted(rows):
        count, detected, named, others = rows[slug]
        lines.append(f"{slug:<32}{count:8}{detected:9}{named:7}")
        lines += [f"    {other}" for other in others]
    totals = [sum(row[place] for row in rows.values()) for place in range(3)]
    lines.append(f"{'all':<32}{totals[0]:8}{totals[1]:9}{totals[2]:7}")
    return "\n".join(lines), totals


def main(count=200, seed=0):
    text, (mutants, detected, named) = table(study(drawn(count, seed)))
    print(text)
    print(f"detected {detected / mutants:.1%}, rightly named {named / mutants:.1%}")
    right, wrong = flagged()
    print(f"of {right} examinations of what is right, {len(wrong)} found something wrong", *wrong, sep="\n    ")
    return detected >= 0.99 * mutants and named >= 0.95 * mutants and not wrong


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
