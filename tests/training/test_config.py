from pathlib import Path

import numpy as np
import pytest
import yaml

from threestep.checks import check_gradients
from threestep.data import Dataset
from threestep.training import Config, ConfigError, load_config
from threestep.training.loader import read_yaml
from threestep.training.prepare import match_target

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def values(**changes):
    return {
        "data": "Digits",
        "model": ["Flatten", {"Dense": {"out_features": 8, "frozen": True, "name": "first"}}, "ReLU", {"Linear": 10}],
        "loss": "CrossEntropy",
        "optimizer": {"SGD": {"lr": 0.1}},
        "train": {"epochs": 2},
        **changes,
    }


def test_objects_and_defaults():
    config = Config(values())
    assert repr(config.model) == "Sequential(Flatten(), Dense(8), ReLU(), Dense(10))"
    assert config.model[1].frozen and config.model[1].name == "first"
    assert (config.seed, config.epochs, config.batch_size, config.optimizer.lr) == (0, 2, 32, 0.1)
    assert config.values["optimizer"] == {"SGD": {"lr": 0.1, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}}


def test_options_of_losses_are_keys():
    config = Config(values(loss={"CrossEntropy": {"weight": [1, 2], "label_smoothing": 0.1}}))
    assert repr(config.loss) == "CrossEntropy(weight=[1.0, 2.0], label_smoothing=0.1)"
    again = Config(yaml.safe_load(config.to_yaml()))
    assert repr(again.loss) == repr(config.loss)
    assert repr(Config(values(loss={"Hinge": 2})).loss) == "Hinge(p=2)"
    with pytest.raises(ConfigError, match="loss.CrossEntropy: label_smoothing expected a number from 0 to 1, got 1.5"):
        Config(values(), ["loss.label_smoothing=1.5"])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_resolved_config_says_the_same_run(path):
    config = load_config(path)
    again = Config(yaml.safe_load(config.to_yaml()))
    assert again.values == config.values and repr(again.model) == repr(config.model)


def test_nested_models():
    config = Config(values(model=["Flatten", {"Sequential": [{"Dense": 4}, "ReLU"]}, {"Dense": 10}]))
    assert repr(config.model) == "Sequential(Flatten(), Sequential(Dense(4), ReLU()), Dense(10))"
    assert repr(Config(yaml.safe_load(config.to_yaml())).model) == repr(config.model)
    with pytest.raises(ConfigError, match=r"^model\[0\].Sequential\[1\].Dropout.q: Dropout has no option 'q'"):
        Config(values(model=[{"Sequential": ["ReLU", {"Dropout": {"q": 1}}]}]))


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("optimizer.lr=3e-4", lambda c: c.optimizer.lr == 3e-4),
        ("optimizer=Adam", lambda c: type(c.optimizer).__name__ == "Adam"),
        ("model.1.out_features=5", lambda c: c.model[1].out_features == 5),
        ("model.2=Tanh", lambda c: type(c.model[2]).__name__ == "Tanh"),
        ("model.1.Dense.out_features=5", lambda c: c.model[1].out_features == 5),
        ("optimizer.SGD.lr=3e-4", lambda c: c.optimizer.lr == 3e-4),
        ("model.1.lr_factor=0.5", lambda c: c.model[1].lr_factor == 0.5),
        ("train.batch_size=7", lambda c: c.batch_size == 7),
        ("seed=3", lambda c: c.seed == 3),
        ("data.valid=50", lambda c: c.data_options == {"valid": 50}),
        ("metrics=[error]", lambda c: c.metrics == ["error"]),
    ],
)
def test_overrides(override, read):
    assert read(Config(values(), [override]))


@pytest.mark.parametrize(
    ("changes", "overrides", "message"),
    [
        ({"trian": {}}, [], "^trian: unknown key. Did you mean 'train'"),
        (
            {"model": [{"Dense": {"out_feature": 3}}]},
            [],
            r"^model\[0\].Dense.out_feature: Dense has no option.*'out_features'",
        ),
        ({"model": ["Relu"]}, [], r"^model\[0\]: no 'Relu'. Did you mean 'ReLU'"),
        (
            {"model": [{"Dense": None}]},
            [],
            r"^model\[0\].Dense: expected out_features, as in Dense: {out_features: ...}",
        ),
        (
            {"model": [{"Dense": "ten"}]},
            [],
            r"^model\[0\].Dense: out_features expected a whole number above 0, got 'ten'",
        ),
        ({"model": [{"Dense": None, "bias": False}]}, [], r"^model\[0\]: expected one component, got 2 keys"),
        ({"model": [{"ReLU": 3}]}, [], r"^model\[0\].ReLU: takes no options, got 3"),
        ({"model": [{"Dense": {"out_features": 3, "frozen": "yes"}}]}, [], "frozen: expected true or false, got 'yes'"),
        (
            {"model": [{"Dense": {"out_features": 3, "lr_factor": -1}}]},
            [],
            "lr_factor: expected a number of 0 or more, got -1",
        ),
        ({"model": [{"Dense": {"out_features": 3, "bias": "no"}}]}, [], "bias expected true or false, got 'no'"),
        ({"model": []}, [], "^model: expected a list of layers, got"),
        ({"loss": {"CrossEntropy": {"name": "a"}}}, [], "^loss.CrossEntropy.name: CrossEntropy has no option 'name'"),
        ({"model": "Dense"}, [], "^model: expected a list of layers, got 'Dense'"),
        ({"model": [3]}, [], r"^model\[0\]: expected Name, Name: value or Name: {key: value}, got 3"),
        ({"loss": "MSEE"}, [], "^loss: no 'MSEE'. Did you mean 'MSE'"),
        ({"optimizer": {"SGD": {"lr": -1}}}, [], "^optimizer.SGD: lr expected a number of 0 or more, got -1"),
        ({"optimizer": {"Adam": {"betas": 3}}}, [], "^optimizer.Adam: betas expected two numbers, got 3"),
        ({"data": None}, [], "^data: expected Name"),
        ({"data": {"Digits": {"vaild": 3}}}, [], "^data.Digits.vaild: Digits has no option.*'valid'"),
        ({"train": {"epochs": "ten"}}, [], "^train.epochs: expected a whole number of 1 or more, got text 'ten'"),
        ({"train": {"epochs": True}}, [], "^train.epochs: expected a whole number of 1 or more, got True"),
        ({"train": {}}, [], "^train.epochs: missing"),
        ({"train": None}, [], "^train: expected keys with values, got nothing"),
        ({"metrics": ["acuracy"]}, [], "^metrics: expected a list of accuracy, error, mean_error"),
        ({}, ["optimizer.lr"], "^'optimizer.lr': expected key=value"),
        ({}, ["optimizer.Adam.lr=3"], "^optimizer.Adam.lr: no key 'Adam' in SGD, which stands there"),
        ({}, ["optimizr.lr=3"], "^optimizr.lr: no key 'optimizr' in the config. Did you mean 'optimizer'"),
        ({}, ["model.9.p=3"], "^model.9.p: expected a place from 0 to 3, got '9'"),
        ({}, ["seed.x=3"], "^seed.x: 'seed' holds 0, which has nothing inside"),
        ({"seed": -1}, [], "^seed: expected a whole number of 0 or more, got -1"),
    ],
)
def test_errors_name_the_path_what_was_expected_and_what_came(changes, overrides, message):
    config = values(seed=0, **changes) if "seed" not in changes else values(**changes)
    with pytest.raises(ConfigError, match=message):
        Config(config, overrides)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("-2E5", -2e5),
        ("1.5e3", 1500.0),
        (".5e1", 5.0),
        ("3", 3),
        ("0.1", 0.1),
        ("1e", "1e"),
        ("e3", "e3"),
    ],
)
def test_numbers_as_people_write_them(text, value):
    read = read_yaml(f"a: {text}", "c.yaml")["a"]
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", r"^c.yaml:3:1: 'a' given twice \(first at line 1\)"),
        ("a:\n\tb: 1\n", "^c.yaml:2:1: "),
        ("a: [1, 2\n", "^c.yaml:2:1: "),
        ("a: !!python/object:os.system {}\n", "^c.yaml:1:4: "),
        ("? [1]\n: 2\n", "^c.yaml:1:3: a key must be text or a number"),
        ("[" * 5000, "^c.yaml:1:41: more than 40 levels deep"),
        ("a: &x [*x]\n", "^c.yaml:1:4: anchors"),
        ("a: !!timestamp foo\n", "^c.yaml:1:4: tags"),
        ("a: .nan\n", "^c.yaml:1:4: .nan is not a finite number"),
    ],
)
def test_yaml_errors_have_a_position(text, message):
    with pytest.raises(ConfigError, match=message):
        read_yaml(text, "c.yaml")


@pytest.mark.parametrize("content", [b"", b"- a\n", b"just text", b"\xff\xfe\x00"])
def test_files_that_are_no_config(tmp_path, content):
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="c.yaml"):
        load_config(path)


def test_the_loader_leaves_yamls_own_alone():
    assert yaml.safe_load("1e-3") == "1e-3"


def test_targets_in_the_form_that_the_loss_takes():
    """Labels of K classes are one-hot rows for K outputs, a column for one output and two classes, else refused."""
    y = np.array([0, 1, 1])

    def matched(loss, classes, output_shape):
        data = Dataset("mine", (np.zeros((3, 2)), y), classes=classes)
        return match_target(Config(values(loss=loss)), data, y, output_shape)

    assert matched("CrossEntropy", 2, (2,)) is y
    assert matched("MSE", 2, (2,)).tolist() == [[1, 0], [0, 1], [0, 1]]
    assert matched("MSE", 2, (1,)).tolist() == [[0], [1], [1]]
    assert matched("MSE", None, (1,)).tolist() == [[0], [1], [1]]
    for loss, classes, output_shape in (
        ("MSE", 3, (1,)),
        ("MSE", 3, (2,)),
        ("CrossEntropy", 3, (2,)),
        ("NLL", 2, (3, 2)),
    ):
        with pytest.raises(ConfigError, match="the last layer gives .* value"):
            matched(loss, classes, output_shape)


@pytest.mark.parametrize(
    ("name", "shape", "narrower"),
    [
        ("auto_mpg", (9,), ["model.1.out_features=8", "model.3.out_features=7"]),
        ("digits_mlp", (8, 8, 1), ["model.2.out_features=6"]),
        ("mnist_mlp", (28, 28, 1), ["model.1.out_features=4", "model.4.out_features=5"]),
        ("xor", (2,), []),
    ],
)
def test_gradients_of_the_shipped_models(name, shape, narrower):
    config = load_config(next(path for path in CONFIGS if path.stem == name), narrower)
    report = check_gradients(config.model, np.random.default_rng(3).random((3, *shape)))
    layers_with_parameters = sum(layer.__class__.__name__ == "Dense" for layer in config.model.layers)
    assert report and len(report.rows) == 1 + 2 * layers_with_parameters
