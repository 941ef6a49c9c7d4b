"""The 53 bugs as students write them: each is found and named; right code, however it is written, is left alone."""

import pytest

from benchmarks.diagnosis.tables import load
from benchmarks.diagnosis.traces import differences, of_library

CATALOGUE, CORRECT = load()

each_bug = pytest.mark.parametrize("row", CATALOGUE, ids=[f"{row.number}-{row.words}" for row in CATALOGUE])
each_right = pytest.mark.parametrize("row", CORRECT, ids=[row.words for row in CORRECT])


def like(row):
    """What is right in the place of a row's subject: the library's class, or else the right one of the name here."""
    subject = row.make()
    named = (right.make() for right in CORRECT if right.words.startswith(f"{type(subject).__name__}:"))
    return of_library(subject) or next(named)


def test_every_bug_has_a_row_under_its_own_name():
    from threestep.checks.diagnosis.bugs import BUGS

    assert {row.number for row in CATALOGUE} == set(range(1, 54))
    for row in CATALOGUE:
        assert row.slugs[0] == list(BUGS)[row.number - 1]


@pytest.mark.slow
@each_bug
def test_a_bug_is_one(row):
    """This table can be trusted: the class does something else than the library's."""
    assert differences(row.make(), like(row))


@pytest.mark.slow
@each_right
def test_a_right_variant_is_one(row):
    assert not differences(row.make(), like(row))


@each_bug
def test_a_bug_is_named(row):
    from threestep.checks import diagnose

    diagnosis = diagnose(row.make())
    assert not diagnosis, f"not seen\n{diagnosis}"
    assert diagnosis.bug in row.slugs, f"\n{diagnosis}"
    for finding in diagnosis.findings:
        assert finding.locate and finding.symptom and finding.cause, f"\n{diagnosis}"


@each_right
def test_a_right_variant_is_left_alone(row):
    from threestep.checks import diagnose

    diagnosis = diagnose(row.make())
    assert diagnosis and diagnosis.bug is None and not diagnosis.findings, f"\n{diagnosis}"
