"""Child: the process that runs a student's file. It is started by process.py, in a folder with copies of these modules.

It reads its task, lets itself be confined, loads the file, plays the script, and hands the answers back. It never
learns what they are compared with.
"""

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import numpy as np

import layers
import losses
import optim

from . import parcel
from .confine import confine
from .play import play

WHY = (
    "{} is not there while a submission is graded: it may import NumPy, the standard library, "
    "and Layer from layers, Loss from losses, Optimizer from optim"
)


def main():
    folder, answer, report = Path(sys.argv[1]), *map(int, sys.argv[3:])
    task, arrays = parcel.unpack((folder / "task").read_bytes())
    sys.path[:] = [path for path in sys.path if path not in sys.argv[1:3]]  # the standard library's stay
    hidden = [Path(path) for path in task["hidden"]]
    confine(task["level"], task["limits"], hidden, folder, numpy_folders(), answer, report)
    close_the_library()
    file = folder / "work" / task["file"]
    try:
        answers, notes = play(task["script"], arrays, load(file))
        data = parcel.pack({"receipt": task["receipt"], "notes": notes, "error": None}, answers)
    except BaseException as error:  # SystemExit and KeyboardInterrupt, too
        what = sentence(error, file, task["limits"])
        data = parcel.pack({"receipt": task["receipt"], "notes": {}, "error": what}, {})
    view = memoryview(data)
    while view:
        view = view[os.write(answer, view) :]
    os._exit(0)  # and nothing that waits for the interpreter's end


def numpy_folders():
    folder = Path(np.__file__).parent
    return [path for path in (folder, folder.with_name("numpy.libs")) if path.is_dir()]


def close_the_library():
    """Lets what is not NumPy's nor the standard library's be refused with the reason."""
    sys.meta_path.append(Gate)
    for module in (layers, losses, optim):
        module.__path__ = []  # a package, whose parts are looked for as modules


class Gate:
    """The last of Python's finders, asked for what no other finds."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        raise ModuleNotFoundError(WHY.format(name))


def load(file):
    """The namespace of the student's file, as that of a module called submission."""
    module = ModuleType("submission")
    module.__file__ = str(file)
    sys.modules["submission"] = module
    exec(compile(file.read_bytes(), str(file), "exec", dont_inherit=True), vars(module))
    return vars(module)


def sentence(error, file, limits):
    """What went wrong, in words that go on from the file's name, with its line where there is one."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"is not Python in line {error.lineno}: {error.msg}"
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(file)]
    where = f" in line {lines[-1]}" if lines else ""
    if isinstance(error, MemoryError):
        return f"needed more than {limits['memory'] / 2**30:g} GiB of memory{where}"
    text = ""
    with suppress(BaseException):  # its __str__ may be the student's
        text = str(error)[:500]
    if isinstance(error, SystemExit):
        return f"ended itself with sys.exit({text}){where}"
    return f"raised {type(error).__name__}{where}{': ' if text else ''}{text}"
