"""What a run must have in common with itself, asked of the facts alone."""

import json
from types import SimpleNamespace

import pytest

from threestep.training import ConfigError
from threestep.training.resuming import finished, require_same_config


@pytest.mark.parametrize(
    ("what", "changed", "expected"),
    [
        ("at its last epoch", {}, True),
        ("before it", {"epoch": 3}, False),
        ("in its last epoch", {"inside": True}, False),
        ("stopped early", {"epoch": 2, "stop": "early"}, True),
        ("interrupted", {"status": "interrupted"}, False),
    ],
)
def test_whether_a_run_has_come_to_its_end(tmp_path, what, changed, expected):
    run = {"epoch": 4, "inside": False, "stop": None, "status": "finished"} | changed
    (tmp_path / "summary.json").write_text(json.dumps({"status": run["status"], "epoch": run["epoch"]}))
    assert finished(tmp_path, SimpleNamespace(epochs=4), run) is expected


@pytest.mark.parametrize("text", [None, "", "[]", '{"status": "finished"}'])
def test_a_summary_that_tells_nothing_is_no_end(tmp_path, text):
    if text is not None:
        (tmp_path / "summary.json").write_text(text)
    facts = {"epoch": 4, "inside": False, "stop": None}
    assert not finished(tmp_path, SimpleNamespace(epochs=4), facts)


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ("one", "another", r"mine.py \(SHA-256 one\) in the run, mine.py \(SHA-256 another\) here"),
        ("one", None, r"mine.py \(SHA-256 one\) in the run, not given here"),
        (None, "one", r"not given in the run, mine.py \(SHA-256 one\) here"),
    ],
)
def test_other_plugins_are_refused(then, now, told):
    then, now = (hash_ and {"file": "mine.py", "sha256": hash_} for hash_ in (then, now))
    with pytest.raises(ConfigError, match=rf"--plugins: {told}$"):
        require_same_config("a", SimpleNamespace(values={}, plugins=now), {"config": {}, "plugins": then})
