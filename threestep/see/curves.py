"""save_curves: how the figures of a run went, epoch by epoch."""

from math import isfinite, isnan, nan
from pathlib import Path

from threestep.training.files import write_whole
from threestep.training.metrics import SHARES

from .pictures import BLUE, GREY, ORANGE, STYLE

COLOURS = {"train": BLUE, "valid": ORANGE}
WIDE = 10  # losses that fall by more than this factor are shown on a logarithmic scale
SMALL = ("penalty", "lr")  # panels that need less room


def save_curves(history, path, best=None):
    """Draws the history of a run: losses, each kind of metric, the learning rate; the best epoch is marked.

    Args:
        history: what `fit` returns, a dict for each epoch. path: a file that ends in .png, .svg or .pdf. It appears
            under its name only when it is complete. best: the best epoch; unless given, the first with the smallest
            valid_loss, or train_loss where there is none.

    Raises ValueError for a history without epochs, ImportError where matplotlib is missing.
    """
    if not history:
        raise ValueError("history expected an epoch or more, got none")
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(f"{path} needs matplotlib, the extra plots: python -m pip install matplotlib") from None
    panels = panels_of(history)
    heights = [1.2 if metric in SMALL else 2.5 for metric in panels]
    with rc_context(STYLE):
        figure = Figure((7, 0.6 + sum(heights)), layout="constrained")
        rows = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (metric, columns) in zip(rows, panels.items(), strict=True):
            draw_panel(axes, metric, columns, history)
        draw_epochs(rows, history, best)
        figure.align_ylabels()
        write_whole(path, lambda file: figure.savefig(file, format=Path(path).suffix[1:]))


def panels_of(history):
    """{metric: its columns}: train_loss and valid_loss share a panel; the loss comes first, lr last."""
    panels = {"loss": []}
    for name in dict.fromkeys(name for record in history for name in record if name not in ("epoch", "lr")):
        panels.setdefault(name.removeprefix("train_").removeprefix("valid_"), []).append(name)
    return panels | ({"lr": ["lr"]} if any("lr" in record for record in history) else {})


def draw_panel(axes, metric, columns, history):
    """A line for each column, over the epochs."""
    percent = 100 if metric in SHARES else 1
    lines = {name: [percent * record.get(name, nan) for record in history] for name in columns}
    for name, y in lines.items():
        part = name.split("_")[0]
        marker = "o" if len(y) == 1 else ""
        axes.plot([record["epoch"] for record in history], y, color=COLOURS.get(part, GREY), marker=marker, label=part)
    label = metric if len(columns) > 1 else columns[0]
    axes.set_ylabel(label.replace("_", " ") + (" (%)" if percent > 1 else ""))
    if metric == "loss":
        if len(columns) > 1:
            axes.legend()
        spread(axes, [value for y in lines.values() for value in y if isfinite(value)])


def spread(axes, values):
    """A logarithmic scale where the values ask for it, with ticks that are plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    if values and min(values) > 0 and max(values) > WIDE * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if max(values) < 1000 * min(values) else (1,)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def draw_epochs(rows, history, best):
    """The axis that all panels share, and a dotted line at the best epoch."""
    from matplotlib.ticker import MaxNLocator

    losses = [record.get("valid_loss", record["train_loss"]) for record in history]
    place = min(range(len(losses)), key=lambda i: (isnan(losses[i]), losses[i]))
    best, first, last = best or history[place]["epoch"], history[0]["epoch"], history[-1]["epoch"]
    for axes in rows:
        axes.axvline(best, color=GREY, linestyle=":", linewidth=1)
    side = "left" if best < (first + last) / 2 else "right"
    rows[0].annotate(f"best epoch: {best}", (best, 1.02), xycoords=("data", "axes fraction"), color=GREY, ha=side)
    margin = 0.02 * (last - first) or 0.5
    rows[-1].set(xlabel="epoch", xlim=(first - margin, last + margin))
    rows[-1].xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
