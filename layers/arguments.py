"""Checks of constructor arguments, with one wording."""

from math import isfinite
from numbers import Integral, Real


def positive_int(name, value):
    """The value as an int; ValueError unless it is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} expected a whole number above 0, got {value!r}")
    return int(value)


def probability(name, value):
    """The value as a float; ValueError unless it is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise ValueError(f"{name} expected a number from 0 to 1, got {value!r}")
    return float(value)


def flag(name, value):
    """The value; ValueError unless it is true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} expected true or false, got {value!r}")
    return value


def finite(name, value):
    """The value as a float; ValueError unless it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"{name} expected a number, got {value!r}")
    return float(value)


def positive(name, value):
    """The value as a float; ValueError unless it is a finite number above 0."""
    if finite(name, value) <= 0:
        raise ValueError(f"{name} expected a number above 0, got {value!r}")
    return float(value)


def not_zero(name, value):
    """The value as a float; ValueError unless it is a finite number other than 0."""
    if finite(name, value) == 0:
        raise ValueError(f"{name} expected a number other than 0, got {value!r}")
    return float(value)
