"""The keys of a config that name no component, and what each may be."""

from optim.settings import above_zero, at_least_zero, one_of, whole_number

from ..callbacks import EarlyStop
from ..metrics import METRICS, default_metrics
from .aliases import did_you_mean
from .wording import listed

KEYS = {  # the keys of a config and their defaults; ...: required
    "seed": 0,
    "data": ...,
    "model": ...,
    "loss": ...,
    "optimizer": ...,
    "schedule": None,
    "metrics": None,
    "train": ...,
}
TRAIN_KEYS = {
    "epochs": ...,
    "batch_size": 32,
    "accumulate": 1,
    "l1": 0.0,
    "l2": 0.0,
    "decay": "all",
    "clip_norm": None,
    "clip_value": None,
    "early_stop": None,
    "checkpoint_steps": None,
    "checkpoint_minutes": None,
}
CHECKS = {  # of values: a function, and what it is told besides; None passes where it is the default
    "seed": (whole_number, 0),
    **{f"train.{key}": (whole_number, 1) for key in ("epochs", "batch_size", "accumulate", "checkpoint_steps")},
    **{f"train.{key}": (at_least_zero,) for key in ("l1", "l2")},
    **{f"train.{key}": (above_zero,) for key in ("clip_norm", "clip_value", "checkpoint_minutes")},
    "train.decay": (one_of, ("all", "weights")),
}


def filled(make, values, known, path=()):
    """A mapping with every known key, each checked, defaults filled in; what is missing or wrong is reported."""
    where = "".join(f"{key}." for key in path)
    if values is ...:
        return dict(known)
    if not isinstance(values, dict):
        make.refuse(path, where[:-1], "keys with values", values)
        return dict(known)
    guesses = ""
    for key in values:
        if key not in known:
            guess = did_you_mean(key, known)
            if not path and key in TRAIN_KEYS:  # not indented, or given without its path
                guess = f". Did you mean 'train.{key}'?"
            guesses += guess
            make.report((*path, key), f"unknown key '{where}{key!s:.80}'{guess} Keys: {', '.join(known)}.")
    needed = [key for key, default in known.items() if default is ... and key not in values]
    missing = [f"{where}{key}" for key in needed if f"'{key}" not in guesses]  # else it is there, misspelt or misplaced
    if missing:
        make.report(path, f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing.")
    values = {key: values.get(key, default) for key, default in known.items()}
    for key, value in values.items():
        check, *more = CHECKS.get(where + key, (None,))
        if check and value is not ... and not (value is None is known[key]):
            make.check(check, (*path, key), value, *more)
    return values


def metric_names(make, value):
    names = [value] if isinstance(value, str) else value
    if names is not None and not isinstance(names, list):
        make.refuse(("metrics",), "metrics", f"a list of {', '.join(METRICS)}", value)
    for i, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or name not in METRICS:
            guess = did_you_mean(name, METRICS)
            make.report(("metrics", i), f"no metric {name!r:.80}{guess} Metrics: {', '.join(METRICS)}.", of_value=True)
    return names


def make_early_stop(make, options, metrics, loss):
    """The EarlyStop of a run or None; its metric is one that the run has."""
    path = ("train", "early_stop")
    if options is None:
        return None
    if not isinstance(options, dict):
        return make.refuse(
            path, "train.early_stop", "keys with values, as in {metric: valid_loss, patience: 5}", options
        )
    options = make.fitting(EarlyStop, "early_stop", options, path)
    if options is None:
        return None
    if loss and isinstance(metrics or [], list) and "metric" in options:
        known = ["train_loss", "valid_loss", *(f"valid_{name}" for name in metrics or default_metrics(loss))]
        if options["metric"] not in known:
            make.refuse((*path, "metric"), "metric", f"one of {', '.join(known)}", options["metric"])
    return make.attempt(EarlyStop, options, path)
