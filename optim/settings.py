"""What constructors refuse, and how an object reads."""

from math import inf, nextafter

import numpy as np


def number(name, value, expected, low, below=inf):
    """The value as a float; ValueError unless it is a number from low to below `below`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not low <= value < below:
        raise ValueError(f"{name} expected {expected}, got {value!r}")
    return float(value)


def at_least_zero(name, value):
    return number(name, value, "a number of 0 or more", 0)


def below_one(name, value):
    return number(name, value, "a number from 0 to below 1", 0, 1)


def above_zero(name, value):
    return number(name, value, "a number above 0", nextafter(0, 1))


def up_to_one(name, value):
    return number(name, value, "a number from 0 to 1", 0, nextafter(1, 2))


def pair(name, values):
    """The values as a tuple; ValueError unless they are two."""
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise ValueError(f"{name} expected two numbers, got {values!r}")
    return tuple(values)


def whole_number(name, value, least):
    """The value as an int; ValueError unless it is a whole number of `least` or more."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} expected a whole number of {least} or more, got {value!r}")
    return int(value)


def true_or_false(name, value):
    if not isinstance(value, bool):
        raise ValueError(f"{name} expected true or false, got {value!r}")
    return value


def one_of(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} expected {' or '.join(map(repr, choices))}, got {value!r}")
    return value


def constructor_call(thing):
    """How the object was made: its class, and the arguments that are not the defaults, from its attributes."""
    from inspect import signature  # here, so that `import optim` stays short

    arguments = []
    for name, parameter in signature(type(thing)).parameters.items():
        value = getattr(thing, name)
        if parameter.default is parameter.empty:
            arguments.append(repr(value))
        elif value != parameter.default:
            arguments.append(f"{name}={value!r}")
    return f"{type(thing).__name__}({', '.join(arguments)})"
