"""new: a config to start from, which trains as it stands, wherever it is written; nothing is overwritten."""

import json
import os
from pathlib import Path

import pytest

from threestep.training import ConfigError, load_config
from threestep.training.verbs.schema import schema
from threestep.training.verbs.templates import CONFIGS, new, templates

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = "threestep.schema.json"


@pytest.fixture(autouse=True)
def working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_templates_are_the_shipped_configs():
    assert sorted(templates()) == sorted(path.stem for path in (ROOT / "configs").glob("*.yaml")) and templates()


def test_an_installation_has_them_too():
    text = (ROOT / "pyproject.toml").read_text()
    assert '    "threestep.configs",\n' in text and '"threestep.configs" = "configs"\n' in text
    assert '"threestep.configs" = ["*"]\n' in text


@pytest.mark.parametrize("name", templates())
def test_a_copy_says_the_same_run(name, tmp_path):
    path = new(name)
    assert path == Path(f"{name}.yaml")
    text, shipped = path.read_text(encoding="utf-8"), templates()[name].read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n{shipped[:60]}")
    copy, original = load_config(path), load_config(templates()[name])
    assert copy.data_options.pop("path", None) == original.data_options.pop("path", None) or name == "auto_mpg"
    assert repr(copy.model) == repr(original.model) and copy.data_options == original.data_options
    assert json.loads((tmp_path / SCHEMA).read_text(encoding="utf-8")) == json.loads(schema())


def test_the_table_of_the_cars_is_found_from_anywhere():
    data = load_config(new("auto_mpg")).make_data()
    assert len(data.train[0]) + len(data.valid[0]) + len(data.test[0]) == 392


def test_it_says_what_was_written_and_what_comes_next(capsys):
    new("xor", "mine.yaml")
    printed = capsys.readouterr().out
    for text in (
        "mine.yaml: from the template xor\n",
        f"{SCHEMA}: ",
        "train.py check mine.yaml\n",
        "train.py mine.yaml",
    ):
        assert text in printed


def test_what_comes_next_can_be_typed(capsys):
    new("xor", "my xor.yaml")
    assert 'train.py check "my xor.yaml"\n' in capsys.readouterr().out


def test_where_it_goes(tmp_path):
    (tmp_path / "sub").mkdir()
    assert new("xor", "sub") == Path("sub/xor.yaml")
    assert new("digits_mlp", "sub/") == Path("sub/digits_mlp.yaml")
    assert new("xor", "sub/other.yml") == Path("sub/other.yml")
    assert {path.name for path in (tmp_path / "sub").iterdir()} == {"xor.yaml", "digits_mlp.yaml", "other.yml", SCHEMA}
    assert [path.name for path in tmp_path.iterdir()] == ["sub"]


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / SCHEMA).write_text("mine")
    path = new("xor")
    assert (tmp_path / SCHEMA).read_text() == "mine" and f"{SCHEMA}: exists already" in capsys.readouterr().out
    path.write_text("mine")
    with pytest.raises(ConfigError, match=r"^xor.yaml exists already and is not overwritten: give another DEST$"):
        new("xor")
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("template", "dest", "message"),
    [
        ("digit_mlp", None, "^no template 'digit_mlp'. Did you mean 'digits_mlp'?.* See: train.py list configs$"),
        ("zzz", None, "^no template 'zzz'. See: train.py list configs$"),
        ("xor", "nowhere/a.yaml", "^nowhere.a.yaml cannot be written: there is no folder .*nowhere, make it first$"),
        ("xor", "nowhere/", "^nowhere.xor.yaml cannot be written: there is no folder .*nowhere, make it first$"),
    ],
)
def test_refusals_leave_nothing(tmp_path, template, dest, message):
    with pytest.raises(ConfigError, match=message):
        new(template, dest)
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def no_room(file):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="no space left"):
        new("xor")
    assert not list(tmp_path.iterdir())


def test_the_verb(command):
    done = command("new", "xor")
    assert done.returncode == 0, done.stderr
    done = command("xor.yaml", "train.epochs=2", "-q")
    assert done.returncode == 0, done.stderr
    done = command("new", "xor")
    assert done.returncode == 2 and done.stderr.startswith("error: xor.yaml exists already"), done.stderr
    assert CONFIGS == ROOT / "configs"
