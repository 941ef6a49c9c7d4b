"""What a run prints: the table of epochs, and what can be copied from it."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from threestep.training import load_config
from threestep.training.report import Bar, EpochTable, Log, closing, say, typed


def shown(capsys, epochs, before=0, until=None, stop=False, **how):
    """The lines of a table whose run has finished `before` epochs and ends with `until`."""
    table = EpochTable("opening", lambda text: None, **{"quiet": False, "verbose": False} | how)
    progress = SimpleNamespace(epoch=before, epochs=epochs, step=0, stop=False)
    table.on_start(progress)
    for progress.epoch in range(before + 1, (until or epochs) + 1):
        progress.record = {"epoch": progress.epoch, "train_loss": 0.5}
        progress.stop = stop and progress.epoch == until
        table.on_epoch(progress)
    table.on_end(progress)
    return capsys.readouterr().out.splitlines()


def test_a_head_and_a_line_for_each_epoch(capsys):
    lines = shown(capsys, 2)
    assert lines[:3] == ["opening", "", "         epoch      train loss"] and lines[-1] == ""
    assert [line.split()[0] for line in lines[3:-1]] == ["1", "2"]


@pytest.mark.parametrize(
    ("run", "epochs"),
    [
        ({"epochs": 100}, [1, *range(5, 101, 5)]),
        ({"epochs": 184, "before": 180}, [181, 182, 183, 184]),  # of a run that goes on, for the epochs to come
        ({"epochs": 400, "until": 37, "stop": "early"}, [1, 20, 37]),
        ({"epochs": 3, "before": 3}, []),
    ],
)
def test_the_first_and_the_last_epoch_have_a_line(capsys, run, epochs):
    lines = shown(capsys, **run)
    assert [int(line.split()[0]) for line in lines if " of " in line] == epochs
    assert any("train loss" in line for line in lines) == bool(epochs)  # no head alone


def test_quiet_and_verbose(capsys):
    assert shown(capsys, 3, quiet=True) == []
    assert len(shown(capsys, 100, verbose=True)) == 104


def test_the_bar_of_a_run_that_goes_on_begins_where_it_stopped(capsys):
    bar = Bar()
    bar.on_start(SimpleNamespace(epochs=4, steps_per_epoch=5, step=7))
    assert (bar.bar.n, bar.bar.total) == (7, 20)
    bar.on_end(None)


def test_where_nobody_reads_any_more_a_script_goes_on_in_silence(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as nobody, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", nobody)
        say("one")
        say("two")


def test_the_log_takes_any_file_name(tmp_path):
    Log(tmp_path)("folder gr\udcc3\udcb6")  # as it comes from the command line where Python reads bytes as ASCII
    assert r"folder gr\udcc3\udcb6" in (tmp_path / "train.log").read_text(encoding="utf-8")


def test_a_path_is_typed_in_quotes_where_it_needs_them():
    assert [typed(path) for path in (Path("runs/größe"), "my run", "a&b")] == ["runs/größe", '"my run"', '"a&b"']


def test_the_closing_names_the_weights_that_were_evaluated():
    root = Path(__file__).resolve().parents[2]
    stops = load_config(root / "configs" / "xor.yaml", ["train.early_stop={metric: train_loss, patience: 2}"])
    summary = {"status": "finished", "seconds": 1, "train": {"loss": 0.1}, "epoch": 4}
    summary["best"] = {"metric": "train_loss", "value": 0.1, "epoch": 2}
    for status, config, file in (
        ("finished", stops, "best.npz"),
        ("finished", load_config(root / "configs" / "xor.yaml"), "last.npz"),
        ("interrupted", stops, "last.npz"),
    ):
        text = closing(summary | {"status": status}, config, {"train": ([0], [0])}, Path("my run"))
        assert f"Weights: {Path('my run') / file}." in text
        assert ("the weights of epoch 2" in text) == (file == "best.npz")
        shown = Path("my run") / file if status == "interrupted" else Path("my run")
        assert f"load_run({str(shown)!r})" in text
    assert 'train.py resume "my run"' in text


@pytest.mark.parametrize(
    ("part", "count", "words"),
    [
        ("test", 1, "On the 1 example never used in training: loss"),
        ("test", 1000, "On the 1,000 examples never used in training: loss"),
        ("train", 1, "On the 1 training example: loss"),
    ],
)
def test_one_example_is_no_examples(part, count, words):
    config = SimpleNamespace(early_stop=None)
    summary = {"status": "finished", "seconds": 1, part: {"loss": 0.1}, "best": None}
    assert words in closing(summary, config, {part: ([0] * count, [0] * count)}, Path("run"))
