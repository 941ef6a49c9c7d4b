"""The command line in a child process that may be ended at any moment; forked, so that Python need not start anew."""

import os
import sys
import traceback

from threestep.cli import main

CONFIG = """\
data: {Moons: {n: 400}}
model:
  - Standardize
  - Dense: 16
  - BatchNorm
  - ReLU
  - Dropout: 0.2
  - Dense: 2
loss: CrossEntropy
optimizer:
  Adam: {lr: 0.01}
schedule:
  Cosine: {warmup_epochs: 1}
train:
  epochs: 6
  batch_size: 16
  accumulate: 2
  clip_norm: 1.0
  checkpoint_steps: 1
  early_stop: {metric: valid_loss, patience: 5}
"""


def start(arguments, folder, before=None):
    """(the child's process number, the file that its output goes to); it runs in `folder`, after calling `before`."""
    output = os.path.join(folder, "output.txt")
    child = os.fork()
    if child:
        return child, output
    code = 1
    try:
        os.chdir(folder)
        with open(output, "wb", buffering=0) as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))  # noqa: SIM115
        sys.modules["matplotlib"] = None  # curves take longer than these runs
        if before:
            before()
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def end(child):
    """The exit code of a child that has ended, or ends now; negative for the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def call(arguments, folder, before=None):
    """(exit code, output) of a child that runs to its end."""
    child, output = start(arguments, folder, before)
    code = end(child)
    with open(output, encoding="utf-8", errors="replace") as file:
        return code, file.read()
