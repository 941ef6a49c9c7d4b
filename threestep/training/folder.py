"""A run's folder and the files in it."""

import json
import shutil
from datetime import datetime
from math import isfinite
from pathlib import Path
from time import monotonic

from .callbacks import Callback
from .errors import CheckpointError, ConfigError, typed
from .files import append, write_whole
from .storage import other_checkpoint, read_checkpoint

FILES = (
    *("config.yaml", "resolved.yaml", "env.json", "metrics.csv", "timing.csv", "train.log"),
    *("best.npz", "last.npz", "summary.json", "curves.png"),
)


def make_folder(name, out=None, overwrite=False):
    """A new folder for a run: `out`, or runs/NAME/DATE-TIME. ConfigError where `out` exists already.

    overwrite: a run in `out` is removed first, if the folder holds nothing else.
    """
    if overwrite and out is None:
        raise ConfigError("--overwrite replaces the run in --out DIR, which is not given")
    if out is not None:
        folder = Path(out)
        if overwrite:
            remove_run(folder)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise ConfigError(taken(folder)) from None
        except OSError as error:
            raise ConfigError(f"the run's folder {folder} cannot be made ({error}): give another --out") from None
        return folder
    stamp = Path("runs") / name / datetime.now().strftime("%Y%m%d-%H%M%S")
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


def run_files(run):
    """(a run's folder, the checkpoint meant) for the folder, which means last.npz, or for a checkpoint within.

    Raises CheckpointError where there is none.
    """
    path = Path(run)
    if path.is_file() and path.suffix != ".npz":
        raise CheckpointError(f"{path.absolute()} is no run: expected a run's folder, such as runs/NAME/DATE-TIME")
    folder, file = (path.parent, path) if path.is_file() else (path, path / "last.npz")
    for needed in (file, folder / "resolved.yaml"):
        if not needed.is_file():
            there = f"no {needed.name} in it" if folder.is_dir() else "no such folder"
            inner = sorted(found.parent for found in folder.glob("*/last.npz"))
            meant = f". Did you mean {typed(inner[-1])}?" if inner else ""
            other = other_checkpoint(file) if needed is file else ""
            raise CheckpointError(f"{folder.absolute()} holds no run: {there}{meant}{other}")
    return folder, file


def taken(folder):
    """What stands where a run's folder should be made."""
    if not (folder / "last.npz").is_file():
        return f"{folder} exists already and is not overwritten: give another --out"
    try:
        _, facts = read_checkpoint(folder / "last.npz")
        where = f" (epoch {facts['epoch']} of {facts['config']['train']['epochs']})"
    except (CheckpointError, KeyError):  # damaged, or weights alone
        where = ""
    return f"{folder} holds a run{where}. Resume: train.py resume {typed(folder)}. Or give another --out."


def remove_run(folder):
    """Removes a run's folder; ConfigError where it holds anything that is none of a run's files."""
    if not folder.is_dir():
        return
    others = sorted(path.name for path in folder.iterdir() if path.name not in FILES and path.suffix != ".part")
    if others:
        raise ConfigError(f"{folder} holds {others[0]}, which is no file of a run, and is not overwritten")
    shutil.rmtree(folder)


def write_json(path, values):
    """NaN and infinity, for which JSON has no word, are written as null."""
    text = json.dumps(nulled(values), indent=2, allow_nan=False)
    write_whole(path, lambda file: file.write(text.encode() + b"\n"))


def nulled(values):
    if isinstance(values, dict):
        return {name: nulled(value) for name, value in values.items()}
    return None if isinstance(values, float) and not isfinite(values) else values


class Records(Callback):
    """metrics.csv: a row for each epoch, under a row of names, numbers in full; timing.csv: how long each took.

    A run that goes on has both cut back to the epochs that it has finished.
    """

    def __init__(self, folder):
        self.metrics, self.timing = folder / "metrics.csv", folder / "timing.csv"

    def on_start(self, progress):
        names = [",".join(progress.history[0])] if progress.history else []
        rows = names + [row(record) for record in progress.history]
        times = self.timing.read_text(encoding="utf-8").splitlines() if self.timing.exists() else []
        for path, lines in ((self.metrics, rows), (self.timing, times[: len(rows)])):
            text = "".join(line + "\n" for line in lines)
            write_whole(path, lambda file, text=text: file.write(text.encode()))
        self.begun = monotonic()

    def on_epoch(self, progress):
        seconds, self.begun = monotonic() - self.begun, monotonic()
        for path, record in (
            (self.metrics, progress.record),
            (self.timing, {"epoch": progress.epoch, "seconds": round(seconds, 6)}),
        ):
            names = "" if progress.epoch > 1 else ",".join(record) + "\n"
            append(path, names + row(record) + "\n")


def row(record):
    return ",".join(map(repr, record.values()))
