"""A reduced version of the study of diagnosis; README has the whole one."""

import pytest

from benchmarks.diagnosis.mutants import from_table
from benchmarks.diagnosis.pool import drawn, pool
from benchmarks.diagnosis.traces import differences

POOL = pool()


def test_the_pool_is_large_and_has_every_bug():
    from threestep.checks.diagnosis.bugs import BUGS

    assert len(POOL) >= 250
    assert {slug for mutant in POOL for slug in mutant.slugs} == set(BUGS)


def test_the_same_seed_draws_the_same_mutants():
    assert list(map(str, drawn(40, seed=1))) == list(map(str, drawn(40, seed=1)))
    assert list(map(str, drawn(40, seed=1))) != list(map(str, drawn(40, seed=2)))


@pytest.mark.slow
def test_no_mutant_is_equivalent():
    """Each does something else than the library's class: what it returns, writes into, shares or moves."""
    some = drawn(100, seed=4)
    assert not [str(mutant) for mutant in some if not differences(mutant.make(), mutant.like(), mutant.shape)]


def test_what_is_not_changed_does_not_differ():
    for mutant in {mutant.call: mutant for mutant in POOL}.values():
        assert not differences(mutant.like(), mutant.like(), mutant.shape), mutant


def test_a_change_whose_line_is_gone_is_told():
    rows = {("dense",): [("Dense(3)", "sign-flipped", "no such line", "another")]}
    with pytest.raises(ValueError, match="expected 'no such line' once, got it 0 times"):
        next(from_table("layers", rows))


@pytest.mark.slow
def test_mutants_are_named_and_right_code_is_left_alone():
    from benchmarks.diagnosis.__main__ import flagged, study, table

    text, (mutants, detected, named) = table(study(drawn(40, seed=3)))
    assert detected == mutants == 40 and named >= 38, f"\n{text}"
    count, wrong = flagged(seeds=[7])
    assert count > 100 and not wrong
