"""What a run prints: in words, for somebody who sees it for the first time."""

import os
import sys
from datetime import datetime

import numpy as np
from tqdm import tqdm

from .callbacks import Callback
from .errors import counted, typed
from .files import append
from .metrics import SHARES

USES = {"train": "to train on", "valid": "to watch progress with", "test": "kept for the test at the end"}


class Log:
    """Adds what the run says to train.log, with the time of day."""

    def __init__(self, folder):
        self.path = folder / "train.log"

    def __call__(self, text):
        now, text = datetime.now().isoformat(" ", "seconds"), text.strip("\n")
        append(self.path, f"{now}  {text}\n")


def callbacks(config, parts, folder, log, quiet=False, verbose=False, bar=None):
    """What tells people about a run: the opening, a line for each epoch, a progress bar.

    Args:
        quiet: only into train.log. verbose: with a table of the layers and a line for each epoch, however many. bar:
        whether a bar is drawn on stderr; unless given, where that is a terminal.
    """
    shown = [EpochTable(opening(config, parts, folder, verbose), log, quiet, verbose)]
    if (sys.stderr is not None and sys.stderr.isatty()) if bar is None else bar:
        shown.append(Bar())
    return shown


def opening(config, parts, folder, verbose):
    shape = " x ".join(map(str, config.model.input_shape))
    uses = [f"{len(parts[part][0]):,} {use}" for part, use in USES.items() if len(parts[part][0])]
    optimizer = config.optimizer
    return "\n".join(
        [
            f"Training {config.name}",
            f"  data       {config.data_name}: examples of {shape}; {', '.join(uses)}",
            f"  model      {' > '.join(layer_words(layer) for layer in config.model.layers)}",
            f"             {config.model.theta.size:,} parameters, drawn from seed {config.seed}",
            f"  loss       {config.loss!r}, lowered by {type(optimizer).__name__} (lr {optimizer.lr:g})",
            *option_words(config.fit_options),
            f"  steps      {counted(config.epochs, 'epoch')}, {counted(config.batch_size, 'example')} a step",
            f"  folder     {folder}",
            *(["", config.model.summary()] if verbose else []),
        ]
    )


def option_words(options):
    """A line for the schedule, and one for penalties and limits, where there are any."""
    if options["schedule"]:
        yield f"  schedule   {options['schedule']!r} moves lr at every step"
    words = [f"{key} {options[key]:g}" for key in ("l1", "l2") if options[key]]
    words += [f"gradient's {key[5:]} at most {options[key]:g}" for key in ("clip_value", "clip_norm") if options[key]]
    if words:
        yield f"  limits     {', '.join(words)}"


def layer_words(layer):
    size = getattr(layer, "out_features", None)
    words = layer.label + (f" {size}" if size else "")
    words += f" of {len(layer.children)}" if layer.children else ""
    words += f" (shares {layer.share})" if layer.share else ""
    return words + (" (frozen)" if layer.frozen and layer.theta.size else "")


def closing(summary, config, parts, folder):
    lines, best = [], summary["best"] if config.early_stop and summary["status"] == "finished" else None
    if summary["status"] == "interrupted":
        go_on = f"train.py resume {typed(folder)}"
        lines.append(f"Stopped by a signal in epoch {summary['epoch']}, and saved. Go on: {go_on}")
    else:
        part = "test" if "test" in summary else "train"
        total = len(parts[part][0])
        on = counted(total, "training example" if part == "train" else "example")
        on += " never used in training" if part == "test" else ""
        figures = [f"{words(name)} {figure(name, value)}" for name, value in summary[part].items()]
        if "accuracy" in summary[part]:
            y = parts[part][1]
            labels = np.count_nonzero(y != getattr(config.loss, "ignore_index", None)) if config.loss.labels else total
            figures.insert(0, f"{round(summary[part]['accuracy'] * labels):,} of {labels:,} right")
        if best:
            lines.append(f"These are the weights of epoch {best['epoch']}, with the best {words(best['metric'])}.")
        lines.append(f"Trained in {summary['seconds']:.1f} s. On the {on}: {', '.join(figures)}.")
    evaluated = folder / ("best.npz" if best else "last.npz")
    shown = evaluated if summary["status"] == "interrupted" else folder
    lines.append(f"Weights: {evaluated}. A row for each epoch: {folder / 'metrics.csv'}.")
    lines.append(f"In Python: from threestep.training import load_run; model, config = load_run({str(shown)!r})")
    return "\n".join(lines)


def words(name):
    return name.replace("_", " ")


def figure(name, value):
    """A number as people read it: shares in percent, what may be tiny by its first digits."""
    if name in ("lr", "train_penalty"):
        return f"{value:.3g}"
    return f"{100 * value:.2f} %" if name.removeprefix("valid_") in SHARES else f"{value:.4f}"


class EpochTable(Callback):
    """A line for each epoch, under a head that names the columns; at most about twenty lines for a long run.

    The first and the last epoch always have one. It is shown, and all of it goes into train.log.
    """

    def __init__(self, opening, log, quiet, verbose):
        self.opening, self.log, self.quiet, self.verbose = opening, log, quiet, verbose
        self.begun = False

    def on_start(self, progress):
        self.every = 1 if self.verbose else max(1, (progress.epochs - progress.epoch) // 20)
        self.tell(self.opening)
        if progress.step:
            self.tell(f"  going on   after step {progress.step:,}, in epoch {progress.epoch}")

    def on_epoch(self, progress):
        first, self.begun = not self.begun, True
        if first:
            self.tell("\n" + "  ".join(f"{words(name):>14}" for name in progress.record))
        if first or progress.epoch % self.every == 0 or progress.stop or progress.epoch == progress.epochs:
            cells = [f"{progress.epoch} of {progress.epochs}"]
            cells += [figure(name, value) for name, value in list(progress.record.items())[1:]]
            self.tell("  ".join(f"{cell:>14}" for cell in cells))

    def on_end(self, progress):
        if not self.quiet:
            say("")

    def tell(self, text):
        self.log(text)
        if not self.quiet:
            say(text)


def say(text):
    """Prints above the bar, where there is one. Where nobody reads any more, the run goes on in silence."""
    try:
        tqdm.write(text, file=sys.stdout)
        print(end="", flush=True)  # not sys.stdout.flush(): there may be no stdout
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Bar(Callback):
    """A progress bar over all steps, on stderr."""

    def on_start(self, progress):
        total = progress.epochs * progress.steps_per_epoch
        self.bar = tqdm(total=total, initial=progress.step, unit="step", leave=False)

    def on_step(self, progress):
        self.bar.update()

    def on_epoch(self, progress):
        self.bar.set_description(f"epoch {progress.epoch}/{progress.epochs}")

    def on_end(self, progress):
        self.bar.close()
