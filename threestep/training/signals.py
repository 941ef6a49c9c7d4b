"""Signals: the first ends a run after its step, the second at once."""

import os
import signal
from contextlib import contextmanager

from .callbacks import Callback


class Caught(Callback):
    """The first SIGINT or SIGTERM: asks the run to stop before or after this step.

    Attributes:
        number: the signal's, None before there is one. patient: whether a signal waits for the step's end; until it is
            set nothing has been written, and the first signal leaves at once too.
    """

    number, patient = None, False

    def on_start(self, progress):
        progress.stop = progress.stop or self.number or False

    on_step = on_epoch = on_start


@contextmanager
def signals():
    """Within it, the first SIGINT or SIGTERM is kept in a Caught; a second one ends the program at once."""
    caught, before = Caught(), {}

    def keep(number, frame):
        if caught.number:
            os._exit(128 + number)
        caught.number = number
        if not caught.patient:
            raise SystemExit(128 + number)

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
