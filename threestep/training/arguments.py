"""What fit is given, checked before anything moves."""

import numpy as np

from threestep.data.dataset import not_finite, take


def require_parts(model, criterion, optimizer, schedule, callbacks):
    """TypeError for a class in the place of an object, or an object without the methods that it is there for."""
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"callbacks expected a list, got {callbacks!r}: write [{type(callbacks).__name__}(...)]")
    parts = [
        ("model", model, ("forward", "backward", "update")),
        ("criterion", criterion, ("forward", "backward", "decide")),
        ("optimizer", optimizer, ("step", "lr")),
        *([] if schedule is None else [("schedule", schedule, ("start", "step", "observe"))]),
        *((f"callbacks[{i}]", callback, ("on_start", "on_gradient")) for i, callback in enumerate(callbacks)),
    ]
    for name, value, methods in parts:
        if isinstance(value, type):
            raise TypeError(f"{name} is the class {value.__name__}: write {value.__name__}(...)")
        if not all(hasattr(value, method) for method in methods):
            raise TypeError(f"{name} expected an object with {', '.join(methods)}, got {value!r}")


def as_inputs(model, x):
    """x, where a list of arrays for a model with several inputs counts as a tuple, as in forward."""
    return tuple(x) if getattr(model, "several_inputs", False) and isinstance(x, list) else x


def finite(name, values):
    """The values as an array, or as a tuple of arrays; ValueError for NaN or infinity, with its place."""
    if isinstance(values, tuple):
        return tuple(finite(f"{name}[{place}]", part) for place, part in enumerate(values))
    values = np.asarray(values)
    if wrong := not_finite(name, values):
        raise ValueError(wrong)
    return values


def validation_pair(model, valid):
    """(x, y) as arrays, or None where there are no examples."""
    if valid is None:
        return None
    if not isinstance(valid, (tuple, list)) or len(valid) != 2:
        raise TypeError(f"valid expected a pair (x, y), got {type(valid).__name__}")
    return (finite("valid x", as_inputs(model, valid[0])), finite("valid y", valid[1])) if len(valid[1]) else None


def weighted(x, y, weights):
    """(x, (y, weights)) of the examples whose weight is above 0."""
    if weights.shape != (len(y),) or not (weights >= 0).all() or not weights.any():
        got = f"shape {weights.shape}" if weights.shape != (len(y),) else f"from {weights.min():g} to {weights.max():g}"
        raise ValueError(f"weights expected {len(y)} numbers of 0 or more, not all 0, one for each example, got {got}")
    kept = weights > 0
    return take(x, kept), (y[kept], weights[kept])


def require_labels(name, criterion, y, shape):
    """ValueError for a label without an output in the model's shape, with its place, and where none counts."""
    if criterion.labels and y.dtype.kind in "iu" and y.ndim == len(shape) and not isinstance(shape[-1], tuple):
        counted = y != getattr(criterion, "ignore_index", None)
        if not counted.any():
            raise ValueError(f"{name} holds no label that counts: each is {criterion.ignore_index}, which is ignored")
        wrong = ((y < 0) | (y >= shape[-1])) & counted
        if wrong.any():
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            where = ", ".join(map(str, place))
            raise ValueError(f"{name}[{where}] is {y[place]}, expected a label from 0 to {shape[-1] - 1}")
