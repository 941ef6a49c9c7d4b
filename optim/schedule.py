"""Schedule: the learning rate over a run."""

from .optimizer import Optimizer
from .settings import at_least_zero, constructor_call, whole_number


class Schedule:
    """Sets optimizer.lr for every step of a run, as a function of time.

        schedule.start(optimizer, epochs, steps_per_epoch)    # optimizer.lr is the base; sets the first step's
        optimizer.step(...); schedule.step()                  # after each displacement: sets the next step's
        schedule.observe(value)                               # after each epoch; only Plateau listens

    Time t is counted in epochs, steps / steps_per_epoch, so it moves with every step; with steps_per_epoch=1 a step is
    an epoch, and lr is what PyTorch's scheduler, stepped after each, gives. lr is computed from the number of steps,
    not from the last lr.

    Args:
        warmup_epochs: over the first W = round(warmup_epochs steps_per_epoch) steps lr rises, base (i + 1) / W in step
        i, counted from 0. The schedule's own time starts after it.

    Attributes:
        state: a dict of numbers, all there is to save, as a copy. Assigned to a schedule that was started, or given to
            start, it makes the run go on from there, whatever optimizer.lr is by then.

    A schedule of your own defines `at`. It names in `within` the arguments, in epochs, that must fit into the run, in
    `before` those that must end before it, in `least` those that lr does not fall below.

    Raises ValueError for an argument out of range, and from start for one that is longer than the run; RuntimeError
    for what needs a start.
    """

    within = before = least = ()
    _state = None

    def __init__(self, warmup_epochs=0.0):
        self.warmup_epochs = at_least_zero("warmup_epochs", warmup_epochs)

    def at(self, base, t):
        """The learning rate at time t, in epochs since the warm-up; base: optimizer.lr at the start."""
        raise NotImplementedError(f"{type(self).__name__}.at")

    def start(self, optimizer, epochs, steps_per_epoch, state=None):
        """Sets the first step's lr, or the next one's after `state`, that of an earlier run."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}.start expected an optimizer, got {optimizer!r}")
        base = at_least_zero("lr", optimizer.lr)
        epochs = whole_number("epochs", epochs, 1)
        steps_per_epoch = whole_number("steps_per_epoch", steps_per_epoch, 1)
        self.require_fit(base, epochs)
        begun = self.beginning(base)
        self._state = begun if state is None else self._like(begun, state)
        self.optimizer, self.epochs, self.steps_per_epoch = optimizer, epochs, steps_per_epoch
        self._set()

    def step(self):
        """Counts a step that was taken, and sets the next one's lr."""
        self._require_start("step")
        self._state["steps"] += 1
        self._set()

    def observe(self, value):
        """After each epoch: the figure, such as a validation loss, that a schedule may listen to."""

    def beginning(self, base):
        """The state before the first step."""
        return {"base_lr": base, "steps": 0}

    @property
    def warmup_steps(self):
        return round(self.warmup_epochs * self.steps_per_epoch)

    @property
    def state(self):
        self._require_start("state")
        return dict(self._state)

    @state.setter
    def state(self, saved):
        self._require_start("state")
        self._state = self._like(self._state, saved)
        self._set()

    def __repr__(self):
        return constructor_call(self)

    def _set(self):
        base, steps, warmup = self._state["base_lr"], self._state["steps"], self.warmup_steps
        if steps < warmup:
            self.optimizer.lr = base * (steps + 1) / warmup
        else:
            self.optimizer.lr = self.at(base, (steps - warmup) / self.steps_per_epoch)

    def _like(self, mine, saved):
        """The saved state as plain numbers, once it is known to be one of this class."""
        if not isinstance(saved, dict) or set(saved) != set(mine):
            got = ", ".join(saved) if isinstance(saved, dict) else repr(saved)
            raise ValueError(f"{type(self).__name__}.state expected {', '.join(mine)}, got {got}")
        return {name: type(value)(saved[name]) for name, value in mine.items()}

    def require_fit(self, lr, epochs):
        """ValueError for an argument that reaches beyond a run of so many epochs, or a least lr above this one."""
        for name in self.least:
            if getattr(self, name) > lr:
                raise ValueError(f"{type(self).__name__}: {name} {getattr(self, name):g} is above lr {lr:g}")
        warmup = self.warmup_epochs
        spans = [("warmup_epochs", warmup, 0)]
        for name in (*self.within, *self.before):
            values = getattr(self, name)
            values = values if isinstance(values, tuple) else (values,)
            spans += [(name, value, warmup) for value in values if value is not None]
        for name, value, begin in spans:
            beyond = begin + value - epochs
            if beyond > 1e-9 or (beyond > -1e-9 and name not in self.within):  # 0.1 + 0.7 is not quite 0.8
                after = f" after a warm-up of {begin:g}" if begin else ""
                how = "longer than" if beyond > 1e-9 else "as long as"
                raise ValueError(f"{type(self).__name__}: {name} {value:g}{after} is {how} the run of {epochs} epochs")

    def _require_start(self, name):
        if self._state is None:
            raise RuntimeError(f"{type(self).__name__}.{name} before start(optimizer, epochs, steps_per_epoch)")
