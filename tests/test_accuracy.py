"""Figures over several seeds that README states."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import main, measure
from threestep.data import CSV
from threestep.training import load_config

ROOT = Path(__file__).resolve().parents[1]


def test_digits_mean_over_five_seeds_is_at_least_97_percent():
    found = [measure(ROOT / "configs" / "digits_mlp.yaml", seed)["accuracy"] for seed in range(5)]
    assert np.mean(found) >= 0.97, found


@pytest.mark.slow
def test_a_convolutional_network_reads_digits():
    """A reduced version: 8 epochs of 20. README's table has the whole run's figure and how to print it."""
    assert measure(ROOT / "configs" / "digits_cnn.yaml", 0, ["train.epochs=8"])["accuracy"] >= 0.97


@pytest.mark.parametrize(("name", "parameters"), [("mnist_lenet", 61_706), ("fashion_resnet", 116_602)])
def test_the_networks_for_images_of_28x28(name, parameters):
    model = load_config(ROOT / "configs" / f"{name}.yaml").model
    assert model.build((28, 28, 1)) == (10,) and model.theta.size == parameters


def test_lenet_learns_from_a_quarter_of_mnist(mnist_folder):
    """A reduced version: 15,000 images, 4 epochs. README's table has the whole run's figure and how to print it."""
    changes = [f"data.MNIST.path={mnist_folder}", "data.MNIST.valid=45000", "train.epochs=4"]
    assert measure(ROOT / "configs" / "mnist_lenet.yaml", 0, changes)["accuracy"] >= 0.97


@pytest.mark.slow
def test_the_residual_network_learns_from_a_part_of_fashion_mnist(fashion_mnist_folder):
    """A reduced version: 5,000 images, 2 epochs. README's table has the whole run's figure and how to print it."""
    changes = [f"data.FashionMNIST.path={fashion_mnist_folder}", "data.FashionMNIST.valid=55000", "train.epochs=2"]
    assert measure(ROOT / "configs" / "fashion_resnet.yaml", 0, changes)["accuracy"] >= 0.6


def test_auto_mpg_comes_clearly_nearer_than_a_linear_fit(monkeypatch):
    """The mean absolute error in miles a gallon on the cars kept for the test, over five seeds and splits."""
    monkeypatch.chdir(ROOT)  # the config's path counts from there
    found, linear = [], []
    for seed in range(5):
        found.append(measure("configs/auto_mpg.yaml", seed, [f"data.CSV.seed={seed}"])["mean_error"])
        data = CSV("configs/auto_mpg.csv", "mpg", seed=seed)
        (x, y), (x_test, y_test) = ((np.c_[x, np.ones(len(x))], y) for x, y in (data.train, data.test))
        weights = np.linalg.lstsq(x, y, rcond=None)[0]
        linear.append(np.abs(x_test @ weights - y_test).mean())
    figures = (
        f"the network {np.mean(found):.2f} {np.round(found, 2)}, linear {np.mean(linear):.2f} {np.round(linear, 2)}"
    )
    print(figures)
    assert np.mean(found) < 1.95 and 2.3 < np.mean(linear) < 2.7, figures
    assert np.mean(found) < 0.8 * np.mean(linear) and np.all(np.array(found) < linear), figures


def test_the_script_prints_each_seed_and_the_mean(capsys):
    main(ROOT / "configs" / "xor.yaml", 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed 0: loss 0.0") and lines[-1].startswith("accuracy: mean ")
