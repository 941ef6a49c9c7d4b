"""schema: an editor accepts what the config's reader accepts, and refuses what a signature shows to be wrong."""

import json

import pytest
import yaml

from threestep.training import load_config
from threestep.training.config import config
from threestep.training.config.keys import KEYS, TRAIN_KEYS
from threestep.training.config.registry import LAYER_KEYS, REGISTRIES, arguments
from threestep.training.verbs.schema import WORDS, first_sentence, schema
from threestep.training.verbs.templates import templates

SCHEMA = json.loads(schema())
DEFINITIONS = SCHEMA["definitions"]

GOOD = """
data: {Digits: {valid: 100}}
model:
  - Flatten
  - ReLU: {frozen: true}
  - Tanh:
  - Dense: {out_features: 8, bias: false, name: a, lr_factor: 0.5}
  - Conv2d: {out_channels: 8, kernel_size: [3, 3], stride: [1, 1], padding: same}
  - Residual: [ReLU, {Sequential: [{Dense: 8}]}]
  - Parallel: {layers: [{Dense: {out_features: 8, share: a}}, Tanh], merge: sum}
  - Graph: {inputs: x, nodes: {a: {from: x, Dense: 8}, b: {from: [x, a], Concat: }}, outputs: [b]}
loss: {CrossEntropy: {weight: [1, 2], label_smoothing: 0.1}}
optimizer: {Adam: {lr: 1.0e-3, betas: [0.9, 0.99]}}
schedule: {Cosine: {warmup_epochs: 1}}
metrics: [accuracy]
train: {epochs: 3, batch_size: 8, clip_norm: 1, decay: weights}
"""


@pytest.fixture(scope="module")
def valid():
    """Whether a value is valid under the schema."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install jsonschema")
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    return jsonschema.Draft7Validator(SCHEMA).is_valid


def changed(path, value):
    """GOOD with the value at a path such as train.epochs; ...: without it."""
    values = yaml.safe_load(GOOD)
    *keys, last = (int(key) if key.isdecimal() else key for key in path.split("."))
    here = values
    for key in keys:
        here = here[key]
    if value is ...:
        del here[last]
    else:
        here[last] = value
    return values


@pytest.mark.parametrize("name", templates())
def test_every_shipped_config_is_valid(valid, name):
    text = templates()[name].read_text(encoding="utf-8")
    assert valid(yaml.safe_load(text.replace("5e-4", "0.0005")))  # which PyYAML by itself reads as text
    assert valid(load_config(templates()[name]).values)  # every default filled in


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 3),
        ("schedule", ...),
        ("metrics", "error"),
        ("loss", "MSE"),
        ("optimizer", {"SGD": 0.1}),
        ("data", {"CSV": {"path": "a.csv", "target": ["a", "b"]}}),
        ("model.3.Dense", 8),
        ("model.0", {"BatchNorm": None}),
        ("model.0", {"MaxPool2d": [2, 2]}),
    ],
)
def test_what_is_right_is_valid(valid, path, value):
    assert valid(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data", ...),
        ("model", ...),
        ("loss", ...),
        ("optimizer", ...),
        ("train", ...),
        ("train.epochs", ...),
        ("train.epochs", "ten"),
        ("train.epochs", 0),
        ("train.epoch", 3),
        ("train.l1", "much"),
        ("seed", -1),
        ("sead", 1),
        ("metrics", ["acuracy"]),
        ("loss", "MSEE"),
        ("loss", {"CrossEntropy": {"label_smoothing": "much"}}),
        ("loss", {"MSE": None, "MAE": None}),
        ("loss", {}),
        ("optimizer", {"Adam": {"learning_rate": 0.1}}),
        ("optimizer", {"Adam": {"lr": "0.1"}}),
        ("optimizer", {"Adam": {"betas": 0.9}}),
        ("schedule", "Step"),  # which requires step_size
        ("data", "CSV"),
        ("data", {"CSV": {"path": "a.csv"}}),
        ("model", []),
        ("model", "Dense"),
        ("model.0", "Dense"),
        ("model.0", "flatten"),
        ("model.0", {"Dense": None}),
        ("model.0", {"Dense": {"bias": True}}),
        ("model.3.Dense.bias", "no"),
        ("model.3.Dense.units", 8),
        ("model.3.Dense.lr_factor", True),
        ("model.1.ReLU.frozn", True),
        ("model.5.Residual.0", "Relu"),
        ("model.6.Parallel.layers", ...),
        ("model.7.Graph.nodes.a.from", ...),
        ("model.7.Graph.nodes.a.Dense", ...),
        ("model.7.Graph.nodes.a.Tanh", None),
        ("model.7.Graph.nodes.a.Dense", {"units": 8}),
        ("model.7.Graph.nodes", {}),
    ],
)
def test_what_is_wrong_is_not_valid(valid, path, value):
    assert not valid(changed(path, value))


def test_the_keys_are_the_configs_own():
    assert set(SCHEMA["properties"]) == set(KEYS) and SCHEMA["additionalProperties"] is False
    assert SCHEMA["required"] == [key for key, default in KEYS.items() if default is ...]
    train = SCHEMA["properties"]["train"]
    assert set(train["properties"]) == set(TRAIN_KEYS) and train["required"] == ["epochs"]
    assert set(KEYS) | set(TRAIN_KEYS) <= set(WORDS)  # a key without a word has no hover text
    assert all(form.get("description") for form in (*SCHEMA["properties"].values(), *train["properties"].values()))


def test_a_new_key_of_train_appears_by_itself(monkeypatch):
    monkeypatch.setitem(config.TRAIN_KEYS, "warm_start", False)
    monkeypatch.setitem(config.TRAIN_KEYS, "early_stop", None)
    keys = json.loads(schema())["properties"]["train"]["properties"]
    assert keys["warm_start"] == {"type": "boolean", "default": False}
    assert set(keys["early_stop"]["properties"]) == {"metric", "patience"}
    assert keys["early_stop"]["type"] == "object" and keys["early_stop"]["additionalProperties"] is False


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_name_of_every_registry_appears_with_its_arguments(kind):
    names, mapping = DEFINITIONS[kind]["anyOf"]
    assert list(mapping["properties"]) == list(REGISTRIES[kind]) and mapping["maxProperties"] == 1
    assert len(names["enum"]) == len(names["enumDescriptions"])
    for name, cls in REGISTRIES[kind].items():
        needed = [key for key, p in arguments(cls).items() if p.default is p.empty]
        assert (name in names["enum"]) == (not needed)
        definition = DEFINITIONS[f"{kind}.{name}"]
        assert mapping["properties"][name] == {"$ref": f"#/definitions/{kind}.{name}"}
        (options,) = [form for form in definition["anyOf"] if form["type"] == "object"]
        assert set(options["properties"]) == {*arguments(cls), *(LAYER_KEYS if kind == "model" else ())}
        assert options.get("required", []) == needed and options["additionalProperties"] is False
        assert definition["description"] == first_sentence(cls.__doc__)


def test_defaults_and_types_are_the_signatures():
    options = next(form for form in DEFINITIONS["model.Dense"]["anyOf"] if form["type"] == "object")["properties"]
    assert options["bias"] == {"type": "boolean", "default": True} and options["out_features"] == {}
    assert options["init"] == {"type": "string", "default": "glorot_uniform"} and options["in_features"] == {}
    assert options["lr_factor"] == {"type": "number", "description": "a number of 0 or more"}
    optimizer = next(form for form in DEFINITIONS["optimizer.Adam"]["anyOf"] if form["type"] == "object")
    assert optimizer["properties"]["betas"] == {"type": "array", "default": [0.9, 0.999]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("y = f(... f(x)), so\n    it is. Two", "y = f(... f(x)), so it is."),
        ("No full stop\n\nhere", "No full stop here"),
        ("y is 0.5 at 0. s is the scale.", "y is 0.5 at 0."),
        (None, ""),
    ],
)
def test_the_first_sentence(text, sentence):
    assert first_sentence(text) == sentence


def test_the_verb(command):
    done = command("schema")
    assert done.returncode == 0 and json.loads(done.stdout) == SCHEMA, done.stderr
    assert json.loads(done.stdout)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_classes_of_a_plugin_file_are_known_too(tmp_path):
    (tmp_path / "own.py").write_text("from optim import Optimizer\nclass Plain(Optimizer):\n    lr = 0\n")
    definitions = json.loads(schema(tmp_path / "own.py"))["definitions"]
    assert "optimizer.Plain" in definitions and "optimizer.Adam" in definitions
    assert "optimizer.Plain" not in SCHEMA["definitions"]
