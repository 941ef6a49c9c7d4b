"""--plugins FILE.py: classes of the user's own, known to one config only."""

from hashlib import sha256

import pytest

import layers
from threestep.training import ConfigError, load_config
from threestep.training.config.registry import LAYERS, LOSSES

OWN = """\
from layers import Dense as BuiltIn, Layer, ReLU
from losses import MSE
from optim import SGD, Step

class Double(Layer):
    def __init__(self, factor=2.0):
        self.factor = factor
    def forward(self, x):
        return self.factor * x
    def backward(self, g):
        return self.factor * g

class Dense(BuiltIn):
    "One of my own."

class Squares(MSE):
    pass

class Steep(SGD):
    pass

class Stairs(Step):
    pass

class _Hidden(Layer):
    pass
"""
TEXT = """\
data: Digits
model: [Flatten, Double: 3, Dense: 10]
loss: Squares
optimizer: Steep
schedule: {Stairs: 1}
train: {epochs: 2}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(TEXT)
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def test_classes_of_ones_own(folder):
    config = load_config("c.yaml", ["model.1.factor=4"], plugins="own.py")
    assert config.model[1].factor == 4 and type(config.model[2]).__doc__ == "One of my own."
    assert [type(part).__name__ for part in (config.loss, config.optimizer)] == ["Squares", "Steep"]
    names = ["Dense", "Double", "Squares", "Stairs", "Steep"]
    digest = sha256(OWN.encode()).hexdigest()
    assert config.plugins == {"file": str(folder / "own.py"), "sha256": digest, "names": names}
    (folder / "resolved.yaml").write_text(config.to_yaml())
    assert load_config("resolved.yaml", plugins="own.py").values == config.values


def test_no_other_config_knows_them(folder):
    load_config("c.yaml", plugins="own.py")
    with pytest.raises(ConfigError, match=r"no layer 'Double'.*--plugins FILE.py"):
        load_config("c.yaml")
    assert "Double" not in LAYERS and "Squares" not in LOSSES and LAYERS["Dense"] is layers.Dense
    plain = load_config("c.yaml", ["model=[Flatten, Dense: 10]", "loss=MSE", "optimizer=SGD", "schedule=null"])
    assert plain.plugins is None and type(plain.model[1]) is layers.Dense


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("from layers import Layer\nclass A(Layer:\n    pass\n", r"own.py:2:\d+: error: SyntaxError: "),
        ("import layers\n\nlayers.nothing\n", "own.py:3:1: error: AttributeError: module 'layers' has no attribute"),
        ("def f():\n    return 1 / 0\nf()\n", "own.py:2:1: error: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "own.py:1:1: error: SystemExit: 3"),
        ("from layers import Layer, ReLU\n", "own.py defines no Layer, Loss, Optimizer or Schedule of its own"),
        ("x = '\xff'\n", "own.py:1:.* error: SyntaxError"),
    ],
)
def test_a_file_that_does_not_work_is_told_with_its_line(folder, text, message):
    (folder / "own.py").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=message):
        load_config("c.yaml", plugins="own.py")


def test_a_file_that_is_not_there(folder):
    with pytest.raises(ConfigError, match="nowhere.py cannot be read: .*: --plugins expects a Python file"):
        load_config("c.yaml", plugins="nowhere.py")
