"""Every class of `layers` keeps the contract and has the right gradients: one table, from the tests beside this one.

Each test_*.py here has its rows in CASES: (layer, shape of x), or a list of shapes for several inputs.
"""

from copy import deepcopy
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

import layers
from threestep.checks import check_contract, check_gradients


def cases(path):
    """CASES of a test file, where it has any."""
    if path.name == Path(__file__).name:
        return []
    spec = spec_from_file_location(f"cases_of_{path.stem}", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, "CASES", [])


TABLE = [case for path in sorted(Path(__file__).parent.glob("test_*.py")) for case in cases(path)]

each_row = pytest.mark.parametrize(("layer", "shape"), TABLE, ids=[f"{layer!r}-{shape}" for layer, shape in TABLE])


def away_from_kinks(shape, seed=5):
    """Values of magnitude 0.2 to 2, so that no entry lies near ReLU's kink."""
    if isinstance(shape, list):
        return tuple(away_from_kinks(part, seed) for seed, part in enumerate(shape))
    rng = np.random.default_rng(seed)
    return rng.choice([-1, 1], shape) * rng.uniform(0.2, 2, shape)


def test_every_layer_has_a_row():
    in_table = {type(layer).__name__ for layer, _ in TABLE}
    assert in_table == set(layers.__all__) - {"Layer"}


@each_row
def test_contract(layer, shape):
    report = check_contract(layer, away_from_kinks(shape))
    assert report, f"\n{report}"  # pytest cuts what it writes itself


@each_row
def test_gradients(layer, shape):
    assert check_gradients(layer, away_from_kinks(shape))


@each_row
def test_flops_are_a_whole_number(layer, shape):
    layer = deepcopy(layer)
    layer.forward(away_from_kinks(shape))
    assert type(layer.flops) is int and layer.flops >= 0


@each_row
def test_no_examples_give_no_outputs_in_evaluation_and_an_error_in_training(layer, shape):
    layer, x = deepcopy(layer), away_from_kinks(shape)
    y, none = layer.forward(x), tuple(part[:0] for part in x) if isinstance(x, tuple) else x[:0]
    with pytest.raises(ValueError, match="expected at least one example to train on, got x of shape"):
        layer.train().forward(none)
    empty = layer.eval().forward(none)
    first, given = (empty[0], y[0]) if isinstance(empty, tuple) else (empty, y)
    assert first.shape == (0, *given.shape[1:])
    dx = layer.backward(empty)
    assert (dx[0] if isinstance(dx, tuple) else dx).shape == (none[0] if isinstance(none, tuple) else none).shape
    layer.update()
    assert not layer.gradient.any()
