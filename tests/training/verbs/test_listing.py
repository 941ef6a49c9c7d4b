"""list: every name there is, and what it takes, in a form that can be copied into a config."""

import inspect
import re

import pytest
import yaml

import layers
from layers import Conv2d
from threestep.training import ConfigError
from threestep.training.config.components import Components
from threestep.training.config.registry import LAYERS, REGISTRIES
from threestep.training.verbs.listing import KINDS, list_names
from threestep.training.verbs.schema import required
from threestep.training.verbs.templates import templates


@pytest.fixture
def printed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        list_names(*arguments)
        return capsys.readouterr().out

    return run


def test_every_kind_with_its_names(printed):
    text = printed()
    assert re.findall(r"^\w+(?= )", text, re.MULTILINE)[:6] == [*KINDS, "configs"]
    words = set(re.findall(r"\w+", text))
    for names in (*REGISTRIES.values(), templates()):
        assert set(names) <= words
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_name_on_each_line(printed, kind):
    lines = printed(kind).splitlines()
    assert [line.split()[0] for line in lines] == list(REGISTRIES[KINDS[kind]])
    assert all(len(line) <= 100 and line.isascii() for line in lines)


def test_lines_say_the_first_sentence_cut_where_it_is_long(printed, monkeypatch):
    text = printed("layers")
    assert "ReLU             y = max(x, 0).\n" in text
    assert re.search(r"^Dropout +y = x m / .* \.\.\.$", text, re.MULTILINE)
    assert re.search(r"^Linear +Dense by another name\.$", text, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "200")
    assert re.search(r"^Dropout +y = x m / .*; y = x in evaluation\.$", printed("layers"), re.MULTILINE)


def test_a_narrow_terminal(printed, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    assert len(printed("losses").splitlines()) == len(REGISTRIES["loss"])
    assert printed() and printed("Conv2d")


def test_configs_have_the_first_sentence_of_their_comment(printed):
    lines = printed("configs").splitlines()
    assert [line.split()[0] for line in lines] == list(templates())
    assert all(re.search(r"^\w+ +\w.*(\.| \.\.\.)$", line) for line in lines)


def test_a_layer_with_its_options(printed):
    text = printed("layers", "Conv2d")
    assert text == printed("Conv2d")
    assert "Required: out_channels, kernel_size. Any layer also takes name, share, frozen, lr_factor." in text
    assert text.endswith(inspect.getdoc(Conv2d) + "\n")
    start = text.split("Required")[0].split("\n", 1)[1]
    assert re.search(r",\n {6}\w+: ", start) and len(start.strip().splitlines()) == 2
    assert yaml.safe_load(start.replace("...", "3")) == [
        {
            "Conv2d": {
                "out_channels": 3,
                "kernel_size": 3,
                "stride": 1,
                "padding": 0,
                "dilation": 1,
                "groups": 1,
                "bias": True,
                "init": "glorot_uniform",
                "in_channels": None,
            }
        }
    ]


@pytest.mark.parametrize("name", LAYERS)
def test_what_is_shown_of_a_layer_is_what_a_config_takes(printed, name):
    shown = printed("layers", name).split("Required")[0].split("\n", 1)[1]
    shown = yaml.safe_load(shown.replace("[...]", "[ReLU]").replace("...", "3"))
    assert shown and all(Components().component(spec, ("model", 0), "model")[0] == name for spec in shown)
    assert len(shown) == (len(required(LAYERS[name])) < 2) + bool(
        Components().component(shown[-1], ("model", 0), "model")[1]
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "layers"])
def test_what_is_shown_of_the_others_is_what_a_config_takes(printed, kind):
    key = KINDS[kind]
    for name, cls in REGISTRIES[key].items():
        shown = printed(kind, name).split("Required")[0].split("\n", 1)[1].replace("...", "3")
        for form in re.split(rf"(?=\b{key}: )", shown)[1:]:
            assert Components().component(yaml.safe_load(form)[key], (key,), key)[0] == name
        assert f"Required: {', '.join(required(cls)) or 'nothing'}." in printed(kind, name)


def test_a_name_of_two_kinds_is_shown_twice(printed):
    text = printed("Linear")
    assert "Linear (layers)\n" in text and "Linear (schedules)\n" in text
    assert "(layers)" not in printed("schedules", "Linear")


def test_a_shipped_config_is_shown_as_it_is(printed):
    assert printed("xor") == printed("configs", "xor") == templates()["xor"].read_text()


def test_a_layer_without_a_docstring(printed, monkeypatch):
    monkeypatch.setitem(LAYERS, "Bare", type("Bare", (layers.Layer,), {"__init__": lambda self: None, "__doc__": ""}))
    assert "- Bare\n" in printed("Bare") and "\nBare " in printed("layers")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["layer", "Dense"], "^no kind 'layer'. Did you mean 'layers'?"),
        (["Conv2d", "padding"], "^no kind 'Conv2d'. See: train.py list$"),
        (["Conv2D"], "^no kind or name 'Conv2D'. Did you mean 'Conv2d'?.* See: train.py list$"),
        (["optimisers"], "^no kind or name 'optimisers'. Did you mean 'optimizers'?"),
        (["layers", "relu"], "^no 'relu' in layers. Did you mean 'ReLU'?.* See: train.py list layers$"),
        (["configs", "digit_mlp"], "^no 'digit_mlp' in configs. Did you mean 'digits_mlp'?"),
        (["losses", "zzz"], "^no 'zzz' in losses. See: train.py list losses$"),
    ],
)
def test_unknown_names(arguments, message):
    with pytest.raises(ConfigError, match=message):
        list_names(*arguments)


def test_classes_of_a_plugin_file_are_listed_beside_the_others(printed, tmp_path):
    (tmp_path / "own.py").write_text("""
from layers import Layer
from losses import Loss

class Twice(Layer):
    \"\"\"y = factor x. And more.\"\"\"
    def __init__(self, factor=2.0):
        self.factor = factor

class Bare(Loss):
    pass
""")
    own = tmp_path / "own.py"
    assert " Twice" in printed(None, None, own) and " ReLU," in printed(None, None, own)
    assert re.search(r"^Twice +y = factor x\.$", printed("layers", None, own), re.MULTILINE)
    assert "- Twice: {factor: 2.0}\n" in printed("Twice", None, own)
    assert printed("Bare", None, own).endswith("Required: nothing.\n")  # not the docstring of Loss
    assert "Twice" not in printed()


def test_the_verb(command):
    done = command("list", "losses", "MSE")
    assert done.returncode == 0 and "loss: MSE\n" in done.stdout, done.stderr
    done = command("list", "Conv2D")
    assert done.returncode == 2 and done.stderr.startswith("error: no kind or name 'Conv2D'.") and not done.stdout
