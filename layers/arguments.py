"""Checks of constructor arguments, with one wording."""

from math import isfinite
from numbers import Integral, Real


def positive_int(name, value):
    """The value as an int; ValueError unless it is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} expected a whole number above 0, got {value!r}")
    return int(value)


def whole_numbers(name, value, least=1, count=None):
    """The value as a tuple of ints, each `least` or more; where it is to have `count` of them, one stands for all."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * (count or 1)
    whole = [isinstance(n, Integral) and not isinstance(n, bool) and n >= least for n in values]
    if not values or not all(whole) or count not in (None, len(values)):
        several = "" if count == 1 else f", or {count or 'several'} of them"
        raise ValueError(f"{name} expected a whole number of {least} or more{several}, got {value!r}")
    return tuple(map(int, values))


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


def zero_or_more(name, value):
    """The value as a float; ValueError unless it is a finite number of 0 or more."""
    if finite(name, value) < 0:
        raise ValueError(f"{name} expected a number of 0 or more, got {value!r}")
    return float(value)


def not_zero(name, value):
    """The value as a float; ValueError unless it is a finite number other than 0."""
    if finite(name, value) == 0:
        raise ValueError(f"{name} expected a number other than 0, got {value!r}")
    return float(value)
