"""Callbacks: what watches a run, and what the loop itself does between update and displacement."""

from dataclasses import dataclass, field
from math import isfinite, nan

import numpy as np

from optim import clip_norm, clip_value
from optim.optimizer import blocks
from optim.settings import above_zero, at_least_zero, whole_number

from .storage import model_arrays


@dataclass
class Progress:
    """Where a run is: what every callback receives, and may act on.

    Attributes:
        model, criterion, optimizer; epochs: how many there will be; steps_per_epoch; epoch, step: counted from 1, step
        over the whole run; loss: of the last step; record: the finished epoch's figures; history: all of them.
        stop: set it to end the run after this step; "early" after EarlyStop, "diverged" after Diverged.
        rng, callbacks: the run's. order: the examples in the epoch's order, None between epochs; loss_sum, counted: the
        sum over the epoch's steps of the losses, each times what it counts, and of what they count.
    """

    model: object
    criterion: object
    optimizer: object
    epochs: int
    steps_per_epoch: int = 0
    epoch: int = 0
    step: int = 0
    loss: float = float("nan")
    record: dict = field(default_factory=dict)
    history: list = field(default_factory=list)
    stop: object = False
    rng: object = None
    callbacks: tuple = ()
    order: object = None
    loss_sum: float = 0.0
    counted: float = 0.0


class Callback:
    """Watches a run, or takes part in it. Define the moments that matter; each gets the Progress.

    Attributes:
        state: a dict of numbers, texts and arrays, all that a run has to save of it to go on exactly; empty unless
            defined. After on_start of a run that goes on, the saved one is assigned to it.
    """

    state = {}  # noqa: RUF012 - never written into

    def on_start(self, progress):
        """Before the first step."""

    def on_gradient(self, progress, x, y):
        """After update and before the displacement: model.gradient may still be changed. x, y: the batch."""

    def on_step(self, progress):
        """After each displacement; also where a batch had none, because none of its labels counts."""

    def on_epoch(self, progress):
        """After each epoch, when progress.record holds its figures."""

    def on_end(self, progress):
        """After the last step, also when the run was stopped or failed; for those that were started, last one first."""


class Penalty(Callback):
    """Makes the gradient that of loss + penalty, with penalty = sum over theta of l1 |w| + l2 w^2 / 2.

    Only parameters that are neither frozen nor exempt by `model.decay` count. The derivative of |w| at 0 is 0.
    record["train_penalty"] is the mean penalty over the epoch's steps.
    """

    def __init__(self, l1, l2):
        self.l1, self.l2 = at_least_zero("l1", l1), at_least_zero("l2", l2)
        self.state = {"sum": 0.0, "steps": 0}

    def on_gradient(self, progress, x, y):
        theta, gradient, penalty = progress.model.theta, progress.model.gradient, 0.0
        for part, _, decay_factor in blocks(theta.size, progress.model.segments):
            if decay_factor:
                w = theta[part]
                penalty += float(self.l1 * np.abs(w).sum() + self.l2 / 2 * (w @ w))
                gradient[part] += self.l1 * np.sign(w) + self.l2 * w
        self.state = {"sum": self.state["sum"] + penalty, "steps": self.state["steps"] + 1}

    def on_epoch(self, progress):
        progress.record["train_penalty"] = self.state["sum"] / self.state["steps"]
        self.state = {"sum": 0.0, "steps": 0}


class Clip(Callback):
    """Limits the entries of the gradient to [-value, value], then its norm to `norm`; None: no limit."""

    def __init__(self, norm, value):
        self.norm = None if norm is None else above_zero("clip_norm", norm)
        self.value = None if value is None else above_zero("clip_value", value)

    def on_gradient(self, progress, x, y):
        if self.value is not None:
            clip_value(progress.model.gradient, self.value)
        if self.norm is not None:
            clip_norm(progress.model.gradient, self.norm)


class Scheduled(Callback):
    """Lets a schedule set optimizer.lr at every step; record["lr"] is that of the epoch's last one."""

    def __init__(self, schedule, optimizer, epochs):
        schedule.require_fit(optimizer.lr, epochs)
        self.schedule, self.lr = schedule, optimizer.lr

    @property
    def state(self):
        return {"last": self.last, **self.schedule.state}

    @state.setter
    def state(self, saved):
        self.last = saved["last"]
        self.schedule.state = {name: value for name, value in saved.items() if name != "last"}

    def on_start(self, progress):
        self.last = self.lr
        self.schedule.start(progress.optimizer, progress.epochs, progress.steps_per_epoch)

    def on_step(self, progress):
        self.last = progress.optimizer.lr
        self.schedule.step()

    def on_epoch(self, progress):
        progress.record["lr"] = self.last
        self.schedule.observe(progress.record.get("valid_loss", progress.record["train_loss"]))

    def on_end(self, progress):
        progress.optimizer.lr = self.lr


class Best(Callback):
    """Remembers in which epoch a metric was best: lowest, for accuracy highest. A figure that is NaN is no better.

    Args:
        metric: a column of the record, such as valid_loss, valid_accuracy or train_loss.

    Attributes:
        value, epoch: the best so far; epoch 0 before there is one.

    Raises ValueError, after the first epoch, for a metric that is none of the record's.
    """

    def __init__(self, metric):
        self.metric, self.value, self.epoch = metric, nan, 0

    @property
    def state(self):
        return {"value": self.value, "epoch": self.epoch}

    @state.setter
    def state(self, saved):
        for name, value in saved.items():
            setattr(self, name, value)

    def on_epoch(self, progress):
        if self.metric not in progress.record:
            raise ValueError(
                f"no metric {self.metric!r} in the record: expected {', '.join(list(progress.record)[1:])}"
            )
        value, sign = progress.record[self.metric], -1 if self.metric.endswith("accuracy") else 1
        if isfinite(value) and not sign * value >= sign * self.value:
            self.value, self.epoch = value, progress.epoch


class EarlyStop(Best):
    """Ends the run after `patience` epochs in a row without a better `metric`, and then puts the best weights back.

    Args:
        metric: as in Best. patience: epochs, 1 or more.
    """

    def __init__(self, metric="valid_loss", patience=5):
        super().__init__(metric)
        self.patience = whole_number("patience", patience, 1)
        self.weights = {}

    @property
    def state(self):
        return {**super().state, **self.weights}

    @state.setter
    def state(self, saved):
        self.value, self.epoch = saved["value"], saved["epoch"]
        self.weights = {name: array for name, array in saved.items() if name not in ("value", "epoch")}

    def on_epoch(self, progress):
        super().on_epoch(progress)
        if self.epoch == progress.epoch:
            self.weights = {name: array.copy() for name, array in model_arrays(progress.model).items()}
        if progress.epoch - self.epoch >= self.patience:
            progress.stop = "early"

    def on_end(self, progress):
        for name, array in model_arrays(progress.model).items():
            array[...] = self.weights.get(name, array)
