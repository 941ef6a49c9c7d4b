"""The catalogue in tests/checks/diagnosis: classes as students write them, with each of the 53 bugs, and right ones."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "checks" / "diagnosis" / "catalogue"


class Row(NamedTuple):
    """A class with one bug, or with none."""

    number: int  # the bug's in the catalogue, 0 for none
    slugs: tuple  # the names that are right, as a rule one
    make: object  # a function that returns a new instance
    words: str  # which variant it is


CATALOGUE, CORRECT = [], []


def bug(number, slugs, words, *arguments, **options):
    """Enters a class with this bug into the table; an instance is made with the arguments."""

    def enter(cls):
        names = (slugs,) if isinstance(slugs, str) else slugs
        CATALOGUE.append(Row(number, names, lambda: cls(*arguments, **options), f"{cls.__name__}: {words}"))
        return cls

    return enter


def right(words, *arguments, **options):
    """Enters a class without a bug."""

    def enter(cls):
        CORRECT.append(Row(0, (), lambda: cls(*arguments, **options), f"{cls.__name__}: {words}"))
        return cls

    return enter


def load():
    """(CATALOGUE, CORRECT), filled from the folder when first asked for."""
    if not CATALOGUE:
        for path in sorted(FOLDER.glob("*.py")):
            spec = spec_from_file_location(f"catalogue_{path.stem}", path)
            spec.loader.exec_module(module_from_spec(spec))
        CATALOGUE.sort(key=lambda row: row.number)
    return CATALOGUE, CORRECT
