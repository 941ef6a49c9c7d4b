"""Models of models in YAML: containers, graphs, shared layers; overrides and errors that name what is inside."""

import numpy as np
import pytest
import yaml

from layers import Graph, Parallel, Residual
from threestep.training import Config, ConfigError, fit
from threestep.training.prepare import prepare

GRAPH = """
Graph:
  inputs: [x]
  nodes:
    b: {from: [x, a], Concat: }
    a: {from: x, Sequential: [{Dense: 8}, Tanh]}
  outputs: [b]
"""


def config(model, overrides=(), **changes):
    values = {"data": "Digits", "loss": "CrossEntropy", "optimizer": {"SGD": {"lr": 0.1}}, "train": {"epochs": 4}}
    return Config({**values, "model": yaml.safe_load(model) if isinstance(model, str) else model, **changes}, overrides)


def model(*arguments, **options):
    return config(*arguments, **options).model


def test_containers_from_yaml():
    made = model(
        [{"Residual": ["ReLU", {"Dense": 64}]}, {"Parallel": {"layers": [{"Dense": 3}, "Tanh"], "merge": "concat"}}]
    )
    assert isinstance(made[0], Residual) and isinstance(made[1], Parallel)
    assert repr(made) == "Sequential(Residual(ReLU(), Dense(64)), Parallel(Dense(3), Tanh()))"


def test_a_graph_from_yaml():
    made = model([yaml.safe_load(GRAPH)])
    assert isinstance(made[0], Graph) and made[0].places == ("a", "b")
    assert made.build((5,)) == (13,) and list(made.params) == ["0.a.0.W", "0.a.0.b"]


@pytest.mark.parametrize(
    "spec",
    [
        [yaml.safe_load(GRAPH)],
        [{"Residual": ["ReLU", {"Dense": {"out_features": 64, "frozen": True}}]}],
        [{"Parallel": {"layers": [{"Dense": 3}, {"Dense": 3}], "merge": "sum", "name": "both"}}],
        [{"Dense": {"out_features": 64, "name": "a"}}, {"Dense": {"out_features": 64, "share": "a"}}],
    ],
)
def test_the_resolved_config_says_the_same_model(spec):
    first = config(spec)
    again = Config(yaml.safe_load(first.to_yaml()))
    assert again.values == first.values and repr(again.model) == repr(first.model)


def test_a_layer_shared_by_name():
    made = model([{"Dense": {"out_features": 64, "name": "a"}}, "Tanh", {"Dense": {"out_features": 64, "share": "a"}}])
    made.build((64,))
    assert made.theta.size == 64 * 65 and made[2].params["W"] is made[0].params["W"]


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("model.0.nodes.a.0.out_features=5", lambda m: m[0].nodes["a"][1][0].out_features == 5),
        ("model.0.Graph.nodes.a.Sequential.0.Dense.out_features=5", lambda m: m[0].nodes["a"][1][0].out_features == 5),
        ("model.0.nodes.a.layers.0.name=first", lambda m: m[0].nodes["a"][1][0].name == "first"),
        ("model.0.nodes.b.from=[a, x]", lambda m: m[0].nodes["b"][0] == ["a", "x"]),
    ],
)
def test_overrides_reach_inside(override, read):
    assert read(model([yaml.safe_load(GRAPH)], [override]))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"Residual": [{"Dens": 3}]}, r"model\[0\].Residual\[0\].Dens: no layer 'Dens'. Did you mean 'Dense'\?"),
        ({"Residual": "ReLU"}, r'model\[0\].Residual: Residual must be a list of layers, got text "ReLU".'),
        ("Residual", r"model\[0\].Residual: Residual must be a list of layers, got nothing."),
        (
            {"Parallel": {"layers": ["ReLU", "Tanh"], "merge": "mean"}},
            r"Parallel.merge: merge must be 'concat' or 'sum', got text \"mean\".",
        ),
        ({"Parallel": ["ReLU"]}, r"model\[0\].Parallel: Parallel expected two layers or more, got 1"),
        (
            {"Graph": {"inputs": "x", "outputs": "a"}},
            r"model\[0\].Graph: Graph needs inputs, nodes and outputs, as in Graph: {inputs: ..., ",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": ["ReLU"], "outputs": "a"}},
            r"Graph.nodes: nodes must be nodes, each name: {from: ..., Layer: ...}, got the list",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": {"a": "ReLU"}, "outputs": "a"}},
            r"Graph.nodes.a: node 'a' must be {from: ..., Layer: ...}, got text \"ReLU\".",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": {"a": {"from": "x"}}, "outputs": "a"}},
            r"Graph.nodes.a: .* has no layer.",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": {"a": {"form": "x", "ReLU": None}}, "outputs": "a"}},
            r"Graph.nodes.a: .* has no from: write from for form.",
        ),
        (
            {"Dense": {"out_features": 3, "shre": "a"}},
            r"no option 'shre'. Did you mean 'share'\? Options: .*, lr_fac",
        ),
        (
            {"Dense": {"out_features": 3, "activation": "relu"}},
            "'activation'. An activation is a layer of its own, such",
        ),
        ({"ReLU": {"frozn": True}}, r"no option 'frozn'. Did you mean 'frozen'\? Options: name, share, frozen, lr_fac"),
        ({"Dense": {"out_features": 3, "lr_factor": True}}, "lr_factor: lr_factor must be a number, got true."),
        (
            {"Graph": {"inputs": "x", "nodes": {"a": {"from": "x", "Dense": {"out": 3}}}, "outputs": "a"}},
            r"Graph.nodes.a.Dense.out: Dense has no option 'out'",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": {"a": {"from": "a", "ReLU": None}}, "outputs": "a"}},
            r"model\[0\].Graph.nodes: Graph: nodes in a cycle: a -> a",
        ),
        (
            {"Graph": {"inputs": "x", "nodes": {True: {"from": "x", "ReLU": None}}, "outputs": "a"}},
            r"model\[0\].Graph.nodes: nodes must be names, got .*True: put it in quotes",
        ),
        ({"Dense": {"out_features": 3, "share": 1}}, r"Dense.share: share must be another layer's name, got 1."),
    ],
)
def test_errors_name_the_path(spec, message):
    with pytest.raises(ConfigError, match=message):
        model([spec])


def test_an_override_replaces_a_layer_inside():
    made = model([{"Residual": ["ReLU", {"Dense": 64}]}], ["model.0.1=Tanh", "model.0.layers.0=Sigmoid"])
    assert repr(made) == "Sequential(Residual(Sigmoid(), Tanh()))"


def test_a_schedule_is_refused_before_the_run():
    spec = [{"Dense": 10}]
    assert repr(config(spec, schedule={"Cosine": {"warmup_epochs": 1}}).fit_options["schedule"]).startswith("Cosine(")
    with pytest.raises(
        ConfigError, match=r"schedule.Step.step_size: Step: step_size 30 is longer than the run of 4 epochs"
    ):
        config(spec, schedule={"Step": 30})
    with pytest.raises(ConfigError, match=r"schedule.Cosin: no schedule 'Cosin'. Did you mean 'Cosine'\?"):
        config(spec, schedule="Cosin")
    with pytest.raises(ConfigError, match=r"schedule.Step.gamma: gamma must be a number above 0, got 0."):
        config(spec, schedule={"Step": {"step_size": 2, "gamma": 0}})
    assert config(spec, ["schedule.gamma=0.5"], schedule={"Step": 2}).fit_options["schedule"].gamma == 0.5


def test_options_of_the_loop():
    made = config([{"Dense": 10}], train={"epochs": 1, "l2": 0.1, "clip_norm": 2, "decay": "weights"})
    limits = {"clip_norm": 2, "clip_value": None}
    assert made.fit_options == {"schedule": None, "l1": 0.0, "l2": 0.1, **limits, "accumulate": 1}
    made.model.build((3,))
    assert made.model.segments == [(slice(30, 40), 1.0, 0.0)]
    for key, value, message in [
        ("decay", "biases", "train.decay: train.decay must be 'all' or 'weights', got text \"biases\"."),
        ("l1", -1, "train.l1: train.l1 must be a number of 0 or more, got -1."),
        ("clip_norm", 0, "train.clip_norm: train.clip_norm must be a number above 0, got 0."),
    ]:
        with pytest.raises(ConfigError, match=message):
            config([{"Dense": 10}], train={"epochs": 1, key: value})


def test_what_is_resolved_keeps_everything():
    spec = [{"Dense": {"out_features": 4, "name": "a", "frozen": True, "lr_factor": 0}}]
    spec += [{"Dense": {"out_features": 10, "lr_factor": 0.5}}, "ReLU"]
    made = config(spec, schedule={"Cosine": {"warmup_epochs": 1}}, train={"epochs": 3, "clip_value": 2})
    again = Config(yaml.safe_load(made.to_yaml()))
    assert again.values == made.values
    assert (again.model[0].name, again.model[0].frozen, again.model[1].lr_factor) == ("a", True, 0.5)
    assert repr(again.fit_options["schedule"]) == "Cosine(warmup_epochs=1.0)" and again.fit_options["clip_value"] == 2
    with pytest.raises(ConfigError, match="train.l2: train.l2 must be a number, got true."):
        config(spec, train={"epochs": 1, "l2": True})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"inputs": ["x", "z"], "nodes": {"y": {"from": ["x", "z"], "Add": None}}, "outputs": "y"},
            "model: the model takes several inputs, and a data set gives one: train it from a script",
        ),
        (
            {"inputs": "x", "nodes": {"a": {"from": "x", "Tanh": None}}, "outputs": ["a", "x"]},
            "model: the model gives 2 outputs, and CrossEntropy takes one.",
        ),
    ],
)
def test_graphs_that_no_run_can_train(spec, message):
    with pytest.raises(ConfigError, match=message):
        prepare(config([{"Graph": spec}], data="Xor"))


def test_what_a_layer_refuses_in_training_is_told_before_the_run():
    made = config(["Flatten", "BatchNorm", {"Dense": 10}], train={"epochs": 1, "batch_size": 1})
    with pytest.raises(
        ConfigError, match=r"^model\[1\].BatchNorm: layer 1 BatchNorm expected more than one value in each channel"
    ):
        prepare(made)


def test_trying_a_batch_leaves_the_model_as_it_was():
    made = config(["Flatten", "BatchNorm", "Dropout", {"Dense": 10}])
    prepare(made)
    again = config(["Flatten", "BatchNorm", "Dropout", {"Dense": 10}])
    again.model.build((8, 8, 1), rng=0)
    assert all(np.array_equal(made.model.state[name], array) for name, array in again.model.state.items())
    draws = [run.model[2].rng.random() for run in (made, again)]
    assert draws[0] == draws[1]


def test_a_config_with_everything_trains_the_same_twice():
    spec = ["Flatten", {"Residual": ["ReLU", {"Dense": 64}]}, {"Dense": 10}]
    theta = []
    for _ in range(2):
        run = config(spec, schedule="Cosine", train={"epochs": 2, "l1": 1e-4, "clip_value": 0.1})
        data = run.make_data()
        fit(run.model, run.loss, run.optimizer, *data.train, epochs=2, **run.fit_options)
        theta.append(run.model.theta.copy())
    assert np.array_equal(*theta)
