"""What can go wrong in a run through no fault of the program."""


class ConfigError(Exception):
    """A config, or a key=value on the command line, that does not say a run. The message names the key's path."""


class CheckpointError(Exception):
    """A file of weights that is missing, corrupt, or of another model."""


class Diverged(Exception):
    """A loss or gradient that is not finite; seen before the step is taken."""
