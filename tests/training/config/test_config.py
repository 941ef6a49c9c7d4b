import io
from pathlib import Path

import numpy as np
import pytest
import yaml

from threestep.checks import check_gradients
from threestep.data import Dataset
from threestep.training import Config, ConfigError, load_config
from threestep.training.prepare import match_target

CONFIGS = sorted((Path(__file__).parents[3] / "configs").glob("*.yaml"))


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
    with pytest.raises(
        ConfigError,
        match="^loss.label_smoothing=1.5:1:22: error: label_smoothing must be a number from 0 to 1, got 1.5",
    ):
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
        ({"trian": {}}, [], "^trian: unknown key 'trian'. Did you mean 'train'"),
        (
            {"model": [{"Dense": {"out_feature": 3}}]},
            [],
            r"^model\[0\].Dense.out_feature: Dense has no option.*'out_features'",
        ),
        (
            {"model": ["Relu"]},
            [],
            r"^model\[0\].Relu: no layer 'Relu'. Did you mean 'ReLU'\? See: train.py list layers",
        ),
        (
            {"model": [{"Dense": None}]},
            [],
            r"^model\[0\].Dense: Dense needs out_features, as in Dense: {out_features: ...}.",
        ),
        (
            {"model": [{"Dense": "ten"}]},
            [],
            r'^model\[0\].Dense.out_features: out_features must be a whole number, got text "ten"\.',
        ),
        (
            {"model": [{"Dense": None, "bias": False}]},
            [],
            r"^model\[0\].Dense: 'Dense' is empty and 'bias' sits beside it. Write - Dense: {bias: ...}.",
        ),
        ({"model": [{"ReLU": 3}]}, [], r"^model\[0\].ReLU: ReLU takes no options, got 3."),
        (
            {"model": [{"Dense": {"out_features": 3, "frozen": "yes"}}]},
            [],
            'frozen: frozen must be true or false, got text "yes". Write true.',
        ),
        (
            {"model": [{"Dense": {"out_features": 3, "lr_factor": -1}}]},
            [],
            "lr_factor: lr_factor must be a number of 0 or more, got -1.",
        ),
        (
            {"model": [{"Dense": {"out_features": 3, "bias": "no"}}]},
            [],
            'bias must be true or false, got text "no". Write false.',
        ),
        ({"model": []}, [], "^model: model must be a list of layers, got"),
        ({"loss": {"CrossEntropy": {"name": "a"}}}, [], "^loss.CrossEntropy.name: CrossEntropy has no option 'name'"),
        ({"model": "Dense"}, [], '^model: model must be a list of layers, got text "Dense".'),
        ({"model": [3]}, [], r"^model\[0\]: a layer must be Name, Name: value or Name: {key: value}, got 3."),
        ({"loss": "MSEE"}, [], "^loss.MSEE: no loss 'MSEE'. Did you mean 'MSE'"),
        ({"optimizer": {"SGD": {"lr": -1}}}, [], "^optimizer.SGD.lr: lr must be a number of 0 or more, got -1."),
        ({"optimizer": {"Adam": {"betas": 3}}}, [], "^optimizer.Adam.betas: betas must be two numbers, got 3."),
        ({"data": None}, [], "^data: data must be Name, Name: value"),
        ({"data": {"Digits": {"vaild": 3}}}, [], "^data.Digits.vaild: Digits has no option.*'valid'"),
        ({"train": {"epochs": "ten"}}, [], '^train.epochs: train.epochs must be a whole number, got text "ten".'),
        ({"train": {"epochs": True}}, [], "^train.epochs: train.epochs must be a whole number, got true."),
        ({"train": {}}, [], "^train: train.epochs is missing."),
        ({"train": None}, [], "^train: train must be keys with values, got nothing."),
        (
            {"metrics": ["acuracy"]},
            [],
            "no metric 'acuracy'. Did you mean 'accuracy'\\? Metrics: accuracy, error, mean_error.",
        ),
        (
            {},
            ["optimizer.lr"],
            "^optimizer.lr:1:1: error: an override is key=value without spaces, such as optimizer.lr=0.01.",
        ),
        ({}, ["optimizer.Adam.lr=3"], "^optimizer.Adam.lr=3:1:11: error: no key 'Adam' in SGD, which stands there"),
        ({}, ["optimizr.lr=3"], "^optimizr.lr=3:1:1: error: no key 'optimizr' in the config. Did you mean 'optimizer'"),
        ({}, ["model.9.p=3"], "^model.9.p=3:1:7: error: a place from 0 to 3 must stand here, got '9'."),
        ({}, ["seed.x=3"], "^seed.x=3:1:1: error: 'seed' is 0 and has nothing inside"),
        ({"seed": -1}, [], "^seed: seed must be a whole number of 0 or more, got -1."),
    ],
)
def test_errors_name_the_path_what_was_expected_and_what_came(changes, overrides, message):
    config = values(seed=0, **changes) if "seed" not in changes else values(**changes)
    with pytest.raises(ConfigError, match=message):
        Config(config, overrides)


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


def test_when_to_stop_and_to_keep_weights():
    train = {"epochs": 2, "accumulate": 4, "early_stop": {"metric": "valid_error"}, "checkpoint_minutes": 0.5}
    config = Config(values(train=train, metrics=["error"]))
    assert (config.early_stop.metric, config.early_stop.patience) == ("valid_error", 5)
    assert (config.checkpoint_steps, config.checkpoint_minutes) == (None, 0.5)
    assert config.values["train"]["early_stop"] == {"metric": "valid_error", "patience": 5}
    assert config.values["train"]["accumulate"] == 4
    again = Config(yaml.safe_load(config.to_yaml()))
    assert again.values == config.values and again.early_stop.patience == 5
    plain = Config(values())
    assert plain.early_stop is None and plain.values["train"]["accumulate"] == 1
    assert "early_stop" not in plain.values["train"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("accumulate", 0, "train.accumulate must be a whole number of 1 or more, got 0."),
        ("accumulate", None, "train.accumulate must be a whole number, got nothing."),
        ("checkpoint_steps", 1.5, "train.checkpoint_steps must be a whole number of 1 or more, got 1.5."),
        ("checkpoint_minutes", 0, "train.checkpoint_minutes must be a number above 0, got 0."),
        (
            "early_stop",
            True,
            "train.early_stop must be keys with values, as in {metric: valid_loss, patience: 5}, got true.",
        ),
        ("early_stop", {"patience": 0}, "patience must be a whole number of 1 or more, got 0."),
        ("early_stop", {"patiense": 3}, "early_stop has no option 'patiense'. Did you mean 'patience'?"),
        (
            "early_stop",
            {"metric": "valid_error"},
            'metric must be one of train_loss, valid_loss, valid_accuracy, got text "valid_error".',
        ),
    ],
)
def test_when_it_cannot(key, value, message):
    with pytest.raises(ConfigError) as caught:
        Config(values(train={"epochs": 1, key: value}))
    assert message in str(caught.value) and not caught.value.placed


def test_a_config_from_stdin(monkeypatch):
    text = yaml.safe_dump(values(seed="x")).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    with pytest.raises(ConfigError, match='^<stdin>:14:7: error: seed must be a whole number, got text "x".'):
        load_config("-")


def test_a_misspelt_file_is_guessed(tmp_path):
    (tmp_path / "mine.yaml").write_text("")
    with pytest.raises(ConfigError, match=r"mine.yml not found. Did you mean .*mine.yaml\?$"):
        load_config(tmp_path / "mine.yml")


def test_files_that_cannot_be_read(tmp_path):
    for path, message in (
        (tmp_path, "is a folder: expected a config file; a run goes on with: train.py resume "),
        ("a" * 300, "cannot be read"),
        (tmp_path / "no.yaml", "not found"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=message) as caught:
            load_config(path)
        assert not caught.value.placed
