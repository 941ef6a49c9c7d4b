"""A run: a config, trained, with everything it leaves behind in one folder."""

import json
import os
import signal
import sys
import time
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import numpy as np

from . import report
from .callbacks import Callback
from .config import load_config
from .errors import ConfigError, Diverged
from .loop import evaluate, fit
from .metrics import default_metrics
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


def prepare(config):
    """Builds the config's model for its data; returns the parts train, valid and test, as pairs that the loss takes.

    Raises ConfigError where model, data and loss do not go together, DataError where there is no data.
    """
    data = config.make_data()
    output_shape = build_model(config, data)
    parts = {"train": data.train, "valid": data.valid, "test": data.test}
    parts = {name: (x, match_target(config, data, y, output_shape)) for name, (x, y) in parts.items()}
    try_loss(config, *parts["train"])
    try_training(config, parts["train"][0])
    return parts


def build_model(config, data):
    """Builds the model for the data; returns one example's output shape. ConfigError where they do not fit."""
    if config.model.several_inputs:
        raise ConfigError("model: it takes several inputs, and a data set gives one: train it from a script, with fit")
    try:
        return config.model.build(data.train[0].shape[1:], np.random.default_rng(config.seed))
    except (ValueError, TypeError, RuntimeError, MemoryError) as error:
        raise ConfigError(f"model: {error}") from None


def try_loss(config, x, y):
    """One evaluation of the loss, so that a model and a loss that do not go together are told before anything else."""
    try:
        evaluate(config.model, config.loss, x[:256], y[:256], metrics=config.metrics)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"loss: {error}") from None


def try_training(config, x):
    """One forward of a copy in training, so that layers that refuse so few examples are told before anything else."""
    try:
        deepcopy(config.model).train().forward(x[: config.batch_size])
    except ValueError as error:
        raise ConfigError(f"model: {error}") from None


def match_target(config, data, y, output_shape):
    """Targets in the form that the loss takes: labels as they are, or in the shape of the model's output.

    For a loss that compares entry by entry, labels of two classes become a column of 0 and 1 where the model has one
    output, and labels of K classes one-hot rows where it has K.
    """
    loss, classes = type(config.loss).__name__, data.classes
    if output_shape and isinstance(output_shape[0], tuple):
        raise ConfigError(f"model: it gives {len(output_shape)} outputs, and {loss} takes one")
    gives = f"the last layer gives {' x '.join(map(str, output_shape))} value{'s' * (output_shape != (1,))}"
    if config.loss.labels:
        if classes is None:
            raise ConfigError(
                f"loss: {loss} wants labels, and {data.name} has quantities: use MSE, or data with labels"
            )
        if output_shape[-1:] != (classes,) or len(output_shape) != y.ndim:
            raise ConfigError(f"model: {gives}; {data.name} has {classes} classes, and {loss} wants one value for each")
        return y
    if y.shape[1:] == output_shape:
        return y
    if y.ndim == 1 and output_shape == (1,) and (classes is None or classes == 2):
        return y[:, None]
    if y.ndim == 1 and output_shape == (classes,):
        return np.eye(classes, dtype=np.float32)[y]
    quantities = " x ".join(map(str, y.shape[1:])) or "1"
    wants = f"{classes} classes" if classes else f"{quantities} for each example"
    raise ConfigError(f"model: {gives}; {data.name} has {wants}, which {loss} cannot compare with that")


def make_folder(path, out):
    """A new folder for the run. ConfigError where `out` exists already."""
    if out is not None:
        try:
            Path(out).mkdir(parents=True)
        except FileExistsError:
            raise ConfigError(f"{Path(out)} exists already and is not overwritten: give another --out") from None
        except OSError as error:
            raise ConfigError(f"the run's folder {out} cannot be made ({error}): give another --out") from None
        return Path(out)
    stamp = Path("runs") / Path(path).stem / datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        folder = stamp if number == 0 else stamp.with_name(f"{stamp.name}-{number + 1}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            raise ConfigError(f"the run's folder {folder} cannot be made ({error}): give --out") from None
    raise ConfigError(f"{stamp} and a thousand folders beside it exist already: give --out")


class MetricsFile(Callback):
    """metrics.csv: a row for each epoch, under a row of names, numbers in full."""

    def __init__(self, path):
        self.path = path

    def on_start(self, progress):
        self.file = open(self.path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115 - on_end closes it

    def on_epoch(self, progress):
        rows = [progress.record] if progress.epoch > 1 else [list(progress.record), progress.record]
        for row in rows:
            self.file.write(",".join(row if isinstance(row, list) else map(repr, row.values())) + "\n")
        self.file.flush()

    def on_end(self, progress):
        self.file.close()


class Caught(Callback):
    """The first SIGINT or SIGTERM: asks the run to stop before or after this step."""

    number = None

    def on_start(self, progress):
        progress.stop = self.number or progress.stop

    def on_step(self, progress):
        progress.stop = self.number or progress.stop


@contextmanager
def signals():
    """Within it, the first SIGINT or SIGTERM is kept in a Caught; a second one ends the program at once."""
    caught, before = Caught(), {}

    def keep(number, frame):
        if caught.number:
            os._exit(128 + number)
        caught.number = number

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, keep)
    except ValueError:  # not in the main thread: whoever started it handles signals
        pass
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
