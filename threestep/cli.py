"""The command line: verbs and flags, no logic."""

import argparse
import sys
import warnings

USAGE = """\
usage:
  train.py CONFIG [key=value ...]     train what a YAML file says, such as configs/digits_mlp.yaml
  train.py fetch NAME                 download MNIST or FashionMNIST into the user's cache, checked by SHA-256
"""


def main(argv=None):
    """Runs one verb and returns the exit code.

    0 done, 2 usage or config, 3 data or weights, 4 diverged, 130 or 143 ended by SIGINT or SIGTERM; 1 is a bug.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file name that the terminal cannot show ends no run
    if not argv:
        print(USAGE, end="", file=sys.stderr)
        return 2
    verb = argv.pop(0) if argv and argv[0] in VERBS else "train"
    try:
        options = parser(verb).parse_intermixed_args(argv)
        if options.debug:
            return VERBS[verb](options)
        return guarded(VERBS[verb], options)
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130


def guarded(verb, options):
    """The verb's exit code, with a user's mistakes told in a line instead of a traceback."""
    from threestep.data import DataError
    from threestep.training import CheckpointError, ConfigError, Diverged

    codes = {ConfigError: 2, DataError: 3, CheckpointError: 3, Diverged: 4, OSError: 2}
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *where, **more: print(f"warning: {message}", file=sys.stderr)
            return verb(options)
    except tuple(codes) as error:
        print(f"error: {error}", file=sys.stderr)
        return next(code for kind, code in codes.items() if isinstance(error, kind))


def train(options):
    from threestep.training import train

    _, signal = train(
        options.config, options.overrides, options.out, options.quiet, bar=False if options.no_progress else None
    )
    return 128 + signal if signal else 0


def fetch(options):
    from threestep.data import fetch

    print(f"{options.name} is in {fetch(options.name)}")
    return 0


VERBS = {"train": train, "fetch": fetch}


def parser(verb):
    """Each verb has a parser of its own; `train` is meant where none is named."""
    made = argparse.ArgumentParser(
        prog="train.py" if verb == "train" else f"train.py {verb}",
        description=VERBS[verb].__doc__,
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if verb == "train":
        made.add_argument("config", metavar="CONFIG", help="a YAML file")
        made.add_argument("overrides", metavar="key=value", nargs="*", help="replaces a value, as in optimizer.lr=0.01")
        made.add_argument("--out", metavar="DIR", help="the run's folder; runs/NAME/DATE-TIME unless given")
        made.add_argument("-q", "--quiet", action="store_true", help="print the result only")
        made.add_argument("--no-progress", action="store_true", help="draw no progress bar")
    else:
        made.add_argument("name", metavar="NAME", help="MNIST or FashionMNIST")
    made.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return made
