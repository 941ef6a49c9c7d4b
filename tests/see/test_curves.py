"""Curves of a run: what is drawn where, for one epoch and for thousands; whole files, or a clear refusal."""

import subprocess
import sys

import pytest

from threestep.see import curves, save_curves

HISTORY = [
    {"epoch": 1, "train_loss": 2.0, "valid_loss": 1.0, "valid_accuracy": 0.5, "train_penalty": 0.2, "lr": 0.1},
    {"epoch": 2, "train_loss": 0.1, "valid_loss": 0.4, "valid_accuracy": 0.9, "train_penalty": 0.1, "lr": 0.05},
    {"epoch": 3, "train_loss": 0.01, "valid_loss": 0.5, "valid_accuracy": 0.8, "train_penalty": 0.1, "lr": 0.0},
]


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draws a history into a file; returns the axes of its panels."""
    figure = pytest.importorskip("matplotlib.figure", reason="pictures need the extra plots: pip install -e '.[plots]'")

    def draw(history, name="curves.png", best=None):
        kept = []

        class Kept(figure.Figure):
            def savefig(self, *arguments, **options):
                kept.append(self)
                super().savefig(*arguments, **options)

        monkeypatch.setattr(figure, "Figure", Kept)
        save_curves(history, tmp_path / name, best)
        assert [path.name for path in tmp_path.iterdir()] == [name]
        return kept[0].axes

    return draw


def points(axes):
    return {line.get_label(): line.get_ydata() for line in axes.get_lines() if not line.get_label().startswith("_")}


def dotted(axes):
    (line,) = [line for line in axes.get_lines() if line.get_label().startswith("_")]
    return line.get_xdata()[0]


def test_a_panel_for_each_kind_of_figure(drawn, tmp_path):
    loss, accuracy, penalty, lr = drawn(HISTORY)
    assert [axes.get_ylabel() for axes in (loss, accuracy, penalty, lr)] == [
        "loss",
        "valid accuracy (%)",
        "train penalty",
        "lr",
    ]
    assert {name: list(y) for name, y in points(loss).items()} == {"train": [2.0, 0.1, 0.01], "valid": [1.0, 0.4, 0.5]}
    assert list(points(accuracy)["valid"]) == pytest.approx([50, 90, 80])
    assert list(points(lr)["lr"]) == [0.1, 0.05, 0.0]
    assert loss.get_yscale() == "log" and accuracy.get_yscale() == lr.get_yscale() == "linear"
    assert {0.02, 0.05, 0.1} <= set(loss.get_yticks().round(9))
    assert lr.get_xlabel() == "epoch" and loss.get_xlabel() == ""
    assert [axes.get_legend() is not None for axes in (loss, accuracy, penalty, lr)] == [True, False, False, False]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_epoch_is_that_of_the_smallest_valid_loss(drawn):
    panels = drawn(HISTORY)
    assert [dotted(axes) for axes in panels] == [2, 2, 2, 2]
    assert panels[0].texts[0].get_text() == "best epoch: 2"
    assert [dotted(axes) for axes in drawn(HISTORY, best=3)] == [3, 3, 3, 3]


def test_without_validation_it_is_that_of_the_smallest_train_loss(drawn):
    (loss,) = drawn([{"epoch": epoch, "train_loss": value} for epoch, value in ((4, 0.5), (5, 0.3), (6, 0.4))])
    assert dotted(loss) == 5 and loss.get_ylabel() == "train loss" and loss.get_legend() is None
    assert loss.get_yscale() == "linear"  # from 0.3 to 0.5


def test_train_and_valid_share_the_panel_of_a_metric(drawn):
    history = [{**record, "train_accuracy": 1.0, "valid_mean_error": 3.0} for record in HISTORY]
    _, accuracy, _, error, _ = drawn(history)
    assert set(points(accuracy)) == {"train", "valid"} and accuracy.get_ylabel() == "accuracy (%)"
    assert error.get_ylabel() == "valid mean error" and list(points(error)["valid"]) == [3, 3, 3]


def test_one_epoch_is_seen(drawn):
    loss, *_, lr = drawn(HISTORY[:1])
    assert loss.get_lines()[0].get_marker() == "o"
    assert [tick for tick in lr.get_xticks() if 0.5 <= tick <= 1.5] == [1]


def test_a_figure_that_is_not_finite_is_left_out(drawn):
    loss, *_ = drawn(
        [{**HISTORY[0], "valid_loss": float("nan"), "train_loss": float("inf")}, {**HISTORY[0], "epoch": 2}]
    )
    assert dotted(loss) == 2 and loss.get_yscale() == "linear"


@pytest.mark.parametrize("name", ["curves.svg", "curves.pdf"])
def test_ten_thousand_epochs_in_other_forms(drawn, name):
    loss, _ = drawn([{"epoch": i, "train_loss": 1e4 / i, "lr": 0.1} for i in range(1, 10_001)], name)
    assert len(points(loss)["train"]) == 10_000 and dotted(loss) == 10_000


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra plots: pip install -e '.[plots]'")
    (tmp_path / "curves.txt").write_text("before")
    with pytest.raises(ValueError, match="txt"):
        save_curves(HISTORY, tmp_path / "curves.txt")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_history_without_epochs(tmp_path):
    with pytest.raises(ValueError, match="history expected an epoch or more, got none"):
        save_curves([], tmp_path / "curves.png")


def test_without_matplotlib_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"curves.png needs matplotlib, the extra plots: python -m pip install"):
        save_curves(HISTORY, tmp_path / "curves.png")
    assert not list(tmp_path.iterdir())


def test_no_window_and_no_pyplot_are_needed(tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra plots: pip install -e '.[plots]'")
    root = curves.__file__.rsplit("threestep", 1)[0]
    program = f"""
import sys
sys.path.insert(0, {root!r})
from threestep.see import save_curves
save_curves([{{"epoch": 1, "train_loss": 1.0}}], "curves.png")
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "curves.png").stat().st_size > 1000
