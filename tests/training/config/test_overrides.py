"""key=value on the command line: where each reaches, and how it is told that it leads nowhere."""

import pytest

from threestep.training import ConfigError, load_config

TEXT = """\
data: Digits
model:
  - Flatten
  - Residual: [ReLU, Dense: 64]
  - Graph:
      inputs: x
      nodes: {a: {from: x, Dense: {out_features: 9, bias: false}}, b: {from: [a, x], Concat: }}
      outputs: b
  - Dense: 10
loss: CrossEntropy
optimizer: Adam
train: {epochs: 3}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(TEXT)
    return lambda *overrides: load_config("c.yaml", overrides)


@pytest.mark.parametrize(
    ("override", "read", "value"),
    [
        ("optimizer.lr=3e-4", lambda c: c.optimizer.lr, 3e-4),
        ("optimizer.Adam.lr=1", lambda c: c.optimizer.lr, 1),
        ("optimizer=SGD", lambda c: repr(c.optimizer), "SGD()"),
        ("optimizer={SGD: {lr: 0.2}}", lambda c: c.optimizer.lr, 0.2),
        ("model.3.out_features=11", lambda c: c.model[3].out_features, 11),
        ("model.3=Tanh", lambda c: repr(c.model[3]), "Tanh()"),
        ("model.1.1.out_features=5", lambda c: c.model[1].layers[1].out_features, 5),
        ("model.1.layers.0=Tanh", lambda c: repr(c.model[1].layers[0]), "Tanh()"),
        ("model.2.nodes.a.out_features=5", lambda c: c.model[2].nodes["a"][1].out_features, 5),
        ("model.2.nodes.b.from=[x, a]", lambda c: c.model[2].nodes["b"][0], ["x", "a"]),
        ("schedule=Cosine", lambda c: repr(c.fit_options["schedule"]), "Cosine()"),
        ("metrics=error", lambda c: c.metrics, ["error"]),
        ("seed=0x10", lambda c: c.seed, 16),
        ("train.early_stop={patience: 2}", lambda c: c.early_stop.patience, 2),
        ("data={Digits: {valid: 9}}", lambda c: c.data_options, {"valid": 9}),
    ],
)
def test_where_an_override_reaches(load, override, read, value):
    assert read(load(override)) == value


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.lr=ten", '1:14: error: lr must be a number, got text "ten".'),
        ("optimizer.learning_rate=1", "1:11: error: Adam has no option 'learning_rate'. Did you mean 'lr'?"),
        ("optimizer=Adm", "1:11: error: no optimizer 'Adm'. Did you mean 'Adam'?"),
        ("model.3.Dense.out_features=-2", "1:28: error: out_features must be a whole number above 0, got -2."),
        ("model.1.1=Dens", "1:11: error: no layer 'Dens'. Did you mean 'Dense'?"),
        ("model.3=Dense", "1:9: error: Dense needs out_features, as in Dense: {out_features: ...}."),
        ("model.1.7=ReLU", "1:9: error: a place from 0 to 1 must stand here, got '7'."),
        ("model.x=ReLU", "1:7: error: a place from 0 to 3 must stand here, got 'x'."),
        ("model.1.\u0661=ReLU", "1:9: error: a place from 0 to 1 must stand here"),
        ("optimizer.SGD.lr=1", "1:11: error: no key 'SGD' in Adam, which stands there."),
        ("modle.0=ReLU", "1:1: error: no key 'modle' in the config. Did you mean 'model'?"),
        ("modle=ReLU", "1:1: error: unknown key 'modle'. Did you mean 'model'?"),
        ("train.epoch=2", "1:7: error: unknown key 'train.epoch'. Did you mean 'epochs'?"),
        ("epochs=2", "1:1: error: unknown key 'epochs'. Did you mean 'train.epochs'? Keys: seed,"),
        ("train.epochs.x=2", "1:7: error: 'epochs' is 3 and has nothing inside."),
        (
            "schedule.Cosine.T_max=2",
            "1:1: error: schedule is not given yet, so give the whole of it, as in schedule='{Cosine: ",
        ),
        ("metrics.0=error", "1:1: error: no key 'metrics' in the config."),
        (
            "train.early_stop.patience=2",
            "1:7: error: early_stop is not given yet, so give the whole of it, as in train.early_stop='{metric: ",
        ),
        ("model.3.bias.x=2", "1:9: error: no key 'bias' in Dense, which stands there."),
        ("seed", "1:1: error: an override is key=value without spaces, such as optimizer.lr=0.01."),
        ("=3", "1:1: error: an override is key=value"),
        ("seed=[1", "1:8: error: expected ',' or ']'"),
        ("seed=.nan", "1:6: error: .nan is not a finite number."),
        ("metrics=[error, eror]", "1:17: error: no metric 'eror'. Did you mean 'error'?"),
    ],
)
def test_an_override_that_leads_nowhere_is_pointed_at(load, override, message):
    with pytest.raises(ConfigError) as caught:
        load(override)
    what, line, caret = str(caught.value).split("\n")
    assert what.startswith(f"{override}:{message}"), what
    assert line == override and caret.index("^") == int(message.split(":")[1]) - 1


def test_a_later_override_wins_and_an_error_in_what_it_replaces_is_gone(load):
    assert load("optimizer.lr=ten", "optimizer.lr=2").optimizer.lr == 2
    assert repr(load("optimizer.lr=ten", "optimizer=SGD").optimizer) == "SGD()"


def test_they_are_told_after_the_file_in_their_order(load):
    with pytest.raises(ConfigError) as caught:
        load("train.l1=-1", "seed=-1", "model=3", "data=Digit")
    assert [line.split(":")[0] for line in str(caught.value).split("\n")[::3]] == [
        *("train.l1=-1", "seed=-1", "model=3", "data=Digit")
    ]
