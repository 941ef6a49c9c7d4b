"""What a run's weights are worth, and what they make of a file."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

import losses
from layers import Sequential
from threestep import cli
from threestep.data import DataError, Dataset, Digits
from threestep.training import ConfigError, evaluate, load_config, load_run, predict, train
from threestep.training.verbs import inference as room
from threestep.training.verbs.inference import answers, evaluate_run, predict_run, probabilities, show_confusion

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
CARS = CONFIGS / "auto_mpg.csv"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Short runs, by name."""
    folder = tmp_path_factory.mktemp("runs")
    cars = f"data.path={CARS}"
    made = {
        "digits": ("digits_mlp", "train.epochs=3"),
        "xor": ("xor",),
        "cars": ("auto_mpg", "train.epochs=2", cars),
        "two": ("auto_mpg", "train.epochs=2", cars, "data.target=[mpg, weight]", "model.5.out_features=2"),
        "origin": (
            *(
                "auto_mpg",
                "train.epochs=2",
                cars,
                "data.target=cylinders",
                "data.labels=true",
                "model.5.out_features=5",
            ),
            *("loss=CrossEntropy", "metrics=accuracy"),
        ),
    }
    for name, (config, *overrides) in made.items():
        train(CONFIGS / f"{config}.yaml", overrides, folder / name, quiet=True, bar=False)
    return folder


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def numbers(found):
    return [float(cell) for row in found for cell in row.values()]


# eval


def test_classes(runs, capsys):
    evaluate_run(runs / "digits")
    out = capsys.readouterr().out
    model, config = load_run(runs / "digits")
    x, y = config.make_data().test
    found = evaluate(model, config.loss, x, y)
    assert f"{runs / 'digits'}: 359 examples of Digits, test" in out
    assert f"{100 * found['accuracy']:.2f} %\n" in out and f"{found['loss']:.4g}\n" in out
    decided = predict(model, x).argmax(axis=1)
    lines = out.split("truth ")[1].splitlines()
    matrix = [[0 if cell == "." else int(cell) for cell in line.split()[1:11]] for line in lines[1:11]]
    assert np.array_equal(matrix, [[np.sum((y == t) & (decided == p)) for p in range(10)] for t in range(10)])
    recall = [float(line.split()[11]) for line in lines[1:11]]
    assert np.allclose(recall, [100 * np.mean(decided[y == t] == t) for t in range(10)], atol=0.06)
    off = np.array(matrix) - np.diag(np.diag(matrix))
    t, p = np.unravel_index(off.argmax(), off.shape)
    assert f"most often confused\n  {t} taken for {p}: {off.max()} time" in out
    assert len(out.split("most often confused\n")[1].splitlines()) <= 5


def test_without_test_examples_it_is_the_train_split(runs, capsys):
    assert cli.main(["eval", str(runs / "xor")]) == 0  # which has no other
    out = capsys.readouterr().out
    assert "4 examples of Xor, train" in out and "0      2  .  100.0 %\n1      .  2  100.0 %" in out
    assert "most often" not in out


def test_names_of_classes(runs, capsys):
    evaluate_run(runs / "origin")
    out = capsys.readouterr().out
    assert out.split("truth ")[1].split("recall")[0].split() == ["3", "4", "5", "6", "8"]


def test_quantities(runs, capsys):
    evaluate_run(runs / "cars")
    out = capsys.readouterr().out
    model, config = load_run(runs / "cars")
    x, y = config.make_data().test
    off = predict(model, x)[:, 0] - y
    assert "mean error  root mean squared error" in out
    name, mean, root, explained = out.splitlines()[-1].split()
    assert name == "mpg" and float(mean) == pytest.approx(np.abs(off).mean(), rel=1e-3)
    assert float(root) == pytest.approx(np.sqrt(np.mean(off**2)), rel=1e-3)
    assert float(explained) == pytest.approx(1 - np.mean(off**2) / y.var(), abs=1e-4)
    evaluate_run(runs / "two")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[-2:]] == ["mpg", "weight"]


def test_splits_that_are_not_there(runs):
    with pytest.raises(ConfigError, match=r"--split valid: it holds no examples. There are: train \(4 examples\)$"):
        evaluate_run(runs / "xor", "valid")
    with pytest.raises(
        ConfigError, match=r"--split dev: it is no part of the data. There are: train \(1,258 examples\)"
    ):
        evaluate_run(runs / "digits", "dev")


def test_many_classes_are_told_by_their_confusions(capsys):
    truth = np.repeat(np.arange(30), 4)
    decided = truth.copy()
    decided[[0, 1, 2, 8, 9]] = [5, 5, 5, 0, 0]
    show_confusion(truth, decided, [f"c{place}" for place in range(30)])
    assert capsys.readouterr().out == (
        "\nmost often confused\n  c0 taken for c5: 3 times of 4\n  c2 taken for c0: 2 times of 4\n"
    )


# predict


def test_predictions_are_those_of_the_model(runs, tmp_path, capsys):
    x = Digits().test[0]
    np.save(tmp_path / "x.npy", x)
    predict_run(runs / "digits", tmp_path / "x.npy")
    found = rows(capsys.readouterr().out)
    model, config = load_run(runs / "digits")
    p = probabilities(config.loss, predict(model, x))
    assert list(found[0]) == ["row", "class", "probability", *(f"p_{k}" for k in range(10))]
    assert [int(row["row"]) for row in found] == list(range(len(x)))
    assert [int(row["class"]) for row in found] == p.argmax(axis=1).tolist()
    assert np.array_equal(np.float32([[row[f"p_{k}"] for k in range(10)] for row in found]), p)  # every bit
    assert np.array_equal(np.float32([row["probability"] for row in found]), p.max(axis=1))


def test_ways_to_give_an_image(runs, tmp_path, capsys):
    x = Digits().test[0][:3]
    predict_run(runs / "digits", save(tmp_path / "a.npy", x))
    expected = capsys.readouterr().out
    np.savez(tmp_path / "named.npz", other=x[:1], x=x)
    np.savez(tmp_path / "alone.npz", pictures=x)
    table = "\n".join([",".join(f"c{i}" for i in range(64)), *(",".join(map(str, row.ravel())) for row in x)])
    (tmp_path / "table.csv").write_text(table)
    for given in (
        save(tmp_path / "b.npy", x[..., 0]),
        *(tmp_path / n for n in ("named.npz", "alone.npz", "table.csv")),
    ):
        predict_run(runs / "digits", given)
        assert capsys.readouterr().out == expected, given
    for one in (x[0], x[0, ..., 0]):
        predict_run(runs / "digits", save(tmp_path / "c.npy", one))
        (found,) = rows(capsys.readouterr().out)
        assert numbers([found]) == pytest.approx(numbers(rows(expected)[:1]), rel=1e-4)  # another batch, other rounding


def save(path, array):
    np.save(path, array)
    return path


def test_bytes_are_pixels(runs, tmp_path, capsys):
    x = (Digits().test[0][:3] * 255).round().astype(np.uint8)
    predict_run(runs / "digits", save(tmp_path / "a.npy", x.astype(np.float32) / np.float32(255)))
    expected = capsys.readouterr().out
    with pytest.warns(UserWarning, match="holds bytes, taken for pixels: they are divided by 255"):
        predict_run(runs / "digits", save(tmp_path / "b.npy", x))
    assert capsys.readouterr().out == expected
    with pytest.warns(
        UserWarning, match=r"holds numbers from 0 to 255, but the run was trained on numbers in \[0, 1\]"
    ):
        predict_run(runs / "digits", save(tmp_path / "c.npy", x.astype(np.float32)))
    capsys.readouterr()
    predict_run(runs / "xor", save(tmp_path / "d.npy", np.array([[0, 1], [1, 1]], np.uint8)))  # bits stay bits
    assert [row["class"] for row in rows(capsys.readouterr().out)] == ["1", "0"]


def test_columns_go_by_name(runs, tmp_path, capsys):
    table = rows(CARS.read_text())[:4]
    predict_run(runs / "cars", CARS)
    expected = numbers(rows(capsys.readouterr().out)[:4])
    names = [name for name in reversed(table[0]) if name != "mpg"]
    text = "\n".join([",".join(["made", *names]), *(",".join(["1", *(row[n] for n in names)]) for row in table)])
    (tmp_path / "a.csv").write_text(text)
    predict_run(runs / "cars", tmp_path / "a.csv")
    assert numbers(rows(capsys.readouterr().out)) == pytest.approx(expected, rel=1e-5)
    (tmp_path / "b.csv").write_text(text.replace("weight", "Weight"))
    with pytest.raises(DataError, match=r"b.csv, line 1: no column 'weight'. There are: made, "):
        predict_run(runs / "cars", tmp_path / "b.csv")
    predict_run(runs / "two", CARS)
    assert list(rows(capsys.readouterr().out)[0]) == ["row", "mpg", "weight"]
    predict_run(runs / "origin", CARS)
    found = rows(capsys.readouterr().out)
    assert list(found[0])[3:] == ["p_3", "p_4", "p_5", "p_6", "p_8"] and found[0]["class"] in "34568"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 9, 8)), r"expected examples of shape \(N, 8, 8, 1\), or one \(8, 8, 1\), got \(2, 9, 8\)"),
        (np.float64(3), r"got \(\)"),
        (np.where(np.arange(64) == 9, np.nan, 0).reshape(1, 8, 8), r"x\[0, 1, 1, 0\] is nan, expected a number"),
        (np.full((1, 8, 8), -np.inf), r"x\[0, 0, 0, 0\] is -inf"),
        (np.full((1, 8, 8), "a"), "holds <U1, expected numbers"),
        (np.full((1, 8, 8), None), "cannot be read as arrays of numbers"),
    ],
)
def test_arrays_that_do_not_fit(array, message, runs, tmp_path):
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        predict_run(runs / "digits", tmp_path / "x.npy")


def test_files_that_are_none(runs, tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros(3), b=np.zeros(3))
    (tmp_path / "x.npy").write_text("no array")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for name, message in [
        ("x.npz", "expected an array x, or one array alone, got a, b"),
        ("x.npy", "x.npy cannot be read as arrays of numbers: it is no NumPy file, or holds Python's objects$"),
        ("x.csv", "2 columns, expected 64 for 8 x 8 x 1 entries"),
        ("x.txt", "expected a file that ends in .npy, .npz, .csv"),
        ("y.npy", "y.npy not found"),
    ]:
        with pytest.raises(DataError, match=message):
            predict_run(runs / "digits", tmp_path / name)


def test_a_first_line_of_numbers_is_taken_for_names_with_a_warning(runs, tmp_path, capsys):
    (tmp_path / "x.csv").write_text("0,1\n1,1\n")
    with pytest.warns(UserWarning, match="x.csv, line 1 is taken for the columns' names, though it holds numbers$"):
        predict_run(runs / "xor", tmp_path / "x.csv")
    assert len(rows(capsys.readouterr().out)) == 1


def test_output_is_written_whole_or_not_at_all(runs, tmp_path, capsys, monkeypatch):
    given, out = save(tmp_path / "x.npy", Digits().test[0][:2]), tmp_path / "y.csv"
    predict_run(runs / "digits", given)
    expected = capsys.readouterr().out
    assert cli.main(["predict", str(runs / "digits"), "--input", str(given), "--output", str(out)]) == 0
    assert out.read_bytes().decode() == expected
    assert capsys.readouterr().out == f"2 rows written to {out}\n"
    assert (
        cli.main(["predict", str(runs / "digits"), "--input", str(given), "--output", str(tmp_path / "n" / "y")]) == 2
    )
    assert f"the folder {tmp_path / 'n'} is not there" in capsys.readouterr().err
    for wrong, message in ((tmp_path, "it is a folder"), (given, "it is the input")):
        with pytest.raises(ConfigError, match=message):
            predict_run(runs / "digits", given, wrong)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.csv"]


def test_a_run_whose_data_is_gone(runs, tmp_path, capsys, monkeypatch):
    def gone(self):
        raise DataError("train-images not found")

    given = save(tmp_path / "x.npy", Digits().test[0][:2])
    config = load_config(CONFIGS / "xor.yaml")
    monkeypatch.setattr(type(config), "make_data", gone)
    with pytest.warns(UserWarning, match="the run's data cannot be read, so classes have no names: train-images not"):
        predict_run(runs / "digits", given)
    assert len(rows(capsys.readouterr().out)) == 2
    with pytest.raises(DataError, match="It says which columns the run was trained on"):
        predict_run(runs / "cars", CARS)


@pytest.mark.parametrize(
    ("loss", "classes", "prediction", "head", "columns"),
    [
        ("NLL", 2, np.log([[0.25, 0.75]]), ["class", "probability", "p_0", "p_1"], ["1", 0.75, 0.25, 0.75]),
        ("BinaryCrossEntropyWithLogits", 2, [[0.0]], ["class", "probability", "p_0", "p_1"], ["1", 0.5, 0.5, 0.5]),
        ("BinaryCrossEntropy", None, [[0.25]], ["class", "probability", "p_0", "p_1"], ["0", 0.75, 0.75, 0.25]),
        ("BinaryCrossEntropy", None, [[0.25, 0.5]], ["y_0", "y_1"], [0.25, 0.5]),
        ("BinaryCrossEntropy", 2, [[0.25, 0.5]], ["class", "probability", "p_0", "p_1"], ["1", 0.5, 0.25, 0.5]),
        ("Hinge", 2, [[3.0, 1.0]], ["class", "score_0", "score_1"], ["0", 3.0, 1.0]),
        ("MSE", 2, [[0.25]], ["class", "score_1"], ["0", 0.25]),
        ("MSE", None, [[0.25]], ["y"], [0.25]),
        ("MSE", None, [[[1.0, 2.0]]], ["y_0_0", "y_0_1"], [1.0, 2.0]),
        ("PoissonNLL", None, [[0.0]], ["y"], [1.0]),
        ("KLDivergence", None, np.log([[0.25, 0.75]]), ["class", "probability", "p_0", "p_1"], ["1", 0.75, 0.25, 0.75]),
    ],
)
def test_answers(loss, classes, prediction, head, columns):
    config = load_config(CONFIGS / "xor.yaml")
    config.loss = getattr(losses, loss)()
    x = np.zeros((4, 2), np.float32)
    data = Dataset("own", (x, np.arange(4) % 2 if classes else x), classes=classes)
    found_head, found = answers(config, data, np.array(prediction))
    assert list(found_head) == head
    values = [column[0] for column in found]
    assert [v for v in values if isinstance(v, str)] == [v for v in columns if isinstance(v, str)]
    assert [v for v in values if not isinstance(v, str)] == pytest.approx(
        [v for v in columns if not isinstance(v, str)]
    )


def test_above_twenty_classes_there_is_no_column_for_each():
    config = load_config(CONFIGS / "digits_mlp.yaml")
    head, _ = answers(config, None, np.zeros((2, 21)))
    assert list(head) == ["class", "probability"]


def test_a_large_file_goes_through_in_batches(runs, tmp_path, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(room, "predict", lambda model, x: seen.append(len(x)) or predict(model, x))
    sizes, forward = [], Sequential.forward
    monkeypatch.setattr(Sequential, "forward", lambda self, x: sizes.append(len(x)) or forward(self, x))
    predict_run(runs / "digits", save(tmp_path / "x.npy", np.zeros((600, 8, 8, 1), np.float32)))
    assert seen == [600] and max(sizes) <= 256 and len(rows(capsys.readouterr().out)) == 600
