"""Layers, losses, optimizers and schedules of the user's own, from one file that the command line names."""

import inspect
import traceback
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from layers import Layer
from losses import Loss
from optim import Optimizer, Schedule

from ..errors import ConfigError
from .places import Place, Source
from .registry import REGISTRIES

BASES = {"model": Layer, "loss": Loss, "optimizer": Optimizer, "schedule": Schedule}


def known_classes(plugins=None):
    """({kind: {name: class}} of all that a config may name, what load_plugins tells of the user's file, or None)."""
    own, told = load_plugins(plugins) if plugins else ({}, None)
    return {kind: registry | own.get(kind, {}) for kind, registry in REGISTRIES.items()}, told


def load_plugins(file):
    """({kind: {name: class}}, {"file", "sha256", "names"}) of the public classes that a Python file defines.

    Executes the file. Its classes are known to the config that is being read, and to no other.
    Raises ConfigError where the file is missing, fails, or defines none.
    """
    path = Path(file).resolve()
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}: --plugins expects a Python file") from None
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{type(error).__name__}: {error}", place_in(path, source, error)) from None
    own = {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    found = {kind: {n: c for n, c in own.items() if issubclass(c, base)} for kind, base in BASES.items()}
    names = sorted(name for classes in found.values() for name in classes)
    if not names:
        raise ConfigError(f"{path} defines no Layer, Loss, Optimizer or Schedule of its own")
    return found, {"file": str(path), "sha256": sha256(source).hexdigest(), "names": names}


def place_in(path, source, error):
    """Where in the file an error was raised."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        line, column = error.lineno or 1, (error.offset or 1) - 1
    else:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line, column = lines[-1] if lines else 1, 0
    return Place(0, line - 1, max(column, 0), Source(str(path), source.decode(errors="replace").splitlines()))
