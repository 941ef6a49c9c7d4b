"""The two assignments: their solutions beside the library's own classes, and the bugs that students write."""

import ast
import doctest
import re
import runpy
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import layers
import losses
import optim
import threestep
from threestep.checks import check_contract, check_gradients
from threestep.coursework.check import check_file
from threestep.training import read_checkpoint, resume, train
from threestep.training.config import load_config

tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")

ASSIGNMENTS = Path(threestep.__file__).parent / "coursework" / "assignments"
NAMES = ["hw1", "hw2"]
LIBRARY = {**vars(layers), **vars(losses), **vars(optim)}


def text_of(name):
    return (ASSIGNMENTS / name / "reference" / f"{name}.py").read_text()


def source_of(name, target):
    """The text of a class or function."""
    node = next(node for node in ast.parse(text_of(name)).body if getattr(node, "name", None) == target)
    return "".join(text_of(name).splitlines(keepends=True)[node.lineno - 1 : node.end_lineno])


def run(name, text):
    """The module that the text makes."""
    module = ModuleType(name)
    exec(compile(text, name, "exec", dont_inherit=True), vars(module))
    return module


def students_page():
    return (ASSIGNMENTS / "STUDENTS.md").read_text()


def test_the_students_page_shows_what_a_check_prints(tmp_path, capsys):
    right = 'self.grads["W"] = self.g.T @ self.x'
    assert text_of("hw1").count(right) == 1
    (tmp_path / "hw1.py").write_text(text_of("hw1").replace(right, f"{right} / len(self.x)"))
    (tmp_path / "assignment.toml").write_bytes((ASSIGNMENTS / "hw1" / "assignment.toml").read_bytes())
    assert not check_file(tmp_path / "hw1.py", "Dense")
    assert "\n\n" + textwrap.indent(capsys.readouterr().out, "    ") + "\n" in students_page()


def test_the_students_page_calls_a_layer_as_it_can_be_called():
    session = doctest.DocTestParser().get_doctest(students_page(), vars(run("hw1", text_of("hw1"))), "page", None, 0)
    assert len(session.examples) == 6 and doctest.DocTestRunner().run(session).failed == 0


def settings(name):
    return tomllib.loads((ASSIGNMENTS / name / "assignment.toml").read_text())


def items():
    return [pytest.param(name, item, id=title(item)) for name in NAMES for item in settings(name)["items"]]


def title(item):
    return item.get("class") or item["function"]


def mutants():
    for name in NAMES:
        for target, bug, old, new in runpy.run_path(str(ASSIGNMENTS / name / "mutants.py"))["MUTANTS"]:
            yield pytest.param(name, target, old, new, id=f"{target}-{bug}")


def make(module, item):
    """The instance that an item is tried with."""
    return getattr(module, item.get("make", title(item)))(**item.get("arguments", {}))


REFERENCE = {name: run(name, text_of(name)) for name in NAMES}
LAYERS = [p for p in items() if hasattr(layers, p.id)]
LOSSES = [p for p in items() if hasattr(losses, p.id)]
OPTIMIZERS = [p for p in items() if hasattr(optim, p.id)]
TARGETS = {
    "BinaryCrossEntropy": (np.array([[0.2, 0.9], [0.5, 0.1], [0.7, 0.4]]), np.array([[0, 1], [1, 1], [0, 1]])),
    "CrossEntropy": (np.random.default_rng(0).normal(size=(5, 4)), np.array([3, 0, 1, 1, 2])),
}


# What students and instructors read


@pytest.mark.parametrize("name", NAMES)
def test_the_points_are_those_of_the_page(name):
    given = {title(item): item["points"] for item in settings(name)["items"]}
    assert sum(given.values()) == 100
    told = {}
    for row in re.findall(r"^\| (`.*) \| (\d+)", (ASSIGNMENTS / name / "README.md").read_text(), re.M):
        told |= dict.fromkeys(re.findall(r"`(\w+)`", row[0]), int(row[1]))
    assert told == given


@pytest.mark.parametrize("name", NAMES)
def test_each_step_to_write_is_marked_and_nothing_else(name):
    for item in settings(name)["items"]:
        source = source_of(name, title(item))
        functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
        marked = {f.name for f in functions if "BEGIN SOLUTION" in ast.get_source_segment(source, f)}
        to_write = {title(item), "forward", "backward", "update", "step"}
        assert marked == {f.name for f in functions} & to_write


# The solutions


@pytest.mark.parametrize(("name", "item"), [p for p in LAYERS if p.id != "Graph"])
def test_layers_are_the_librarys(name, item):
    x = np.random.default_rng(1).normal(size=(5, *item.get("shape", [7])))
    x.flat[:9] = 0  # kinks and ties
    mine, theirs = make(REFERENCE[name], item), LIBRARY[title(item)](**item.get("arguments", {}))
    for layer in (mine, theirs):
        layer.build(x.shape[1:], rng=3, dtype=np.float64)
    assert theirs.params.keys() == mine.params.keys() and theirs.state.keys() == mine.state.keys()
    mine.theta = theirs.theta = np.random.default_rng(2).normal(size=mine.theta.size)
    for mode in ("train", "train", "eval"):
        outcomes = [steps(getattr(layer, mode)(), x) for layer in (mine, theirs)]
        for key, found in outcomes[0].items():
            np.testing.assert_allclose(found, outcomes[1][key], rtol=1e-12, atol=1e-12, err_msg=f"{mode} {key}")


def steps(layer, x):
    y = layer.forward(x)
    dx = layer.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    layer.update()
    return {"y": y, "dx": dx, **layer.grads, **layer.state}


def test_the_graph_is_the_librarys():
    x = np.random.default_rng(1).normal(size=(5, 7))
    mine = REFERENCE["hw2"].fan_out()
    mine.build(x.shape[1:], dtype=np.float64)
    found = steps(mine, x)
    # Each Scale as a Dense layer with a diagonal W, and its gradient as that of the diagonal
    nodes = {}
    for name, (sources, piece) in mine.nodes.items():
        layer = layers.Dense(7, bias=False) if piece.name else getattr(layers, type(piece).__name__)()
        layer.name, layer.share = (name, None) if name != "w" else (None, "u")
        nodes[name] = (sources, layer)
    theirs = layers.Graph("x", nodes, "y")
    theirs.build((7,), dtype=np.float64)
    for name, node in (("a", "u"), ("b", "r")):
        theirs[node].params["W"] = np.diag(mine.params[name])
    expected = steps(theirs, x)
    np.testing.assert_allclose(found["y"], expected["y"], rtol=1e-12)
    np.testing.assert_allclose(found["dx"], expected["dx"], rtol=1e-12)
    for name, node in (("a", "u"), ("b", "r")):
        np.testing.assert_allclose(found[name], np.diag(theirs[node].grads["W"]), rtol=1e-12)
    assert (
        REFERENCE["hw2"].count_paths(
            [[source, name] for name, (sources, _) in mine.nodes.items() for source in sources], "x", "y"
        )
        == theirs.paths()[0]
    )


@pytest.mark.parametrize(("name", "item"), LAYERS)
def test_layers_keep_the_contract(name, item):
    x = np.random.default_rng(1).normal(size=(5, *item.get("shape", [7])))
    layer = make(REFERENCE[name], item)
    assert check_gradients(layer, x)
    left_out = {"BatchNorm": "frozen:", "Graph": "repr reads"}.get(title(item), "nothing")  # no part of the course
    assert not [row for row in check_contract(layer, x).failures if not row.what.startswith(left_out)]


@pytest.mark.parametrize(("name", "item"), LOSSES)
def test_losses_are_the_librarys(name, item):
    prediction, target = TARGETS[title(item)]
    mine, theirs = make(REFERENCE[name], item), LIBRARY[title(item)]()
    assert check_gradients(mine, prediction, target)
    edges = np.array([[0.0, 1], [1, 0], [0, 1]]) if title(item) == "BinaryCrossEntropy" else prediction * 1e3
    for p in (prediction, edges):
        for dtype in (np.float64, np.float32):
            p = p.astype(dtype)
            tolerance = 1e-12 if dtype == np.float64 else 1e-5
            loss = mine.forward(p, target)
            assert type(loss) is float and loss == pytest.approx(theirs.forward(p, target), rel=tolerance)
            dp = mine.backward()
            assert dp.dtype == dtype
            np.testing.assert_allclose(dp, theirs.backward(), rtol=tolerance)
    assert np.array_equal(mine.decide(prediction), theirs.decide(prediction)) and mine.labels == theirs.labels


@pytest.mark.parametrize(("name", "item"), OPTIMIZERS)
def test_optimizers_are_the_librarys(name, item):
    rng = np.random.default_rng(4)
    mine, theirs = make(REFERENCE[name], item), LIBRARY[title(item)](**item["arguments"])
    a, b = np.ones(11), np.ones(11)
    for _ in range(5):
        gradient = rng.normal(size=11)
        mine.step(a, gradient)
        theirs.step(b, gradient)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    assert set(mine.vectors) == set(mine.state) - {"steps"} == set(theirs.vectors)


def test_the_questions():
    hw1, hw2, widths = REFERENCE["hw1"], REFERENCE["hw2"], [784, 16, 16, 10]
    assert hw1.propagations(13_002) == 26_004
    assert hw1.paths(widths) == 2_007_040
    assert hw1.products_by_paths(widths) == 6_021_120
    assert hw1.products_by_edges(widths) == 12_960
    outer, inner = np.array([1.0, 2, -1]), np.array([[1, 0.5], [0, 3], [-2, 0.25]])
    assert hw2.total_derivative(outer.tolist(), inner.tolist()) == (outer @ inner).tolist()
    calls = next(item for item in settings("hw2")["items"] if title(item) == "count_paths")["calls"]
    assert [hw2.count_paths(*call) for call in calls] == [1, 0, 3, 7, 2**30]


# The bugs


@pytest.mark.parametrize(("name", "target", "old", "new"), [*mutants()])
def test_bugs_differ_from_the_solution(name, target, old, new):
    item = next(item for item in settings(name)["items"] if title(item) == target)
    source = source_of(name, target)
    assert source.count(old) == 1
    mutant = run(name, text_of(name).replace(source, source.replace(old, new)))
    expected, found = outcome(REFERENCE[name], item), outcome(mutant, item)
    assert "error" not in expected
    assert found.keys() != expected.keys() or any(different(expected[key], found[key]) for key in expected)


@pytest.mark.parametrize("name", NAMES)
def test_bugs_reach_every_item(name):
    wrong = [parameter.values[1] for parameter in mutants() if parameter.values[0] == name]
    assert len(wrong) >= 12 and set(wrong) == set(map(title, settings(name)["items"]))


def outcome(module, item):
    """{name: array} of all that can be seen of an item; "error" where something is raised."""
    if "function" in item:
        return {str(call): np.array(getattr(module, title(item))(*call)) for call in item["calls"]}
    seen = {}
    try:
        for dtype in (np.float64, np.float32):
            subject = make(module, item)
            watch = {"Layer": watch_layer, "Loss": watch_loss, "Optimizer": watch_optimizer}
            kind = next(base.__name__ for base in type(subject).__mro__ if base.__name__ in watch)
            for key, array in watch[kind](subject, item, dtype):
                seen[f"{key} {len(seen)}"] = np.array(array)
    except Exception as error:
        seen["error"] = np.array(f"{type(error).__name__}: {error}")
    return seen


def watch_layer(layer, item, dtype):
    rng = np.random.default_rng(5)
    layer.build(tuple(item.get("shape", [7])), rng=6, dtype=dtype)
    layer.theta = rng.normal(size=layer.theta.size)
    for n, mode in ((5, "train"), (5, "train"), (3, "train"), (3, "eval")):
        x = rng.integers(-2, 3, size=(n, *layer.input_shape)).astype(dtype)  # with zeros and ties
        x[0] -= 3  # an example without positive entries
        y = getattr(layer, mode)().forward(x)
        g = rng.normal(size=y.shape).astype(dtype)
        yield from {"y": y, "dx": layer.backward(g), "x": x, "g": g}.items()
        layer.update()
        layer.update()
        for arrays in (layer.grads, layer.params, layer.state):
            yield from arrays.items()


def watch_loss(loss, item, dtype):
    prediction, target = TARGETS[title(item)]
    extremes = prediction.round() if title(item) == "BinaryCrossEntropy" else prediction * 1e4
    for p in (prediction, extremes):
        p = p.astype(dtype)
        yield from {"loss": loss.forward(p, target), "dp": loss.backward(), "p": p}.items()


def watch_optimizer(optimizer, item, dtype):
    rng = np.random.default_rng(7)
    theta = np.ones(6, dtype)
    for _ in range(3):
        gradient = rng.normal(size=6).astype(dtype)
        optimizer.step(theta, gradient)
        yield from {"theta": theta, "gradient": gradient}.items()


def different(a, b):
    if a.dtype != b.dtype or a.shape != b.shape or a.dtype.kind == "U":
        return a.dtype != b.dtype or a.shape != b.shape or str(a) != str(b)
    tolerance = 1e-5 if a.dtype == np.float32 else 1e-9
    return not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


# The runs


@pytest.mark.parametrize(
    "name, config", [("hw1", "xor"), ("hw1", "digits"), pytest.param("hw2", "digits", marks=pytest.mark.slow)]
)
def test_the_runs_end_as_the_page_says(name, config, tmp_path, capsys):
    file, plugins = ASSIGNMENTS / name / f"{config}.yaml", ASSIGNMENTS / name / "reference" / f"{name}.py"
    ready = load_config(file, plugins=plugins)
    own = {type(part).__name__ for part in (*ready.model, ready.loss, ready.optimizer) if type(part).__module__ == name}
    assert (
        own
        == {
            "hw1xor": {"Dense", "Sigmoid", "BinaryCrossEntropy", "SGD"},
            "hw1digits": {"Dense", "ReLU", "CrossEntropy", "Adam"},
            "hw2digits": {"Conv2d", "BatchNorm", "MaxPool2d", "Dropout"},
        }[name + config]
    )
    train(file, out=tmp_path / "run", plugins=plugins, quiet=True)
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    found = float(dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))["train_loss"])
    page = " ".join((ASSIGNMENTS / name / "README.md").read_text().split())
    told = page[page.index(f"`{config}.yaml`:") if name == "hw1" else 0 :]
    loss, right, of = re.search(r"training loss of ([\d.]+), with (\d+) of (\d+)", told).groups()
    assert found == pytest.approx(float(loss), abs=1e-3)
    closing = re.search(r"(\d+) of (\d+) right", capsys.readouterr().out)
    assert abs(int(closing[1]) - int(right)) <= 2 and closing[2] == of


def test_a_run_with_an_optimizer_of_ones_own_is_resumed(tmp_path):
    file, plugins = ASSIGNMENTS / "hw1" / "digits.yaml", ASSIGNMENTS / "hw1" / "reference" / "hw1.py"
    for folder, epochs in (("whole", 2), ("parts", 1)):
        train(file, [f"train.epochs={epochs}"], tmp_path / folder, plugins=plugins, quiet=True)
    resume(tmp_path / "parts", ["train.epochs=2"], plugins=plugins, quiet=True)
    whole, parts = (read_checkpoint(tmp_path / folder / "last.npz")[0] for folder in ("whole", "parts"))
    assert {"optimizer/m", "optimizer/v"} < whole.keys() == parts.keys()
    assert all(np.array_equal(whole[key], parts[key]) for key in whole)
