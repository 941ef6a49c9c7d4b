"""Plateau: a learning rate that falls when training no longer helps."""

from math import inf

from .schedule import Schedule
from .settings import at_least_zero, below_one, one_of, whole_number


class Plateau(Schedule):
    """lr <- max(factor lr, min_lr) after more than `patience` epochs in a row whose observed figure was no better.

    Args:
        mode: "min" where lower is better, "max" where higher is. factor: from 0 to below 1. patience: epochs, fewer
        than the run's. threshold: how much better counts: a share of the best so far with threshold_mode "rel",
        a difference with "abs". cooldown: epochs after a fall in which none counts as bad. min_lr: the least lr.
        eps: a fall that is not larger is left out. warmup_epochs: as Schedule; what is observed while it lasts is
        ignored.

    A figure that is NaN is no better than any.

    Source: as PyTorch's ReduceLROnPlateau.
    """

    before, least = ("patience",), ("min_lr",)

    def __init__(
        self,
        mode="min",
        factor=0.1,
        patience=10,
        threshold=1e-4,
        threshold_mode="rel",
        cooldown=0,
        min_lr=0.0,
        eps=1e-8,
        warmup_epochs=0.0,
    ):
        super().__init__(warmup_epochs)
        self.mode = one_of("mode", mode, ("min", "max"))
        self.factor = below_one("factor", factor)
        self.patience = whole_number("patience", patience, 0)
        self.threshold = at_least_zero("threshold", threshold)
        self.threshold_mode = one_of("threshold_mode", threshold_mode, ("rel", "abs"))
        self.cooldown = whole_number("cooldown", cooldown, 0)
        self.min_lr = at_least_zero("min_lr", min_lr)
        self.eps = at_least_zero("eps", eps)

    def beginning(self, base):
        best = inf if self.mode == "min" else -inf
        return {**super().beginning(base), "lr": base, "best": best, "bad_epochs": 0, "cooldown_left": 0}

    def at(self, base, t):
        return self._state["lr"]

    def observe(self, value):
        self._require_start("observe")
        state = self._state
        if state["steps"] < self.warmup_steps:
            return
        if self.is_better(float(value), state["best"]):
            state["best"], state["bad_epochs"] = float(value), 0
        else:
            state["bad_epochs"] += 1
        if state["cooldown_left"]:
            state["cooldown_left"] -= 1
            state["bad_epochs"] = 0
        if state["bad_epochs"] > self.patience:
            lr = max(state["lr"] * self.factor, self.min_lr)
            if state["lr"] - lr > self.eps:
                state["lr"] = lr
            state["cooldown_left"], state["bad_epochs"] = self.cooldown, 0
        self._set()

    def is_better(self, value, best):
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "rel":
            return sign * value < sign * best * (1 - sign * self.threshold)
        return sign * value < sign * best - self.threshold
