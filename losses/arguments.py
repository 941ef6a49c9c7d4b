"""Checks of constructor arguments, with one wording."""

from numbers import Integral, Real

import numpy as np


def flag(name, value):
    """The value; ValueError unless it is true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} expected true or false, got {value!r}")
    return value


def whole_number(name, value):
    """The value as an int; ValueError unless it is a whole number."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} expected a whole number, got {value!r}")
    return int(value)


def probability(name, value):
    """The value as a float; ValueError unless it is a number from 0 to 1."""
    if not is_number(value) or value > 1:
        raise ValueError(f"{name} expected a number from 0 to 1, got {value!r}")
    return float(value)


def at_least_zero(name, value):
    """The value as a float; ValueError unless it is a finite number of 0 or more."""
    if not is_number(value):
        raise ValueError(f"{name} expected a number of 0 or more, got {value!r}")
    return float(value)


def above_zero(name, value):
    """The value as a float; ValueError unless it is a finite number above 0."""
    if not is_number(value) or value == 0:
        raise ValueError(f"{name} expected a number above 0, got {value!r}")
    return float(value)


def numbers(name, values):
    """The values as a vector of their own; ValueError unless they are a list of finite numbers of 0 or more."""
    values = values.tolist() if isinstance(values, np.ndarray) else values
    if not isinstance(values, (list, tuple)) or not values or not all(map(is_number, values)):
        raise ValueError(f"{name} expected a list of numbers of 0 or more, got {values!r}")
    return np.array(values, np.float64)


def is_number(value):
    """Whether the value is a finite number of 0 or more."""
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < np.inf
