"""The folder of a run: which names it gets, and what --overwrite removes."""

from datetime import datetime
from pathlib import Path

import pytest

from threestep.training import ConfigError, folder
from threestep.training.folder import FILES, make_folder
from threestep.training.storage import write_checkpoint


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path("a")


def test_overwriting_removes_a_run_and_the_temporaries_of_one_that_was_killed(place):
    assert make_folder("name", place, overwrite=True) == place  # where there is none, it is made
    for name in (*FILES, ".last.npz.123.part"):
        (place / name).touch()
    make_folder("name", place, overwrite=True)
    assert place.is_dir() and not any(place.iterdir())


@pytest.mark.parametrize("foreign", ["thesis.txt", "metrics.csv.bak", "part", "best.npz.d/one"])
def test_what_is_no_run_s_is_not_overwritten(place, foreign):
    (place / foreign).parent.mkdir(parents=True)
    (place / foreign).touch()
    (place / "last.npz").touch()
    with pytest.raises(ConfigError, match=f"a holds {foreign.split('/')[0]}, which is no file of a run"):
        make_folder("name", place, overwrite=True)
    assert (place / "last.npz").exists() and (place / foreign).exists()


def test_a_file_is_no_folder_and_is_not_overwritten(place):
    place.write_text("thesis")
    with pytest.raises(ConfigError, match="^a exists already and is not overwritten: give another --out$"):
        make_folder("name", place, overwrite=True)
    assert place.read_text() == "thesis"


@pytest.mark.parametrize("damaged", [True, False])
def test_a_last_checkpoint_that_tells_no_epoch_is_kept_too(place, damaged):
    place.mkdir()
    (place / "last.npz").touch() if damaged else write_checkpoint(place / "last.npz", {}, {})
    before = (place / "last.npz").read_bytes()
    with pytest.raises(ConfigError, match=r"^a holds a run. Resume: train.py resume a. Or give another --out.$"):
        make_folder("name", place)
    assert (place / "last.npz").read_bytes() == before


def test_runs_that_start_in_the_same_second_have_folders_of_their_own(place, monkeypatch):
    class Clock:
        now = staticmethod(lambda: datetime(2030, 1, 2, 3, 4, 5))

    monkeypatch.setattr(folder, "datetime", Clock)
    names = [make_folder("digits").as_posix() for _ in range(3)]
    assert names == [f"runs/digits/20300102-030405{end}" for end in ("", "-2", "-3")]
