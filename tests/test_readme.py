"""README's code runs as it stands, prints what it shows, and names what exists."""

import json
import os
import re
import shutil
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
import threestep.see
import threestep.training
from layers.initializers import INITIALIZERS
from threestep.training import METRICS
from threestep.training.config.models import Models

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
    assert len(PROGRAMS) == 5 and len(COMMANDS) == 11


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


def test_the_yaml_within_the_text_says_what_it_should():
    graph = re.search(r"^    (- Graph: .*)$", TEXT, re.MULTILINE)[1]
    made = Models()
    model, _ = made.model(yaml.safe_load(graph))
    assert model.build((3,)) == (11,)
    found = re.findall(r"`(loss|schedule|data): (\{.*?\}\})`", TEXT.replace("\n", " "))
    assert [key for key, _ in found] == ["loss", "schedule", "data"]
    for key, spec in found:
        made.component(yaml.safe_load(spec), (key,), key)
    made.raise_errors()


def test_commands_name_files_that_exist():
    for command in COMMANDS:
        for name in re.findall(r"\S+\.(?:py|yaml)\b", command):
            assert (ROOT / name).exists() or name.startswith(".venv") or name in ("mine.yaml", "homework/hw1.py"), name
    for path in re.findall(r"`pytest ([^`]+)`", TEXT):
        assert all((ROOT / name).exists() for name in path.split() if "/" in name)


@pytest.mark.slow
def test_a_new_users_commands_run_as_they_stand(tmp_path):
    lines = [line for line in COMMANDS if "mine" in line]
    assert len(lines) == 2
    script = "\n".join(lines).replace("python train.py", f'"{sys.executable}" "{ROOT / "train.py"}"')
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for text in ("It can be trained.", "20 of 20", "going on", "30 of 30", "examples never used in training"):
        assert text in done.stdout
    assert len((tmp_path / "runs" / "mine" / "metrics.csv").read_text().splitlines()) == 31


@pytest.mark.slow
def test_the_commands_of_coursework_run_as_they_stand(tmp_path):
    script = "\n".join(line for line in COMMANDS if line.startswith("threestep coursework"))
    script = script.replace("threestep coursework verify hw1; ", "")  # half a minute: CI has it
    script = script.replace("threestep ", f'"{sys.executable}" -m threestep ')
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "Dense.forward is not written yet" in done.stdout, done.stderr
    assert json.loads((tmp_path / "result.json").read_text())["score"] == 0


def test_the_mistake_shown_is_told_in_those_words(tmp_path):
    (shown,) = [code for language, code in BLOCKS if language == "text" and "error:" in code]
    template = (ROOT / "configs" / "digits_mlp.yaml").read_text()
    row, column = map(int, re.match(r"mine.yaml:(\d+):(\d+):", shown).groups())
    lines = re.sub(r"\blr: (?=0)", "learning_rate: ", template).splitlines()
    (number,) = [n for n, line in enumerate(lines) if "learning_rate: 0" in line]
    (tmp_path / "mine.yaml").write_text("\n" * (row - 1 - number) + "\n".join(lines))
    program = [sys.executable, str(ROOT / "train.py"), "show", "mine.yaml"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.splitlines()[0] == shown.splitlines()[0]
    assert done.stderr.splitlines()[2] == shown.splitlines()[2] and len(shown.splitlines()[2]) == column


@pytest.mark.slow
def test_adding_a_layer_takes_three_edits(tmp_path):
    """layers/README.md carried out in a copy: the layer passes every test of the layers, and trains from YAML."""
    if (ROOT / "layers" / "gain.py").exists():
        pytest.skip("Gain has been added already")
    for name in ("layers", "losses", "optim", "threestep", "tests", "pyproject.toml", "README.md", "train.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    text = (ROOT / "layers" / "README.md").read_text()
    edits = re.findall(r"^```(\w+) (\S+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert [path for _, path, _ in edits] == ["layers/gain.py", "layers/__init__.py", "tests/layers/test_gain.py"]
    for kind, path, content in edits:
        if kind == "diff":
            content = apply(content, (tmp_path / path).read_text())
        else:
            assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(content)
    tests = ["tests/layers", "tests/test_structure.py", "tests/test_readme.py::test_the_table_names_what_there_is"]
    only = ["-k", "Gain or gain or structure or names"]  # the others are the same here as there
    program = [sys.executable, "-m", "pytest", "-q", *tests, *only]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and int(re.search(r"(\d+) passed", done.stdout)[1]) > 30, done.stdout
    (tmp_path / "gain.yaml").write_text(
        "{data: Xor, model: [Dense: 4, Gain, Tanh, Dense: 2], loss: CrossEntropy, optimizer: Adam, train: {epochs: 2}}"
    )
    done = subprocess.run([sys.executable, "train.py", "gain.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "Dense 4 > Gain > Tanh" in done.stdout, done.stderr


def apply(diff, text):
    """The text with each + line of a diff inserted below the line that the diff has above it."""
    above = ""
    for line in diff.splitlines():
        if line.startswith("+"):
            assert text.count(f"\n{above}\n") == 1, above
            text = text.replace(f"\n{above}\n", f"\n{above}\n{line[1:]}\n")
        above = line[1:]
    return text


@pytest.mark.parametrize(
    "package", [layers, losses, optim, threestep.data, threestep.checks, threestep.see, threestep.training]
)
def test_the_table_names_what_there_is(package):
    row = re.search(rf"^\| `{package.__name__}` \|.*\n(\| \|.*\n)*", TEXT, re.MULTILINE)[0]  # with the rows that go on
    named = set(re.findall(r"`(\w+)`", row)) - {package.__name__, "init"}
    others = {layers: [*INITIALIZERS, "Linear"], threestep.training: METRICS}.get(package, ())
    assert named <= {*package.__all__, *others}
    if package is not layers:  # which may gain one in three edits, and README is none of them
        internal = {
            "Loss",
            "Optimizer",
            "Schedule",
            "Report",
            "Taylor",
            "METRICS",
            "Config",
            "load_config",
            "Progress",
            "train",
        }
        errors = {"CheckpointError", "ConfigError", "DataError", "DATASETS", "Diverged"}
        assert not set(package.__all__) - named - internal - errors
