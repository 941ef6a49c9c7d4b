"""The pool that the study draws from."""

import numpy as np

from . import edits_images, edits_layers, edits_losses, edits_optim
from .mutants import from_table
from .wrappers import wrapped


def pool(seed=0):
    """Every mutant: the changed lines, and the wrapped layers that the seed draws."""
    return [
        *from_table("layers", edits_layers.EDITS),
        *from_table("layers", edits_images.EDITS),
        *from_table("losses", edits_losses.EDITS),
        *from_table("optim", edits_optim.EDITS),
        *wrapped(np.random.default_rng(seed)),
    ]


def drawn(count, seed=0):
    """As many mutants as asked for, in the order of the pool: one of each bug in turn, drawn, as long as there are."""
    rng, mutants, groups = np.random.default_rng(seed), pool(seed), {}
    for place in rng.permutation(len(mutants)).tolist():
        groups.setdefault(mutants[place].slugs[0], []).append(place)
    turns = [(turn, order, place) for order, group in enumerate(groups.values()) for turn, place in enumerate(group)]
    return [mutants[place] for place in sorted(place for _, _, place in sorted(turns)[:count])]
