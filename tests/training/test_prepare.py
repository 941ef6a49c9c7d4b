"""Data, model and loss that do not go together, told at the layer or the loss in question."""

import pytest

from layers.initializers import require_memory
from threestep.training import ConfigError, load_config
from threestep.training.prepare import prepare


def refused(tmp_path, monkeypatch, model, data="Digits", loss="CrossEntropy", train="{epochs: 1}"):
    """The first line of the message about a config whose model starts on line 3."""
    monkeypatch.chdir(tmp_path)
    listed = "".join(f"  - {layer}\n" for layer in model)
    (tmp_path / "c.yaml").write_text(f"data: {data}\nmodel:\n{listed}loss: {loss}\noptimizer: Adam\ntrain: {train}\n")
    config = load_config("c.yaml")
    with pytest.raises(ConfigError) as caught:
        prepare(config)
    return str(caught.value).split("\n")[0].removeprefix("c.yaml:")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            ["Dense: 10"],
            "3:5: error: layer 0 Dense needs flat input, but Digits gives (8, 8, 1). Add '- Flatten' before line 3.",
        ),
        (
            ["Tanh", "Sequential: [AvgPool2d: 2, Dense: 10]"],
            "4:32: error: layer 1 Sequential: layer 1 Dense needs flat input, but "
            "layer 1 Sequential: layer 0 AvgPool2d "
            "gives (4, 4, 1). Add Flatten before it.",
        ),
        (
            ["Residual: [Dense: 10]"],
            "3:16: error: layer 0 Residual: layer 0 Dense needs flat input, but it gets (8, 8, 1). "
            "Add Flatten before it.",
        ),
        (
            ["Graph: {inputs: x, nodes: {a: {from: x, Dense: 3}}, outputs: a}"],
            "3:45: error: layer 0 Graph: node a Dense needs flat input, but it gets (8, 8, 1). Add Flatten before it.",
        ),
        (
            ["Flatten", "Conv2d: {out_channels: 2, kernel_size: 3}"],
            "4:5: error: layer 1 Conv2d expected images",
        ),
        (
            ["Flatten", "Dense: {out_features: 10, in_features: 3}"],
            "4:5: error: layer 1 Dense expected x of shape (N, 3), got ",
        ),
        (["Conv2d: {out_channels: 2, kernel_size: 9}", "Flatten"], "3:5: error: layer 0 Conv2d expected "),
        (
            ["Flatten", "Dense: 10", "Dense: {out_features: 5, share: z}"],
            "5:5: error: layer 2 Dense shares 'z', but no layer is",
        ),
        (["Flatten", "Dense: 100"], "4:5: error: the last layer gives 100 values; Digits has 10 classes."),
        (["Flatten", "Sequential: [Dense: 3]"], "4:5: error: the last layer gives 3 values; Digits has 10 classes."),
        (
            ["Flatten", "Dense: 100000000000"],
            "4:5: error: layer 1 Dense: a weight of shape (100000000000, 64) needs 102,400 ",
        ),
        (
            ["Conv2d: {out_channels: 1000000000000, kernel_size: 1}", "Flatten"],
            "3:5: error: layer 0 Conv2d: a weight of shape (1000000000000, 1, 1, 1) needs 16,000 ",
        ),
        (
            ["Upsample: 1000000", "Flatten"],
            "2:1: error: the layers' outputs for a batch of 256 need",
        ),
    ],
)
def test_a_model_is_told_at_the_layer(tmp_path, monkeypatch, model, message):
    found = refused(tmp_path, monkeypatch, model)
    assert found.startswith(message), found


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("BinaryCrossEntropy", "5:7: error: BinaryCrossEntropy expected prediction in [0, 1], got "),
        ("{BinaryCrossEntropy: {}}", "5:8: error: BinaryCrossEntropy expected prediction in [0, 1], got "),
        (
            "{CrossEntropy: {weight: [1, 2]}}",
            "5:8: error: CrossEntropy expected a weight for each of 10 classes, got 2",
        ),
    ],
)
def test_a_loss_is_told_at_its_name(tmp_path, monkeypatch, loss, message):
    found = refused(tmp_path, monkeypatch, ["Flatten", "Dense: 10"], loss=loss)
    assert found.startswith(message), found


def test_what_only_training_refuses(tmp_path, monkeypatch):
    found = refused(tmp_path, monkeypatch, ["Flatten", "BatchNorm", "Dense: 10"], train="{epochs: 1, batch_size: 1}")
    assert found.startswith("4:5: error: layer 1 BatchNorm expected more than one value in each channel")


def test_early_stop_needs_something_to_watch(tmp_path, monkeypatch):
    xor = {"data": "Xor", "loss": "BinaryCrossEntropy", "train": "{epochs: 1, early_stop: {patience: 2}}"}
    found = refused(tmp_path, monkeypatch, ["Dense: 1", "Sigmoid"], **xor)
    assert found == (
        "7:20: error: early_stop watches valid_loss, and Xor has no examples put aside for it. Use train_loss."
    )


def test_data_that_its_constructor_refuses(tmp_path, monkeypatch):
    found = refused(tmp_path, monkeypatch, ["Flatten", "Dense: 10"], data="{Digits: {valid: []}}")
    assert found.startswith("1:24: error: valid must be a share below 1 or a number of examples, got the list [].")


def test_memory_is_asked_for_before_it_is_taken():
    require_memory("a little", 1000)
    with pytest.raises(MemoryError, match="a lot needs 8,000,000 GB, and this machine has"):
        require_memory("a lot", 10**15)
