"""README's code runs as it stands, prints what it shows, and names what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import layers
import losses
import optim
import threestep.checks
import threestep.data
import threestep.training
from layers.initializers import INITIALIZERS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
PROGRAMS = [
    (code, BLOCKS[place + 1][1] if BLOCKS[place + 1 :] and BLOCKS[place + 1][0] == "text" else "")
    for place, (language, code) in enumerate(BLOCKS)
    if language == "python"
]
COMMANDS = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()]


def shape_of(text):
    """The text with every number as 0 and no double spaces: figures may differ from machine to machine."""
    return re.sub(r" +", " ", re.sub(r"-?\d+(\.\d+)?(e[-+]\d+)?", "0", text)).strip()


def test_there_are_programs_and_commands():
    assert len(PROGRAMS) == 3 and len(COMMANDS) == 5


@pytest.mark.parametrize(("code", "printed"), PROGRAMS)
def test_programs_run_and_print_what_is_shown(code, printed, tmp_path):
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert shape_of(done.stdout) == shape_of(printed)


def test_the_first_program_learns(tmp_path):
    code = PROGRAMS[0][0].replace("print(", "assert right.mean() > 0.95; print(")
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path).returncode == 0


def test_the_config_shown_is_the_one_shipped():
    (shown,) = [code for language, code in BLOCKS if language == "yaml"]
    assert yaml.safe_load(shown) == yaml.safe_load((ROOT / "configs" / "digits_mlp.yaml").read_text())


def test_commands_name_files_that_exist():
    for command in COMMANDS:
        for name in re.findall(r"\S+\.(?:py|yaml)\b", command):
            assert (ROOT / name).exists() or name.startswith(".venv"), name
    for path in re.findall(r"`pytest ([^`]+)`", TEXT):
        assert all((ROOT / name).exists() for name in path.split())


@pytest.mark.parametrize("package", [layers, losses, optim, threestep.checks, threestep.training])
def test_the_table_names_what_there_is(package):
    row = re.search(rf"^\| `{package.__name__}` \|.*\n(\| \|.*\n)*", TEXT, re.MULTILINE)[0]  # with the rows that go on
    missing = [name for name in package.__all__ if f"`{name}`" not in row]
    internal = {"Loss", "Optimizer", "Report", "METRICS", "Config", "load_config", "Progress", "train"}
    errors = {"CheckpointError", "ConfigError", "Diverged"}
    assert not set(missing) - internal - errors
    if package is layers:
        assert all(f"`{name}`" in row for name in INITIALIZERS)
