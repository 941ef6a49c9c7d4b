"""stdout, for programs whose reader may be another program."""

import os


class Lasting:
    """A stream whose reader may leave, as `head` does: what comes then is lost, and the verb ends as it would have."""

    def __init__(self, stream):
        self.stream = stream

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        try:
            self.stream.write(text)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # also for what waits in the buffer
            if not isinstance(error, BrokenPipeError):  # a full disk is told
                raise
