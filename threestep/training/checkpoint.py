"""Checkpoints: where a run is, to the bit, so that it can go on as if it had never stopped."""

import time
from pathlib import Path

import numpy as np

from .callbacks import Callback
from .errors import CheckpointError
from .storage import fill_model, model_arrays, write_checkpoint


def snapshot(progress):
    """(arrays, facts): all that a run needs to go on from here, but for what `fit` was given.

    That is parameters, state, optimizer, callbacks (schedule, penalty, early stopping), every generator, the epoch with
    its order and sums, and the history. The arrays are the run's own, not copies.
    """
    facts = {
        "input_shape": progress.model.input_shape,
        "epoch": progress.epoch,
        "inside": progress.order is not None,  # whether the epoch has more steps to come
        "step": progress.step,
        "loss_sum": progress.loss_sum,
        "counted": progress.counted,
        "stop": progress.stop if isinstance(progress.stop, str) else None,
        "history": progress.history,
        "generators": [plain(rng.bit_generator.state) for rng in generators(progress)],
        "optimizer": {name: plain(v) for name, v in progress.optimizer.state.items() if not is_array(v)},
        "callbacks": [],
    }
    arrays = model_arrays(progress.model)
    arrays |= {f"optimizer/{name}": v for name, v in progress.optimizer.state.items() if is_array(v)}
    for place, callback in enumerate(stateful(progress.callbacks)):
        facts["callbacks"].append({name: plain(v) for name, v in callback.state.items() if not is_array(v)})
        arrays |= {f"callbacks/{place}/{name}": v for name, v in callback.state.items() if is_array(v)}
    if progress.order is not None:
        arrays["order"] = progress.order
    return arrays, facts


def restore(progress, arrays, facts):
    """Puts a run's Progress, model, optimizer and generators where a snapshot was taken.

    Raises CheckpointError, before anything is changed, for one of another model, optimizer or number of generators.
    """
    own, optimizer = list(generators(progress)), progress.optimizer
    vectors = {name.removeprefix("optimizer/"): v for name, v in arrays.items() if name.startswith("optimizer/")}
    if set(vectors) - set(optimizer.vectors) or len(own) != len(facts["generators"]):
        raise CheckpointError(f"the checkpoint is of another run: it does not fit {optimizer!r} and this model")
    fill_model("the checkpoint", arrays, progress.model)
    optimizer.state = {**facts["optimizer"], **vectors}
    for rng, state in zip(own, facts["generators"], strict=True):
        rng.bit_generator.state = state
    for name in ("epoch", "step", "loss_sum", "counted", "history"):
        setattr(progress, name, facts[name])
    progress.order, progress.stop = arrays.get("order"), facts["stop"] or False


def restore_callbacks(callbacks, arrays, facts):
    """Gives each callback that has a state the one that was saved."""
    own = stateful(callbacks)
    if len(own) != len(facts["callbacks"]):
        raise CheckpointError(
            f"the checkpoint has {len(facts['callbacks'])} callbacks with a state, expected {len(own)}"
        )
    for place, (callback, numbers) in enumerate(zip(own, facts["callbacks"], strict=True)):
        start = f"callbacks/{place}/"
        callback.state = numbers | {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}


def generators(progress):
    """Every generator that the run draws from: that of the order, then the layers' own."""
    yield progress.rng
    yield from (layer.rng for layer in progress.model.walk() if layer.rng is not None)


def stateful(callbacks):
    return [callback for callback in callbacks if callback.state]


def finite(arrays):
    return all(np.isfinite(array).all() for array in arrays.values())


def is_array(value):
    return isinstance(value, np.ndarray)


def plain(value):
    """Numbers, texts and dicts as JSON has them."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


class Saver(Callback):
    """Keeps last.npz, where the run is, and best.npz, where it was at its best epoch, in the run's folder.

    last.npz is written at the start and the end of a run, every `steps` steps or `minutes` minutes, and after an epoch,
    unless epochs are so short that saving would take more than a twentieth of the time. best.npz is written just before
    it, so that a run that goes on from last.npz finds, or makes, the best.npz it had. What is not finite is never
    written, but for the optimizer's vectors of a run that diverged.

    Args:
        best: the Best that stands before it among the callbacks. facts: what else to write into each file.
    """

    def __init__(self, folder, best, facts, steps=None, minutes=None):
        self.last, self.best_file = Path(folder) / "last.npz", Path(folder) / "best.npz"
        self.best, self.facts, self.steps, self.minutes = best, facts, steps, minutes
        self.pending = None  # (arrays, facts) of the best epoch while it is not written

    def on_start(self, progress):
        self.saved, self.took = time.monotonic(), 0.0
        self.step, self.epoch = progress.step, progress.epoch
        if progress.step == 0:
            self.save(progress)

    def on_step(self, progress):
        due = self.minutes and time.monotonic() - self.saved >= 60 * self.minutes
        if progress.stop or due or (self.steps and progress.step % self.steps == 0):
            self.save(progress)

    def on_epoch(self, progress):
        if self.best.epoch == progress.epoch:
            arrays, facts = snapshot(progress)
            if finite(arrays):
                facts = facts | self.facts | {"history": list(progress.history)}
                self.pending = {name: array.copy() for name, array in arrays.items()}, facts
        due = time.monotonic() - self.saved >= 20 * self.took
        if progress.stop or due or progress.epoch == progress.epochs:
            self.save(progress)

    def on_end(self, progress):
        if progress.stop == "diverged":
            which = "before this step" if self.save(progress) else f"after step {self.step}"
            self.words = f"Weights {which} are in last.npz."

    def save(self, progress):
        """Writes both files; whether the weights are finite, and so in last.npz now."""
        begun = time.monotonic()
        arrays, facts = snapshot(progress)
        if self.pending:
            write_checkpoint(self.best_file, *self.pending)
            self.pending = None
        whole = finite(model_arrays(progress.model) if progress.stop == "diverged" else arrays)
        if whole:
            write_checkpoint(self.last, arrays, facts | self.facts)
            self.step, self.epoch = progress.step, progress.epoch
        self.saved = time.monotonic()
        self.took = self.saved - begun
        return whole
