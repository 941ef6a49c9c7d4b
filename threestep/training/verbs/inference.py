"""What a run's weights are worth, and what they make of other data."""

import copy
import csv
import io
import sys
import warnings
from pathlib import Path

import numpy as np

from losses import NLL, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, KLDivergence
from threestep.data import DataError

from ..errors import ConfigError, counted
from ..files import write_whole
from ..loop import predict
from ..metrics import METRICS, SHARES, classes, default_metrics
from ..prepare import prepare
from ..run import load_run
from .inputs import read_inputs
from .table import table

MANY = 20  # classes: above it, neither a confusion matrix nor a column for each


def evaluate_run(run, split=None, plugins=None):
    """Prints loss and metrics of a run's weights on a part of its data.

    For classes the confusion matrix too, with the classes that are most often confused; for quantities the mean error,
    the root of the mean squared error and R^2, the share of the variance that is explained.

    Raises ConfigError for a split that there is not, CheckpointError and DataError for files.
    """
    model, config = load_run(run, plugins)
    model = copy.deepcopy(model)  # prepare builds the config's own anew
    parts = prepare(config)
    split = split or ("test" if len(parts["test"][1]) else "train")
    if split not in parts or not len(parts[split][1]):
        there = ", ".join(f"{name} ({counted(len(y), 'example')})" for name, (_, y) in parts.items() if len(y))
        why = "holds no examples" if split in parts else "is no part of the data"
        raise ConfigError(f"--split {split}: it {why}. There are: {there}")
    data, criterion, (x, y) = config.make_data(), config.loss, parts[split]
    prediction = predict(model, x)
    print(f"{run}: {counted(len(y), 'example')} of {config.data_name}, {split}\n")
    found = {"loss": copy.copy(criterion).forward(prediction, y)}
    found |= {name: METRICS[name](criterion, prediction, y) for name in config.metrics or default_metrics(criterion)}
    try:
        decided, truth = classes(criterion, prediction, y)
    except ValueError:
        found.pop("mean_error", None)  # it comes with its companions
        show_figures(found)
        show_errors(criterion.decide(prediction), y, target_names(config, y.shape[1:]))
        return
    show_figures(found)
    one = truth.ndim == 1 or truth.shape[-1] == 1  # class for each example, else a yes or no in each entry
    names = class_names(data, data.classes or max(prediction.shape[-1], 2)) if one else ["no", "yes"]
    show_confusion(np.ravel(truth).astype(int), np.ravel(decided).astype(int), names)


def show_figures(found):
    print(*table([[name.replace("_", " "), as_text(name, value)] for name, value in found.items()], "<>"), sep="\n")


def as_text(name, value):
    return f"{100 * value:.2f} %" if name in SHARES else f"{value:.4g}"


def show_errors(answer, y, names):
    """How far off the answers are, a row for each quantity."""
    answer, y = (part.reshape(len(part), -1).astype(np.float64) for part in (answer, y))
    rows = [["", "mean error", "root mean squared error", "R^2"]]
    for name, p, t in zip(names, answer.T, y.T, strict=True):
        squared = np.mean((p - t) ** 2)
        explained = f"{1 - squared / t.var():.4f}" if t.std() else ""
        rows.append([name, f"{np.mean(np.abs(p - t)):.4g}", f"{np.sqrt(squared):.4g}", explained])
    print("", *table(rows, "<>>>"), sep="\n")


def show_confusion(truth, decided, names):
    """The confusion matrix, where it is not too wide, and the pairs that are most often confused."""
    k = len(names)
    matrix = np.zeros((k, k), int)
    np.add.at(matrix, (truth, decided), 1)
    of_class, right = matrix.sum(axis=1), np.diag(matrix)
    if k <= MANY:
        head = ["truth", *names, "recall"]
        recall = [f"{100 * r / n:.1f} %" if n else "" for r, n in zip(right, of_class, strict=True)]
        rows = [[name, *map(cell, row), share] for name, row, share in zip(names, matrix, recall, strict=True)]
        print("\nconfusion: a row for each true class, a column for each predicted one\n")
        print(*table([head, *rows], "<" + ">" * (k + 1)), sep="\n")
    wrong = matrix - np.diag(right)
    most = np.argsort(-wrong, axis=None, kind="stable")[: 5 if k <= MANY else 10]
    pairs = [divmod(int(place), k) for place in most if wrong.flat[place]]
    if pairs:
        print("\nmost often confused")
    for t, p in pairs:
        print(f"  {names[t]} taken for {names[p]}: {counted(wrong[t, p], 'time')} of {of_class[t]:,}")


def cell(count):
    return f"{count:,}" if count else "."


def class_names(data, k):
    """The classes' names, where the data set has them, else their numbers; data may be None."""
    return list(map(str, getattr(data, "class_names", None) or range(k)))


def target_names(config, shape):
    """The names of the quantities in one target: the table's, or y, or y_0, y_1, ..."""
    target = config.values["data"][config.data_name].get("target")
    if target is not None:
        return [target] if isinstance(target, str) else list(target)
    if np.prod(shape, dtype=int) == 1:
        return ["y"]
    return ["_".join(map(str, ("y", *place))) for place in np.ndindex(shape)]


def predict_run(run, input, output=None, plugins=None):
    """What a run's weights make of the examples in a file, as CSV: a header, then a row for each example.

    For classes: row, class, probability, and p_NAME for each of up to 20 classes; score_NAME where the loss knows no
    probabilities. For quantities: row and each quantity. Numbers are float32 in the fewest digits that give them back.

    Args:
        input: .npy, .npz or .csv, see `inputs.read_inputs`. output: a file, written whole or not at all; unless given,
        stdout.

    Raises ConfigError for an output that cannot be, CheckpointError and DataError for files.
    """
    if output is not None:
        if not Path(output).absolute().parent.is_dir():
            raise ConfigError(f"--output {output}: the folder {Path(output).absolute().parent} is not there")
        if Path(output).is_dir() or Path(output).absolute() == Path(input).absolute():
            raise ConfigError(f"--output {output}: it is {'a folder' if Path(output).is_dir() else 'the input'}")
    model, config = load_run(run, plugins)
    data = data_or_none(config, by_name=Path(input).suffix.lower() == ".csv")
    pixels = data is None or bool(data.train[0].min() >= 0 and data.train[0].max() <= 1)
    delimiter = config.values["data"][config.data_name].get("delimiter", ",")
    x = read_inputs(input, model.input_shape, getattr(data, "columns", None), delimiter, pixels)
    head, columns = answers(config, data, predict(model, x))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", *head])
    writer.writerows([row, *cells] for row, cells in enumerate(zip(*(map(str, c) for c in columns), strict=True)))
    if output is None:
        sys.stdout.write(text.getvalue())
    else:
        write_whole(output, lambda file: file.write(text.getvalue().encode()))
        print(f"{counted(len(x), 'row')} written to {output}")


def data_or_none(config, by_name):
    """The run's data set, for the names in it; None, with a warning, where it is no longer there and can be missed."""
    try:
        return config.make_data()
    except DataError as error:
        if by_name and config.data_name == "CSV":
            raise DataError(f"{error}. It says which columns the run was trained on") from None
        warnings.warn(f"the run's data cannot be read, so classes have no names: {error}", stacklevel=3)
        return None


def answers(config, data, prediction):
    """(names, columns) of the table that predict prints, without the rows' numbers."""
    criterion, k = config.loss, prediction.shape[-1]
    binary = isinstance(criterion, (BinaryCrossEntropy, BinaryCrossEntropyWithLogits))
    p = probabilities(criterion, prediction)
    known = criterion.labels or getattr(data, "classes", None) or isinstance(criterion, KLDivergence)
    if prediction.ndim != 2 or not (known or (binary and k == 1)):  # quantities, or a yes or no in each entry
        values = criterion.decide(prediction) if p is None else p
        return target_names(config, prediction.shape[1:]), list(values.reshape(len(values), -1).T)
    values = prediction if p is None else p
    if k == 1:
        decided = (values[:, 0] >= 0.5).astype(int)
        values, kept = np.concatenate([1 - values, values], axis=1), [0, 1] if p is not None else [1]
    else:
        decided, kept = values.argmax(axis=-1), range(k)
    names = class_names(data, max(k, 2))
    word = "score" if p is None else "p"
    shown = [(f"{word}_{names[c]}", values[:, c]) for c in kept] if k <= MANY else []
    head = [("class", [names[c] for c in decided])]
    if p is not None:
        head.append(("probability", values[np.arange(len(values)), decided]))
    return zip(*[*head, *shown], strict=True)


def probabilities(criterion, prediction):
    """What the predictions are as probabilities; None for a loss that knows none."""
    if isinstance(criterion, CrossEntropy):
        e = np.exp(prediction - prediction.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    if isinstance(criterion, (NLL, KLDivergence)):
        return np.exp(prediction)
    if isinstance(criterion, BinaryCrossEntropyWithLogits):
        e = np.exp(-np.abs(prediction))
        return np.where(prediction >= 0, 1, e) / (1 + e)
    return prediction if isinstance(criterion, BinaryCrossEntropy) else None
