"""Checks of constructor arguments, with one wording."""

from math import isfinite
from numbers import Integral, Real


def positive_int(name, value):
    """The value as an int; ValueError unless it is a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} expected a whole number above 0, got {value!r}")
    return int(value)


def per_axis(name, value, axes, least=1):
    """The value as a tuple of whole numbers, one for each axis; a single number stands for all of them."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes or any(isinstance(v, bool) or not isinstance(v, Integral) or v < least for v in values):
        several = f", or {axes} of them" if axes > 1 else ""
        raise ValueError(f"{name} expected a whole number of {least} or more{several}, got {value!r}")
    return tuple(map(int, values))


def whole_numbers(name, value):
    """The value as a tuple of whole numbers, one or more; a single number stands for itself."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not values or any(isinstance(v, bool) or not isinstance(v, Integral) for v in values):
        raise ValueError(f"{name} expected a list of whole numbers, got {value!r}")
    return tuple(map(int, values))


def positive_ints(name, value):
    """The value, a number or several, as a tuple of ints; ValueError unless each is a whole number above 0."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not values:
        raise ValueError(f"{name} expected at least one number, got {value!r}")
    return tuple(positive_int(name, each) for each in values)


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
