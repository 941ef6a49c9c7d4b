"""What the tests of the examples share: an example that ran, what it printed and drew, a network in plain NumPy."""

import io
import re
import runpy
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?")


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Runs an example, once, in an empty folder; returns its variables, with `printed` and `folder`."""
    ran = {}

    def run(start):
        (path,) = FOLDER.glob(f"{start}*.py")
        if path not in ran:
            folder, printed = tmp_path_factory.mktemp(path.stem), io.StringIO()
            with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
                patch.chdir(folder)
                variables = runpy.run_path(str(path))
            ran[path] = variables | {"folder": folder, "printed": printed.getvalue()}
        return ran[path]

    return run


@pytest.fixture(scope="session")
def drawn(run):
    """The axes of an example's picture, drawn once more and not written."""
    reason = "the picture needs the extra plots: pip install -e '.[plots]'"

    def drawn(start):
        figure = pytest.importorskip("matplotlib.figure", reason=reason).Figure()
        run(start)["draw"](figure)
        return figure.axes

    return drawn


@pytest.fixture(scope="session")
def curves():
    """The points of each labelled line of some axes, by its label; the legend names them all, in this order."""

    def curves(axes):
        found = {line.get_label(): line.get_xydata() for line in axes.lines if not line.get_label().startswith("_")}
        assert set(found) <= {text.get_text() for text in axes.get_legend().get_texts()}
        handles = axes.get_legend_handles_labels()[1]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == handles
        return found

    return curves


@pytest.fixture(scope="session")
def reads():
    """Asserts that the one line that begins with `start` goes on with these numbers, to its last digit (...: any)."""

    def reads(printed, start, *values):
        (line,) = (line for line in printed.splitlines() if line.startswith(start))
        cells = [cell.replace(",", "") for cell in NUMBER.findall(line[len(start) :])]
        assert len(cells) == len(values), line
        for cell, value in zip(cells, values, strict=True):
            nothing = float(cell) == 0 and "e" in cell  # as 0e+00
            unit = 0 if nothing else 10.0 ** Decimal(cell).as_tuple().exponent
            assert value is ... or abs(float(cell) - value) <= 0.51 * unit, f"{line}: {cell} for {value}"

    return reads


@pytest.fixture(scope="session")
def headings():
    """The column headings of the line that holds this text: what two spaces part."""

    def headings(printed, text):
        (line,) = (line for line in printed.splitlines() if text in line)
        return re.split(r"\s{2,}", line.strip())

    return headings


@pytest.fixture(scope="session")
def network():
    """Dense layers with tanh or relu between them, in float64: logits, inputs of each Dense, ds/d(those inputs)."""

    def network(model, x, squash, seed):
        dense = [layer.params for layer in model.layers if "W" in layer.params]
        weights = [(np.asarray(p["W"], np.float64), np.asarray(p["b"], np.float64)) for p in dense]
        h = [np.asarray(x, np.float64).reshape(len(x), -1)]
        for W, b in weights[:-1]:
            a = h[-1] @ W.T + b
            h.append(np.tanh(a) if squash == "tanh" else np.maximum(a, 0))
        logits = h[-1] @ weights[-1][0].T + weights[-1][1]
        g, gradients = seed(logits), []
        for (W, _), out in zip(reversed(weights), reversed(h), strict=True):
            g = g @ W
            gradients.insert(0, g)
            g = g * (1 - out**2 if squash == "tanh" else out > 0)
        return logits, h, gradients

    return network


@pytest.fixture(scope="session")
def softmax():
    def softmax(logits):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    return softmax
