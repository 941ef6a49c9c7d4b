"""What a user reads who has made a mistake: where, what, and how to mend it."""

import pytest

from threestep.training import ConfigError, load_config
from threestep.training.prepare import prepare

REST = "loss: CrossEntropy\noptimizer: Adam\ntrain: {epochs: 1}\n"
TABLE = {  # word for word what is promised
    "an option": (
        "data: Digits\nmodel:\n\n  - Flatten\n  - Dense: 10\n\nloss: CrossEntropy\noptimizer:\n"
        "  Adam: {learning_rate: 1}\ntrain: {epochs: 1}\n",
        "9:10: error: Adam has no option 'learning_rate'. Did you mean 'lr'? Options: lr, betas, eps, weight_decay.",
    ),
    "a number": (
        "data: Digits\nmodel:\n\n  - Flatten\n  - Dense: 10\n\nloss: CrossEntropy\noptimizer: Adam\n\n\n\n\n\ntrain:\n"
        "  epochs: ten\n",
        '15:11: error: train.epochs must be a whole number, got text "ten".',
    ),
    "a name": (
        "data: Digits\n\n\nmodel:\n  - Flatten\n  - Conv2D: {out_channels: 3, kernel_size: 3}\n" + REST,
        "6:5: error: no layer 'Conv2D'. Did you mean 'Conv2d'? See: train.py list layers",
    ),
    "a shape": (
        "data: Digits\n\n\nmodel:\n  - Conv2d: {out_channels: 6, kernel_size: 3}\n  - Tanh\n  - Identity\n"
        "  - Conv2d: {out_channels: 16, kernel_size: 1}\n  - Tanh\n  - Tanh\n  - AvgPool2d: 2\n  - Dense: 10\n" + REST,
        "12:5: error: layer 7 Dense needs flat input, but layer 6 AvgPool2d gives (3, 3, 16). "
        "Add '- Flatten' before line 12.",
    ),
    "classes": (
        "\n" * 14 + "data: Digits\nmodel:\n  - Flatten\n  - Dense: 100\n" + REST,
        "18:5: error: the last layer gives 100 values; Digits has 10 classes.",
    ),
    "indentation": (
        "data: Digits\n\n\n\nmodel:\n- Conv2d:\n  out_channels: 6\n  kernel_size: 5\n" + REST,
        "6:3: error: 'Conv2d' is empty and 'out_channels' sits beside it. Indent lines 7-8 by two more spaces, "
        "or write - Conv2d: {out_channels: 6, ...}.",
    ),
    "a tab": (
        "data: Digits\nmodel:\n  - Flatten\n\t- Dense: 10\n" + REST,
        "4:1: error: tab used for indentation; YAML needs spaces.",
    ),
    "twice": (
        "data: Digits\nmodel:\n  - Flatten\n  - Dense: 10\n\nloss: CrossEntropy\noptimizer: Adam\ntrain:\n"
        "  epochs: 1\n\n\n\n\ntrain: {}\n",
        "14:1: error: 'train' given twice (first at line 8).",
    ),
    "a comma": (
        "data: Digits\nmodel:\n\n  - Flatten\n  - Dense: 10\n\nloss: CrossEntropy\noptimizer:\n  Adam: {lr: 1,000}\n"
        "train: {epochs: 1}\n",
        '9:14: error: lr must be a number, got text "1,000".',
    ),
}


def refused(tmp_path, monkeypatch, text, *overrides):
    """The message about a config's text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        prepare(load_config("c.yaml", overrides))
    assert caught.value.placed
    return str(caught.value)


@pytest.mark.parametrize("case", TABLE)
def test_the_messages_word_for_word(tmp_path, monkeypatch, case):
    text, message = TABLE[case]
    what, line, caret = refused(tmp_path, monkeypatch, text).split("\n")
    assert what == f"c.yaml:{message}"
    number, column = map(int, message.split(":")[:2])
    assert line == text.split("\n")[number - 1].replace("\t", " ")
    assert caret == " " * (column - 1) + "^"


@pytest.mark.parametrize(
    ("key", "guess"), [("optimiser: Adam", "optimizer"), ("trian: {epochs: 1}", "train"), ("epochs: 1", "train.epochs")]
)
def test_what_is_misspelt_is_not_missing_too(tmp_path, monkeypatch, key, guess):
    rest = {"optimizer": "optimizer: Adam\n", "train": "train: {epochs: 1}\n"}
    rest.pop(guess.split(".")[0])
    text = "data: Digits\nmodel: [Flatten, Dense: 10]\nloss: CrossEntropy\n" + "".join(rest.values()) + key + "\n"
    (error,) = refused(tmp_path, monkeypatch, text).split("\n")[::3]
    assert error.startswith(f"c.yaml:5:1: error: unknown key '{key.split(':')[0]}'. Did you mean '{guess}'?")


def test_all_at_once_in_the_order_of_the_file(tmp_path, monkeypatch):
    text = (
        "sed: 1\ntrain: {epochs: 0, batchsize: 2}\noptimizer: {Adam: {lr: -1, betas: [a, 2]}}\nloss: MSEE\n"
        "metrics: [acuracy, error]\nmodel: [Flaten, Conv2d: {kernel_size: 1}, Dense: {units: 3}]\n"
    )
    found = refused(tmp_path, monkeypatch, text, "optimizer.eps=x", "seed=-1").split("\n")[::3]
    assert found == [
        "c.yaml:1:1: error: unknown key 'sed'. Did you mean 'seed'? Keys: seed, data, model, loss, optimizer, "
        "schedule, metrics, train.",
        "c.yaml:1:1: error: data is missing.",
        "c.yaml:2:17: error: train.epochs must be a whole number of 1 or more, got 0.",
        "c.yaml:2:20: error: unknown key 'train.batchsize'. Did you mean 'batch_size'? Keys: epochs, batch_size, "
        "accumulate, l1, l2, decay, clip_norm, clip_value, early_stop, checkpoint_steps, checkpoint_minutes.",
        "c.yaml:3:24: error: lr must be a number of 0 or more, got -1.",
        'c.yaml:3:36: error: betas[0] must be a number, got text "a".',
        "c.yaml:4:7: error: no loss 'MSEE'. Did you mean 'MSE'? See: train.py list losses",
        "c.yaml:5:11: error: no metric 'acuracy'. Did you mean 'accuracy'? Metrics: accuracy, error, mean_error.",
        "c.yaml:6:9: error: no layer 'Flaten'. Did you mean 'Flatten'? See: train.py list layers",
        "c.yaml:6:17: error: Conv2d needs out_channels and kernel_size, as in "
        "Conv2d: {out_channels: ..., kernel_size: ...}.",
        "c.yaml:6:51: error: Dense has no option 'units'. Did you mean 'out_features'? Options: out_features, bias, "
        "init, in_features, name, share, frozen, lr_factor.",
        'optimizer.eps=x:1:15: error: eps must be a number, got text "x".',
        "seed=-1:1:6: error: seed must be a whole number of 0 or more, got -1.",
    ]


def test_beside_an_unknown_option_the_others_are_read_too(tmp_path, monkeypatch):
    text = (
        "data: Digits\nmodel: [Flatten, Parallel: {merg: sum, layers: [Dense: ten, Tan]}]\nloss: CrossEntropy\n"
        "optimizer: {SGD: {learning_rate: 1, momentum: x}}\ntrain: {epochs: 1, early_stop: {patience: 0, mode: min}}\n"
    )
    places = [line.split(": ")[0] for line in refused(tmp_path, monkeypatch, text).split("\n")[::3]]
    assert places == [f"c.yaml:{place}" for place in ("2:29", "2:56", "2:61", "4:19", "4:47", "5:43", "5:46")]


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("{Step: {step_size: 9}}", "1:30: error: Step: step_size 9 is longer than the run of 3 epochs"),
        ("{Cosine: {warmup_epochs: 1, eta_min: 2}}", "1:48: error: Cosine: eta_min 2 is above lr 0.001"),
        ("Plateau", "1:11: error: Plateau: patience 10 is longer than the run of 3 epochs"),
    ],
)
def test_a_schedule_that_does_not_fit_is_told_at_its_option(tmp_path, monkeypatch, schedule, message):
    rest = "data: Digits\nmodel: [Flatten, Dense: 10]\nloss: CrossEntropy\noptimizer: Adam\ntrain: {epochs: 3}\n"
    found = refused(tmp_path, monkeypatch, f"schedule: {schedule}\n{rest}")
    assert found.split("\n")[0] == f"c.yaml:{message}"


def test_the_caret_stands_under_the_column(tmp_path, monkeypatch):
    wide = f"data: Digits\nmodel: [Flatten, Dense: 10]\nloss: {{CrossEntropy: {{'日本': 1}}}}\n{REST[19:]}"
    assert refused(tmp_path, monkeypatch, wide).split("\n")[2] == " " * 22 + "^"
    wide = wide.replace("'日本': 1", "weight: [1], '日本': 日本, lol: 2")
    before = "loss: {CrossEntropy: {weight: [1], '日本': 日本, "
    assert refused(tmp_path, monkeypatch, wide).split("\n")[5] == " " * (len(before) + 4) + "^"  # four wide ones
    long = f"data: Digits\nmodel: [{'ReLU, ' * 40}Reluu, {'ReLU, ' * 40}]\n{REST}"
    _, line, caret = refused(tmp_path, monkeypatch, long).split("\n")
    assert len(line) <= 106 and line.startswith("...") and line.endswith("...")
    assert line[caret.index("^") :].startswith("Reluu")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("{Dense: 'ten'}", 'out_features must be a whole number, got text "ten".'),
        ("{Dense: '10'}", 'out_features must be a whole number, got text "10". Write 10, without quotes.'),
        ("{Dense: '.nan'}", 'out_features must be a whole number, got text ".nan".'),
        ("{Dense: '%s'}" % ("1" * 101), 'out_features must be a whole number, got text "1111'),
        ("{Hardtanh: {max_val: -1}}", "min_val must be a number below max_val -1, got -1.0."),
        ("{Dense: 2.50}", "out_features must be a whole number above 0, got 2.5."),
        ("{Dense: {out_features: 2.50}}", "out_features must be a whole number above 0, got 2.50."),
        ("{Dense: {out_features: null}}", "out_features must be a whole number, got nothing."),
        ("{Dense: {out_features: {a: 1}}}", "out_features must be a whole number, got keys with values."),
        ("{Dense: {out_features: true}}", "out_features must be a whole number, got true."),
        ("{Dense: {out_features: 3, bias: on}}", 'bias must be true or false, got text "on". Write true.'),
        ("{Dense: {out_features: 3, bias: 'False'}}", 'got text "False". Write False, without quotes.'),
        (
            "{Dense: {out_features: 3, in_features: None}}",
            'in_features must be a whole number, got text "None". Write null.',
        ),
        ("{MaxPool2d: {kernel_size: (3, 3)}}", 'a whole number, or 2 of them, got text "(3, 3)". Write [3, 3].'),
        ("{MaxPool2d: [3, 3, 3]}", "a whole number of 1 or more, or 2 of them, got the list [3, 3, 3]."),
        ("{Residual: ReLU}", 'Residual must be a list of layers, got text "ReLU".'),
        ("{Residual: {layers: ReLU}}", 'layers must be a list of layers, got text "ReLU".'),
        ("{ReLU: 3}", "ReLU takes no options, got 3."),
        ("{Dense: 3, ReLU: }", "expected one component, got 2 keys (Dense, ReLU)."),
        ("{Dense: , units: 3}", "'Dense' is empty and 'units' sits beside it. Write - Dense: {units: 3}."),
        ("[Dense]", 'a layer must be Name, Name: value or Name: {key: value}, got the list ["Dense"].'),
        ("Wobble", "no layer 'Wobble'. See: train.py list layers, or give a class of your own by --plugins FILE.py"),
        ("Dropout2d", "Did you mean 'SpatialDropout'?"),
        ("{Dropout: {rate: 0.5}}", "Did you mean 'p'?"),
        ("{Dropout: {keep_prob: 0.5}}", "Dropout has no option 'keep_prob'. Options: p"),
        ("{BatchNorm: {epsilon: 0.5}}", "Did you mean 'eps'?"),
    ],
)
def test_layers_in_the_words_of_yaml(tmp_path, monkeypatch, part, message):
    found = refused(tmp_path, monkeypatch, f"data: Digits\nmodel: [{part}, Flatten, Dense: 10]\n{REST}")
    assert message in found, found
