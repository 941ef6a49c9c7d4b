"""Malformed configs, some hundred of the fuzz: accepted, or refused with a place, and never a traceback."""

import random

import pytest

from benchmarks.reliability.fuzz import CONFIGS, fuzz, mutated, wrong
from threestep.data import DataError
from threestep.training import ConfigError, load_config
from threestep.training.prepare import prepare


def test_some_hundred_malformed_configs(tmp_path):
    failures, codes, _, peak = fuzz(300, 1, tmp_path / "c.yaml")
    assert not failures, failures[0]
    assert codes[0] > 20 and codes[2] > 100 and peak < 50e6


def test_some_that_are_prepared(tmp_path):
    rng, path, prepared = random.Random(2), tmp_path / "c.yaml", 0
    small = [config for config in CONFIGS if config.stem in ("digits_mlp", "xor")]
    for _ in range(100):
        path.write_bytes(mutated(rng, rng.choice(small).read_bytes()))
        try:
            prepare(load_config(path))
            prepared += 1
        except ConfigError as error:
            assert error.placed, error
        except DataError:
            pass
    assert prepared > 10


@pytest.mark.parametrize(
    ("code", "err", "what"),
    [
        (0, "", None),
        (3, "error: not found\n", None),
        (2, "c.yaml:1:2: error: no\nline\n ^\n", None),
        (2, "c.yaml:1:2: error: no\nline\n ^\nerror: no\n", "an error without a place"),
        (1, "", "exit 1"),
        (2, "Traceback (most recent call last)\n", "exit 2"),
    ],
)
def test_the_fuzz_tells_a_failure(code, err, what):
    assert wrong(code, err) == what
