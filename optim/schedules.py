"""Schedules that are a function of time: in steps, falling, along a cosine or a line, in one cycle."""

from math import cos, inf, pi

from .schedule import Schedule
from .settings import above_zero, at_least_zero, one_of, true_or_false, up_to_one, whole_number


class Step(Schedule):
    """lr = base gamma^floor(t / step_size).

    Args:
        step_size: epochs from fall to fall, shorter than the run. gamma: above 0. warmup_epochs: as Schedule.

    Source: as PyTorch's StepLR.
    """

    before = ("step_size",)

    def __init__(self, step_size, gamma=0.1, warmup_epochs=0.0):
        super().__init__(warmup_epochs)
        self.step_size = whole_number("step_size", step_size, 1)
        self.gamma = above_zero("gamma", gamma)

    def at(self, base, t):
        return base * self.gamma ** (t // self.step_size)


class MultiStep(Schedule):
    """lr = base gamma^n, with n the number of milestones up to t.

    Args:
        milestones: epochs, fractions allowed, before the end of the run; one given twice counts twice. gamma: above 0.
        warmup_epochs: as Schedule.

    Source: as PyTorch's MultiStepLR.
    """

    before = ("milestones",)

    def __init__(self, milestones, gamma=0.1, warmup_epochs=0.0):
        super().__init__(warmup_epochs)
        if not isinstance(milestones, (tuple, list)) or not milestones:
            raise ValueError(f"milestones expected a list of numbers, got {milestones!r}")
        self.milestones = tuple(above_zero(f"milestones[{i}]", epoch) for i, epoch in enumerate(milestones))
        self.gamma = above_zero("gamma", gamma)

    def at(self, base, t):
        return base * self.gamma ** sum(epoch <= t for epoch in self.milestones)


class Exponential(Schedule):
    """lr = base gamma^t, falling with every step.

    Args:
        gamma: lr's factor from epoch to epoch, above 0. warmup_epochs: as Schedule.

    Source: as PyTorch's ExponentialLR.
    """

    def __init__(self, gamma, warmup_epochs=0.0):
        super().__init__(warmup_epochs)
        self.gamma = above_zero("gamma", gamma)

    def at(self, base, t):
        try:
            return base * self.gamma**t
        except OverflowError:
            return inf


class Cosine(Schedule):
    """lr = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2.

    Args:
        T_max: epochs until lr is eta_min; the rest of the run, after the warm-up, unless given. Beyond T_max lr follows
        the cosine up again, as PyTorch's closed form does. eta_min: the least lr. warmup_epochs: as Schedule.

    Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5, without the
    restarts; as PyTorch's CosineAnnealingLR.
    """

    within, least = ("T_max",), ("eta_min",)

    def __init__(self, T_max=None, eta_min=0.0, warmup_epochs=0.0):
        super().__init__(warmup_epochs)
        self.T_max = None if T_max is None else above_zero("T_max", T_max)
        self.eta_min = at_least_zero("eta_min", eta_min)

    def at(self, base, t):
        rest = self.epochs - self.warmup_steps / self.steps_per_epoch or 1.0  # a warm-up may round up to the whole run
        length = rest if self.T_max is None else self.T_max
        return self.eta_min + (base - self.eta_min) * (1 + cos(pi * t / length)) / 2


class Linear(Schedule):
    """lr = base (start_factor + (end_factor - start_factor) min(t / total_iters, 1)).

    Args:
        start_factor: above 0, up to 1. end_factor: from 0 to 1. total_iters: epochs, fractions allowed, from the one to
        the other. warmup_epochs: as Schedule; it rises to base, whatever start_factor is.

    Source: as PyTorch's LinearLR.
    """

    within = ("total_iters",)

    def __init__(self, start_factor=1 / 3, end_factor=1.0, total_iters=5, warmup_epochs=0.0):
        super().__init__(warmup_epochs)
        if not up_to_one("start_factor", start_factor):
            raise ValueError(f"start_factor expected a number above 0, up to 1, got {start_factor!r}")
        self.start_factor = float(start_factor)
        self.end_factor = up_to_one("end_factor", end_factor)
        self.total_iters = above_zero("total_iters", total_iters)

    def at(self, base, t):
        return base * (self.start_factor + (self.end_factor - self.start_factor) * min(t / self.total_iters, 1.0))


class OneCycle(Schedule):
    """lr rises from base / div_factor to base, then falls to base / div_factor / final_div_factor with the last step.

    optimizer.lr at the start is PyTorch's max_lr, epochs steps_per_epoch its total_steps. With n steps in all, counted
    from 0, lr is largest in step pct_start n - 1. Only lr is moved, as with PyTorch's cycle_momentum=False. After the
    last step lr stays. It has no warmup_epochs: its own rise is one.

    Args:
        pct_start: the rise's share of the run, from 0 to 1; with three_phase to 0.5. anneal_strategy: "cos" or
        "linear". div_factor, final_div_factor: above 0. three_phase: fall to base / div_factor as fast as lr rose, then
        on to the end.

    Source: Smith & Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018;
    as PyTorch's OneCycleLR.
    """

    def __init__(self, pct_start=0.3, anneal_strategy="cos", div_factor=25.0, final_div_factor=1e4, three_phase=False):
        super().__init__()
        self.three_phase = true_or_false("three_phase", three_phase)
        self.pct_start = up_to_one("pct_start", pct_start)
        if three_phase and self.pct_start > 0.5:
            raise ValueError(f"pct_start expected a number from 0 to 0.5 with three_phase, got {pct_start!r}")
        self.anneal_strategy = one_of("anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.div_factor = above_zero("div_factor", div_factor)
        self.final_div_factor = above_zero("final_div_factor", final_div_factor)

    def at(self, base, t):
        steps = self.epochs * self.steps_per_epoch
        step = min(round(t * self.steps_per_epoch), steps - 1)
        start, peak = base / self.div_factor, self.pct_start * steps
        turns = [(0.0, start), (peak - 1, base), (steps - 1, start / self.final_div_factor)]
        if self.three_phase:
            turns.insert(2, (2 * peak - 2, start))
        i = next(i for i in range(1, len(turns)) if step <= turns[i][0])
        (begin, come), (end, go) = turns[i - 1], turns[i]
        left = (end - step) / (end - begin) if end > begin else 0.0
        if self.anneal_strategy == "cos":
            left = (1 - cos(pi * left)) / 2
        return go + (come - go) * left
