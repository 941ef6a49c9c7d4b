"""Templates: the configs that ship with the package, and a copy of one to start from."""

import json
import os
import re
from difflib import get_close_matches
from pathlib import Path

from ..errors import ConfigError, typed
from .schema import schema

PACKAGE = Path(__file__).resolve().parents[2]
CONFIGS = (PACKAGE if (PACKAGE / "configs").is_dir() else PACKAGE.parent) / "configs"  # installed, or a checkout
SCHEMA = "threestep.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA}\n"  # tells editors where the schema lies


def templates():
    """{name: the file} of the shipped configs."""
    return {path.stem: path for path in sorted(CONFIGS.glob("*.yaml"))}


def new(template, dest=None):
    """Writes a commented config to start from, and beside it the schema that editors complete and check it with.

    What is there already is never overwritten; a schema that is there is left as it is.

    Args:
        template: a shipped config's name. dest: the file, or a folder for TEMPLATE.yaml, such as the working
            folder, where it goes unless given.

    Returns the config's path.

    Raises ConfigError for an unknown template, a file that exists, or a folder that does not.
    """
    known = templates()
    if template not in known:
        raise unknown(f"template {template!r}", template, known, "train.py list configs")
    path = Path(dest or f"{template}.yaml")
    if path.is_dir() or str(dest).endswith(("/", os.sep)):
        path = path / f"{template}.yaml"
    if not path.parent.is_dir():
        raise ConfigError(f"{path} cannot be written: there is no folder {path.parent.absolute()}, make it first")
    try:
        write_new(path, MODELINE + with_own_files(known[template].read_text(encoding="utf-8")))
    except FileExistsError:
        raise ConfigError(f"{path} exists already and is not overwritten: give another DEST") from None
    print(f"{path}: from the template {template}")
    beside = path.with_name(SCHEMA)
    try:
        write_new(beside, schema() + "\n")
        print(f"{beside}: its JSON Schema, with which editors complete and check it")
    except FileExistsError:
        print(f"{beside}: exists already and is left as it is; train.py schema prints this version's")
    print(f"Next: edit {path}, then\n  train.py check {typed(path)}\n  train.py {typed(path)}")
    return path


def unknown(what, name, known, see):
    """The ConfigError for a name that is none of the known ones, with the nearest of them."""
    by_lower = {key.lower(): key for key in known}
    close = [by_lower[near] for near in get_close_matches(name.lower(), by_lower, n=1)]
    return ConfigError(f"no {what}.{f' Did you mean {close[0]!r}?' if close else ''} See: {see}")


def with_own_files(text):
    """The text with each path into configs/, which counts from a checkout, as that of the shipped file."""
    return re.sub(r"path: configs/([\w.]+)", lambda found: f"path: {json.dumps((CONFIGS / found[1]).as_posix())}", text)


def write_new(path, text):
    """Writes a file that is not there yet, whole or not at all; FileExistsError where something is."""
    file = open(path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115 - what fails below is to be undone once closed
    try:
        with file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise
