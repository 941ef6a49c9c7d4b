"""A run: a config, trained, with everything it leaves behind in one folder."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from . import report
from .config import load_config
from .errors import ConfigError, Diverged
from .folder import MetricsFile, make_folder
from .loop import evaluate, fit
from .metrics import default_metrics
from .prepare import prepare
from .signals import signals
from .storage import load, save, write_whole


def train(path, overrides=(), out=None, quiet=False, bar=None):
    """Trains what a config file says; returns (the run's folder, the number of the signal that ended it or None).

    Nothing is written before data and model are known to fit. The folder then holds config.yaml (the file's bytes),
    resolved.yaml (with overrides and defaults), metrics.csv (a row an epoch), last.npz (the weights) and summary.json.

    Args:
        overrides: "key=value" texts. out: the run's folder; unless given, runs/NAME/DATE-TIME. quiet: prints only the
        folder and the result. bar: whether a progress bar is drawn on stderr; unless given, where that is a terminal.

    Raises ConfigError, DataError; Diverged, after finite weights have been saved.
    """
    config = load_config(path, overrides)
    try:
        parts = prepare(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    with signals() as caught:
        folder = make_folder(path, out)
        write_whole(folder / "config.yaml", lambda file: file.write(config.source))
        write_whole(folder / "resolved.yaml", lambda file: file.write(config.to_yaml().encode()))
        callbacks = [MetricsFile(folder / "metrics.csv"), caught]
        if not quiet:
            report.say(report.opening(path, config, parts, folder))
            callbacks.append(report.EpochTable())
        if (sys.stderr is not None and sys.stderr.isatty()) if bar is None else bar:
            callbacks.append(report.Bar())
        summary, failure = train_and_save(config, parts, folder, callbacks, caught)
    if failure:
        raise failure
    report.say(report.closing(summary, config, parts, folder))
    return folder, caught.number if summary["status"] == "interrupted" else None


def train_and_save(config, parts, folder, callbacks, caught):
    """(the summary, the Diverged or None) of a run whose weights and summary are in the folder now."""
    metrics = config.metrics or default_metrics(config.loss)
    started, failure = time.monotonic(), None
    try:
        fit(
            config.model,
            config.loss,
            config.optimizer,
            *parts["train"],
            epochs=config.epochs,
            batch_size=config.batch_size,
            valid=parts["valid"],
            metrics=metrics,
            rng=np.random.default_rng(config.seed),
            callbacks=callbacks,
            **config.fit_options,
        )
    except Diverged as error:
        kept = "The weights are lost too"
        if np.isfinite(config.model.theta).all():
            kept = f"Weights before this step are in {folder / 'last.npz'}"
        failure = Diverged(f"{error}. {kept}. Try a smaller optimizer.lr")
    status = "diverged" if failure else "interrupted" if caught.number else "finished"
    if np.isfinite(config.model.theta).all():
        save(folder / "last.npz", config.model)
    summary = {"status": status, "seconds": round(time.monotonic() - started, 3)}
    if status == "finished":
        part = "test" if len(parts["test"][0]) else "train"
        summary[part] = evaluate(config.model, config.loss, *parts[part], metrics=metrics)
    write_whole(folder / "summary.json", lambda file: file.write(json.dumps(summary, indent=2).encode() + b"\n"))
    return summary, failure


def load_run(folder):
    """(the trained model, in evaluation mode, and its Config) of a run's folder."""
    config = load_config(Path(folder) / "resolved.yaml")
    return load(Path(folder) / "last.npz", config.model).eval(), config
