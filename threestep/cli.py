"""The command line: verbs and flags, no logic."""

import argparse
import json
import os
import sys
import warnings
from contextlib import redirect_stdout
from difflib import get_close_matches
from traceback import extract_tb

from .streams import Lasting

FORMATS = ("json", "gradescope", "classroom", "autolab", "nbgrader")
USAGE = """\
usage, with train.py for any of python train.py, python -m threestep and threestep:
  train.py CONFIG [key=value ...]          train what a YAML file says, such as configs/digits_mlp.yaml
  train.py check CONFIG [key=value ...]    try it first: shapes, sizes, gradients, the first loss; writes nothing
  train.py show CONFIG [key=value ...]     print it with every default filled in
  train.py resume RUN [train.epochs=N]     go on exactly where a run stopped
  train.py eval RUN [--split test]         figures and a confusion matrix of a run's weights
  train.py predict RUN --input FILE        what a run's weights make of other data
  train.py time CONFIG [key=value ...]     how long each layer takes
  train.py list [KIND] [NAME]              layers, losses, optimizers, schedules, data, configs; NAME: what it takes
  train.py new TEMPLATE [DEST]             a commented config to start from
  train.py fetch NAME                      download MNIST or FashionMNIST, checked by SHA-256
  train.py schema                          JSON Schema of a config, for editors
  train.py coursework check FILE [CLASS]   which bug is it? for layers, losses and optimizers that you wrote
  train.py coursework grade FILE           points for a submission; for instructors, as are the next three
  train.py coursework verify ASSIGNMENT    is the grader right? mutants, the reference, the empty handout
  train.py coursework handout ASSIGNMENT DEST   what students get
  train.py coursework stats RESULTS...     how often each bug was found
"""


def main(argv=None):
    """Runs one verb and returns the exit code.

    0 done, 2 usage or config, 3 data or weights, 4 diverged, 5 coursework that is not right, 130 or 143 ended by SIGINT
    or SIGTERM; 1 is a bug.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file name that the terminal cannot show ends no run
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
    if not argv:
        print(USAGE, end="", file=sys.stderr)
        return 2
    words = 2 if argv[0] == "coursework" else 1
    verb = " ".join(argv[:words])
    if verb in VERBS:
        del argv[:words]
    elif words == 1:
        verb = "train"
    else:
        known = ", ".join(name.split()[1] for name in VERBS if name.startswith("coursework "))
        print(f"error: coursework expected one of {known}, got {' '.join(argv[1:2]) or 'nothing'}", file=sys.stderr)
        return 2
    try:
        with redirect_stdout(sys.stdout and Lasting(sys.stdout)):
            options, unknown = (made := parser(verb)).parse_known_intermixed_args(argv)
            if unknown:
                values = ". A value of the config is replaced as in train.epochs=5" * hasattr(options, "overrides")
                made.error(f"unrecognized arguments: {' '.join(unknown)}{values}")
            if options.debug:
                return VERBS[verb](options) or 0
            return guarded(VERBS[verb], options) or 0
    except KeyboardInterrupt as error:  # a check says where
        print(f"error: interrupted {error}".rstrip(), file=sys.stderr)
        return 130


def guarded(verb, options):
    """The verb's exit code, with a user's mistakes told in a line instead of a traceback."""
    from threestep.coursework.errors import CourseworkError
    from threestep.data import DataError
    from threestep.training import CheckpointError, ConfigError, Diverged

    codes = {ConfigError: 2, CourseworkError: 2, DataError: 3, CheckpointError: 3, Diverged: 4, OSError: 2}
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *where, **more: print(f"warning: {message}", file=sys.stderr)
            return verb(options)
    except NotImplementedError as error:  # a step of a plugin that its author has still to write
        frame = extract_tb(error.__traceback__)[-1]
        what = str(error) or frame.name
        print(f"error: {what} is not written yet ({frame.filename}, line {frame.lineno})", file=sys.stderr)
        return 2
    except tuple(codes) as error:
        named = isinstance(error, OSError) and error.filename and error.strerror
        text = f"{error.filename}: {error.strerror}" if named else error
        print(text if getattr(error, "placed", False) else f"error: {text}", file=sys.stderr)
        return next(code for kind, code in codes.items() if isinstance(error, kind))


def train(options):
    from threestep.training import train

    refuse_verb(options.config, options.overrides)
    where = {"out": options.out, "overwrite": options.overwrite, "init_from": options.init_from}
    return run(train, options.config, options.overrides, **where, **told(options))


def refuse_verb(word, rest):
    """ConfigError where the word for the config is no file, and more likely a verb that there is not."""
    from threestep.training import ConfigError

    if os.path.exists(word):
        return
    near = get_close_matches(word, VERBS, n=1)
    if near and word.isalpha():
        guess = f"Did you mean the verb {near[0]!r}? It comes first: train.py {near[0]} ..."
        raise ConfigError(f"{word!r} is no config file. {guess}")
    if rest and os.path.isfile(rest[0]):
        raise ConfigError(f"{word!r} is neither a verb nor a config file. A verb is one of {', '.join(VERBS)}")


def resume(options):
    from threestep.training import resume

    return run(resume, options.run, options.overrides, reschedule=options.reschedule, **told(options))


def told(options):
    bar = False if options.no_progress else None
    return {"plugins": options.plugins, "quiet": options.quiet, "verbose": options.verbose, "bar": bar}


def run(verb, *arguments, **options):
    """Trains, and leaves the curves in the run's folder; returns the exit code."""
    from threestep.see.curves import save_curves
    from threestep.training import read_checkpoint
    from threestep.training.signals import signals

    with signals():  # also after the run has let go of them
        folder, signal = verb(*arguments, **options)
        history = read_checkpoint(folder / "last.npz")[1]["history"]
        best = json.loads((folder / "summary.json").read_bytes())["best"]["epoch"]
        try:
            if history:
                save_curves(history, folder / "curves.png", best)
        except ImportError as error:
            if not options["quiet"]:
                print(error, file=sys.stderr)
    return 128 + signal if signal else 0


def check(options):
    from threestep.training.verbs.check import check

    return check(config_of(options))


def show(options):
    print(config_of(options).to_yaml(), end="")


def evaluate(options):
    from threestep.training.verbs.inference import evaluate_run

    evaluate_run(options.run, options.split, options.plugins)


def predict(options):
    from threestep.training.verbs.inference import predict_run

    predict_run(options.run, options.input, options.output, options.plugins)


def time(options):
    from threestep.training.verbs.timing import time_layers

    time_layers(config_of(options))


def list_names(options):
    from threestep.training.verbs.listing import list_names

    list_names(options.kind, options.name, options.plugins)


def new(options):
    from threestep.training.verbs.templates import new

    new(options.template, options.dest)


def fetch(options):
    from threestep.data import fetch

    print(f"{options.name} is in {fetch(options.name)}")


def schema(options):
    from threestep.training.verbs.schema import schema

    print(schema(options.plugins))


def check_coursework(options):
    from threestep.coursework.check import check_file

    return 0 if check_file(options.file, options.name, options.why) else 5


def grade_coursework(options):
    from threestep.coursework.assignment import assignment_of, read_assignment
    from threestep.coursework.errors import CourseworkError
    from threestep.coursework.formats import publish
    from threestep.coursework.grade import grade_submission

    if options.output and (os.path.isdir(options.output) or options.output == options.submission):
        raise CourseworkError(f"--output expected a file for the result, got {options.output}")
    assignment = read_assignment(options.assignment or assignment_of(options.submission))
    result = grade_submission(
        assignment, options.submission, lambda result: publish(result, options.format, options.output, last=False)
    )
    publish(result, options.format, options.output)


def verify_coursework(options):
    from threestep.coursework.assignment import read_assignment
    from threestep.coursework.verify import verify

    return 0 if verify(read_assignment(options.assignment)) else 5


def handout_coursework(options):
    from threestep.coursework.assignment import read_assignment
    from threestep.coursework.grade import grade_submission
    from threestep.coursework.handout import make_handout

    assignment = read_assignment(options.assignment)
    names = make_handout(assignment, options.dest, lambda path: grade_submission(assignment, path))
    print(f"{options.dest}: {', '.join(names)}")


def count_coursework(options):
    from threestep.coursework.stats import statistics

    found = statistics(options.results)
    print(found)
    return found.exit_code


def config_of(options):
    from threestep.training import load_config

    return load_config(options.config, options.overrides, options.plugins)


VERBS = {
    "train": train,
    "resume": resume,
    "check": check,
    "show": show,
    "eval": evaluate,
    "predict": predict,
    "time": time,
    "list": list_names,
    "new": new,
    "fetch": fetch,
    "schema": schema,
    "coursework check": check_coursework,
    "coursework grade": grade_coursework,
    "coursework verify": verify_coursework,
    "coursework handout": handout_coursework,
    "coursework stats": count_coursework,
}


def parser(verb):
    """Each verb has a parser of its own; `train` is meant where none is named."""
    made = argparse.ArgumentParser(
        prog="train.py" if verb == "train" else f"train.py {verb}",
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pairs = {"metavar": "key=value", "nargs": "*", "default": []}  # without a default argparse says it is required
    if verb in ("train", "check", "show", "time"):
        made.add_argument("config", metavar="CONFIG", help="a YAML file; - reads it from stdin")
        made.add_argument("overrides", **pairs, help="replaces a value, as in optimizer.lr=0.01")
    if verb in ("resume", "eval", "predict"):
        made.add_argument("run", metavar="RUN", help="a run's folder, or one of the checkpoints in it")
    if verb == "resume":
        made.add_argument("overrides", **pairs, help="train.epochs=N, to go on to epoch N")
        made.add_argument("--reschedule", action="store_true", help="let the schedule follow a new train.epochs")
    if verb == "train":
        made.add_argument("--out", metavar="DIR", help="the run's folder; runs/NAME/DATE-TIME unless given")
        made.add_argument("--overwrite", action="store_true", help="replace the run that --out holds")
        made.add_argument("--init-from", metavar="CHECKPOINT", help="start with the weights of a .npz file")
    if verb in ("train", "resume"):
        made.add_argument("-q", "--quiet", action="store_true", help="print the result only")
        made.add_argument("-v", "--verbose", action="store_true", help="print the layers, and a line for each epoch")
        made.add_argument("--no-progress", action="store_true", help="draw no progress bar")
    if verb == "eval":
        made.add_argument("--split", help="train, valid or test; unless given, test where there is one")
    if verb == "predict":
        made.add_argument("--input", metavar="FILE", required=True, help="examples: .npy, .npz or .csv")
        made.add_argument("--output", metavar="FILE", help="a CSV file; unless given, the terminal")
    if verb == "list":
        made.add_argument("kind", metavar="KIND", nargs="?", help="what to list; unless given, everything there is")
        made.add_argument("name", metavar="NAME", nargs="?", help="one of them, with its options")
    if verb == "new":
        made.add_argument("template", metavar="TEMPLATE", help="see train.py list configs")
        made.add_argument("dest", metavar="DEST", nargs="?", help="the file to write; TEMPLATE.yaml unless given")
    if verb == "fetch":
        made.add_argument("name", choices=("MNIST", "FashionMNIST"))
    if verb == "coursework check":
        made.add_argument("file", metavar="FILE", help="a Python file with classes of your own")
        made.add_argument("name", metavar="CLASS", nargs="?", help="one of them; unless given, all")
        made.add_argument("--why", action="store_true", help="print wrong gradients beside the numerical ones")
    if verb == "coursework grade":
        made.add_argument("submission", metavar="FILE", help="what was handed in, or the folder that holds it")
        made.add_argument("--assignment", metavar="FOLDER", help="or a name such as hw1; unless given, the file's name")
        made.add_argument("--format", choices=FORMATS, default="json", help="whose words to use; json unless given")
        made.add_argument("--output", metavar="FILE", help="written anew after each item; unless given, the terminal")
    if verb in ("coursework verify", "coursework handout"):
        made.add_argument(
            "assignment", metavar="ASSIGNMENT", help="a folder with assignment.toml, or a name such as hw1"
        )
    if verb == "coursework handout":
        made.add_argument("dest", metavar="DEST", help="the folder to write, not there yet or empty")
    if verb == "coursework stats":
        made.add_argument("results", metavar="RESULTS", nargs="+", help="files, or folders, of --format json")
    if verb not in ("new", "fetch") and not verb.startswith("coursework"):
        made.add_argument("--plugins", metavar="FILE.py", help="a file with layers, losses or optimizers of your own")
    made.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return made
