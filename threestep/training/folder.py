"""A run's folder and the files in it."""

from datetime import datetime
from pathlib import Path

from .callbacks import Callback
from .errors import ConfigError


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
