"""Each example runs, and what it claims is so."""

import io
import re
import runpy
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from losses import CrossEntropy
from threestep.checks import numerical_gradient

FOLDER = Path(__file__).resolve().parents[2] / "examples"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
PICTURES = {
    script: re.findall(r'"(\w+\.(?:png|svg))"', text)
    or ([f"05_graph_{i}.svg" for i in "123"] if "05_graph_" in text else [])
    for script, text in TEXTS.items()
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs an example, once, in an empty folder; returns its variables, with `printed` and `folder`."""
    ran = {}

    def run(start):
        (script,) = (name for name in TEXTS if name.startswith(start))
        if script not in ran:
            folder, printed = tmp_path_factory.mktemp(script), io.StringIO()
            with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
                patch.chdir(folder)
                variables = runpy.run_path(str(FOLDER / f"{script}.py"))
            ran[script] = variables | {"folder": folder, "printed": printed.getvalue()}
        return ran[script]

    return run


@pytest.mark.parametrize("script", TEXTS)
def test_it_can_be_read_in_a_minute(script):
    assert 20 <= len(TEXTS[script].splitlines()) <= 80
    assert not re.search(r"argparse|sys\.|__main__|\btry\b|matplotlib", TEXTS[script])


@pytest.mark.parametrize("script", TEXTS)
def test_the_index_names_its_slides_and_shows_its_pictures(script):
    (section,) = (part for part in INDEX.split("\n## ") if f"({script}.py)" in part)
    titles = re.findall(r'"([^"]+)"', re.search(r"^Slides?(.*?)(, after |\.$)", TEXTS[script], re.M | re.S)[1])
    assert titles and all(f'"{title}"' in section for title in titles)
    assert re.findall(r"\(pictures/(.*?)\)", section) == PICTURES[script]
    assert all((FOLDER / "pictures" / name).exists() for name in PICTURES[script])


@pytest.mark.parametrize("script", TEXTS)
def test_it_prints_a_table_that_any_terminal_shows(script, run):
    assert len(run(script)["printed"].encode("ascii").splitlines()) >= 4


@pytest.mark.parametrize("script", [script for script, names in PICTURES.items() if names])
def test_it_draws_its_pictures(script, run):
    if any(name.endswith(".png") for name in PICTURES[script]):
        pytest.importorskip("matplotlib", reason="the picture needs the extra plots: pip install 'threestep[plots]'")
    assert sorted(path.name for path in (run(script)["folder"] / "pictures").iterdir()) == PICTURES[script]


def test_01_the_walks_go_downhill_to_a_lowest_point(run):
    it = run("01")
    heights = [it["altitude"](place) for place in it["paths"]["SGD"]]
    assert all(below < above for above, below in pairwise(heights))
    for path in it["paths"].values():
        assert it["altitude"](path[0]) > 4 and it["altitude"](path[-1]) < 0.003
        assert np.abs(path[-1] - (1.5, 2)).max() < 0.25
    assert it["altitude"]((1.5, 2)) < 1e-30 and it["altitude"]((-1.5, -2)) < 1e-30


def test_01_a_plain_step_is_the_slope_which_crosses_the_contour_lines_at_a_right_angle(run):
    it = run("01")
    path = it["paths"]["SGD"]
    for here, there in pairwise(path[:20]):
        slope = (here - there) / 0.05
        assert np.allclose(slope, numerical_gradient(it["altitude"], here), rtol=1e-7, atol=1e-9)
        along = 1e-5 * np.array([-slope[1], slope[0]])
        assert abs(it["altitude"](here + along) - it["altitude"](here - along)) < 1e-9 * np.linalg.norm(slope)
    assert it["heights"][70, 30] == it["altitude"]((it["w"][30], it["v"][70]))


def test_02_orders_1_and_2(run):
    it = run("02")
    assert it["right"].order == pytest.approx(2, abs=0.01)
    assert it["wrong"].order == pytest.approx(1, abs=0.05)
    assert it["right"].change_orders[-1] == pytest.approx(1, abs=0.01)
    assert np.allclose(it["gradient"], numerical_gradient(it["loss_at"], it["theta"]), rtol=1e-7, atol=1e-9)


def test_03_backward_of_1_is_the_derivative(run):
    it = run("03")
    assert max(it["off"].values()) < 1e-15
    slopes = {name: slope[:, 0].tolist() for name, (_, slope) in it["found"].items()}
    assert slopes["Linear"] == [-0.5] * 5 and slopes["ReLU"] == [0, 0, 0, 1, 1]
    e = np.exp(-np.array([-3, -1, 0, 1, 3]))
    assert slopes["Sigmoid"] == pytest.approx(e / (1 + e) ** 2, rel=1e-14)


def test_04_the_rules_of_calculus(run):
    it = run("04")
    tanh, sigmoid = np.tanh(0.7), 1 / (1 + np.exp(-0.7))
    outer = 1 / (1 + np.exp(-tanh))
    assert it["composed"] == pytest.approx(outer * (1 - outer) * (1 - tanh**2), rel=1e-14)
    assert it["composed"] == pytest.approx(it["by_chain_rule"], rel=1e-14)
    assert it["total"] == pytest.approx((1 - tanh**2) * sigmoid + tanh * sigmoid * (1 - sigmoid), rel=1e-14)
    assert it["total"] == pytest.approx(it["through_x"] + it["through_y"], rel=1e-14)


def test_05_the_three_graphs(run):
    it = run("05")
    assert [paths for paths, _, _ in it["found"].values()] == [(1, 2), (3, 9), (6, 16)]
    for (_, dx, off), graph, at in zip(
        it["found"].values(), (it["chain"], it["fan"], it["web"]), ("x", "x", "xs"), strict=True
    ):
        x = np.ravel(it[at])

        def z(values, graph=graph):
            inputs = tuple(values[:, None, None])
            return graph.forward(inputs if len(inputs) > 1 else inputs[0])[0, 0]

        assert off < 1e-15 and np.allclose(dx, numerical_gradient(z, x), rtol=1e-7)
    assert it["moved"][0, 0] == pytest.approx(it["dx"] @ it["change"], rel=1e-3)


def test_05_the_drawn_gradients_are_the_ones_found(run):
    it = run("05")
    for name, (_, dx, _) in it["found"].items():
        picture = (it["folder"] / "pictures" / f"05_graph_{name}.svg").read_text(encoding="utf-8")
        assert all(f"{value:.4g}" in picture for value in dx)


def test_06_as_many_products_as_paths_or_edges_and_one_gradient(run):
    for sizes, (every, once, fast) in run("06")["found"].items():
        edges = sum(a * b for a, b in pairwise(sizes))
        assert every[1]["paths"] == np.prod(sizes)
        assert once[1]["products"] == fast[1]["products"] == edges
        assert every[1]["products"] == sum(np.prod(sizes[:depth]) for depth in range(2, len(sizes) + 1))
        largest = abs(fast[0]).max()
        assert abs(every[0] - fast[0]).max() < 1e-12 * largest and abs(once[0] - fast[0]).max() < 1e-12 * largest
    every, once, _ = run("06")["found"][784, 16, 16, 10]
    assert (every[1]["paths"], once[1]["products"]) == (2_007_040, 12_960)


def test_07_two_propagations_a_parameter_or_two_in_all(run):
    it = run("07")
    assert (it["theta"].size, it["needed"]) == (13_002, 26_004)
    assert it["apart"] < 1e-7 * abs(it["gradient"]).max()


def test_07_the_errors_fall_with_orders_1_and_2_and_then_rise(run):
    it = run("07")
    for errors, order in ((it["one_sided"], 1), (it["two_sided"], 2)):
        assert np.allclose(np.log10(errors[:3] / errors[1:4]), order, atol=0.05)
        assert errors[-1] > 1000 * errors.min()


def test_08_by_hand_and_by_the_layers(run):
    it = run("08")
    for _, _, by_hand, computed in it["rows"]:
        assert np.allclose(computed, by_hand, rtol=0, atol=1e-15)
    assert [row[0] for row in it["rows"]] == ["a", "p", "c", "dp", "da", "dx", "dW", "db"]
    a = 2.05 * 1 - 0.9 * 2 + 0.05
    assert it["lower"] == pytest.approx(np.log(1 + np.exp(-a)), rel=1e-14)


def test_09_the_order_of_the_products_changes_the_work_and_not_the_gradient(run):
    it = run("09")
    assert [part.shape for part in it["jacobians"]] == [(784, 50), (50, 50), (50, 10), (10, 10)]
    assert np.allclose(it["from_the_right"], it["g"][0][0], rtol=1e-12, atol=1e-16)
    assert np.allclose(it["from_the_left"], it["g"][0][0], rtol=1e-12, atol=1e-16)
    assert (it["vectors"], it["matrices"]) == (42_300, 2_438_240)
    assert it["printed"].count("True") == 2


def test_10_the_standard_start_narrows_and_glorots_does_not(run):
    spread = run("10")["spread"]
    h, g = map(np.array, spread["standard"])
    assert (h[1:] < 0.7 * h[:-1]).all() and (g[:-1] < 0.7 * g[1:]).all()
    h, g = map(np.array, spread["glorot_uniform"])
    assert h.max() < 2 * h.min() and g.max() < 2 * g.min()


def test_11_the_sign_of_the_gradient_fools_and_chance_does_not(run):
    it = run("11")
    assert it["attacked"][0] == it["shaken"][0] < 0.05
    assert all(less < more for less, more in pairwise(it["attacked"]))
    assert it["attacked"][3] > 0.75 and it["attacked"][-1] > 0.98 and it["shaken"][-1] < 0.3
    assert abs(it["moved"] - it["x"]).max() <= 0.15 + 1e-6 and it["moved"].min() >= 0 and it["moved"].max() <= 1


def test_11_the_gradient_is_the_losss(run):
    it, criterion = run("11"), CrossEntropy()
    model = it["model"].eval().astype(np.float64)
    x, y = it["x"][:2].astype(np.float64), it["y"][:2]
    numerical = numerical_gradient(lambda x: criterion.forward(model.forward(x), y), x)
    assert np.allclose(it["dx"][:2] * len(it["y"]), numerical * 2, rtol=1e-3, atol=1e-5)


def test_12_the_salient_pixels_count_for_more_than_others(run):
    it = run("12")
    assert it["salient"] > 2 * it["chance"] > 0
