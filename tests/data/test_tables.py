import re

import numpy as np
import pytest

from threestep.data import CSV, DataError

TABLE = "a,b,c\n1,2,0.5\n3,4,-1e3\n5,6,7\n"


@pytest.fixture
def table(tmp_path):
    """Writes a text, or bytes, as a table; returns its path."""

    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def whole(path, target, **options):
    """(x, y, the data set) with every row, in the file's order, which the first column or the target gives away."""
    data = CSV(path, target, valid=0, test=0, **options)
    order = np.argsort(data.train[0][:, 0], kind="stable")
    return data.train[0][order], data.train[1][order], data


def test_one_quantity(table):
    x, y, data = whole(table(TABLE), "b")
    assert x.tolist() == [[1, 0.5], [3, -1000], [5, 7]] and y.tolist() == [2, 4, 6]
    assert x.dtype == y.dtype == np.float32 and y.shape == (3,)
    assert data.columns == ["a", "c"] and data.classes is None and data.class_names is None
    assert repr(data) == "<CSV: train 3, valid 0, test 0; x (2,)>"


def test_several_quantities_in_the_order_asked_for(table):
    x, y, data = whole(table(TABLE), ["c", "b"])
    assert x.tolist() == [[1], [3], [5]] and y.tolist() == [[0.5, 2], [-1000, 4], [7, 6]]
    assert y.dtype == np.float32 and data.columns == ["a"]
    assert whole(table(TABLE), ["c"])[1].shape == (3, 1)


@pytest.mark.parametrize(
    ("cells", "names", "labels"),
    [
        (["red", "blue", "red", " green"], ["blue", "green", "red"], [2, 0, 2, 1]),
        (["10", "9", "-1", "9.0"], ["-1", "9", "10"], [2, 1, 0, 1]),
        (["10", "9", "x", "9.0"], ["10", "9", "9.0", "x"], [0, 1, 3, 2]),
        (["nan", "1", "2", "1_0"], ["1", "1_0", "2", "nan"], [3, 0, 2, 1]),
    ],
)
def test_labels_are_numbered_in_order(table, cells, names, labels):
    _, y, data = whole(
        table("a,kind\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))), "kind", labels=True
    )
    assert data.class_names == names and data.classes == len(names)
    assert y.tolist() == labels and y.dtype == np.int64


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.rstrip("\n"),
        TABLE + "\n  \n\n",
        TABLE.replace(",", ", "),
        'a, "b", c\n"1", "2", 0.5\n3,"4",-1e3\n5,6, " 7 "\n',
    ],
    ids=["byte order mark", "CRLF", "CR", "no end", "blank end", "spaces", "quotes"],
)
def test_ways_to_write_the_same_table(table, content):
    x, y, data = whole(table(content), "b")
    assert x.tolist() == [[1, 0.5], [3, -1000], [5, 7]] and y.tolist() == [2, 4, 6] and data.columns == ["a", "c"]


def test_other_delimiters_and_cells_of_several_lines(table):
    for sign in "; \t|":
        x, _, _ = whole(table(TABLE.replace(",", sign)), "b", delimiter=sign)
        assert x.tolist() == [[1, 0.5], [3, -1000], [5, 7]]
    data = CSV(table('a,kind\n1,"two\nlines, or\n""three"""\n2,x\n'), "kind", labels=True, valid=0, test=0)
    assert data.class_names == ['two\nlines, or\n"three"', "x"]


@pytest.mark.parametrize("labels", [False, True])
def test_parts_are_disjoint_and_seeded(table, labels):
    path = table("a,b\n" + "".join(f"{i},{int(i % 4 == 3)}\n" for i in range(100)))
    first, same, other = (CSV(path, "b", labels, seed=seed) for seed in (0, 0, 1))
    parts = [part[0][:, 0] for part in (first.train, first.valid, first.test)]
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert np.array_equal(first.test[0], same.test[0]) and not np.array_equal(first.test[0], other.test[0])
    assert np.array_equal(first.test[1], first.test[0][:, 0] % 4 == 3)
    ones = [CSV(path, "b", labels, seed=seed).test[1].sum() for seed in range(5)]
    assert (set(ones) == {5}) == labels  # stratified


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, " is empty: expected a line of column names, then one example a line"),
        (" \r\n\n", {}, " is empty: expected a line of column names, then one example a line"),
        ("\ufeff", {}, " is empty: expected a line of column names, then one example a line"),
        ("\na,b\n1,2\n", {}, ", line 1: expected the columns' names"),
        ("a,b,c\n", {}, ": no examples below the column names"),
        ("a,b,c\n1,2,3\n", {"test": 1}, ": 1 examples are fewer than the 2 that valid, test and training need"),
        (TABLE, {"valid": 2, "test": 1}, ": 3 examples are fewer than the 4 that valid, test and training need"),
        (TABLE, {"target": "d"}, ", line 1: no column 'd'. There are: a, b, c"),
        (TABLE, {"target": ["a", "bb"]}, ", line 1: no column 'bb'. Did you mean 'b'? There are: a, b, c"),
        (
            ",".join(f"p{i}" for i in range(30)),
            {},
            f", line 1: no column 'b'. There are: {', '.join(f'p{i}' for i in range(20))} and 10 more",
        ),
        ("a,b, a\n1,2,3\n", {}, ", line 1: two columns are called 'a'"),
        ("1,0,0\n1,2,3\n", {}, ", line 1: two columns are called '0'. Put a line of column names first"),
        (",a,b\n0,1,2\n", {}, ", line 1: column 1 has no name"),
        ("b\n1\n2\n", {}, ": every column is a target, and none is left to learn from"),
        (TABLE, {"target": ["c", "b", "a"]}, ": every column is a target, and none is left to learn from"),
        ("a;b\n1,5;2\n", {}, ", line 1: read as one column, 'a;b'. Is it delimiter: \";\"?"),
        ("a\tb\n1\t2\n", {}, ", line 1: read as one column, 'a\\tb'. Is it delimiter: \"\\t\"?"),
        ("a,b\n1,2\n", {"delimiter": ";"}, ", line 1: read as one column, 'a,b'. Is it delimiter: \",\"?"),
        ("a,b\n1,2\n3\n", {}, ", line 3: 1 cell, where the header has 2"),
        ("a,b\n1,2\n3,4,5\n", {}, ", line 3: 3 cells, where the header has 2"),
        ("a,b\n1,2\n\n3,4\n", {}, ", line 3: 0 cells, where the header has 2"),
        ('a,b,c\r\n1,2,"3\r\n"\r\n3,x,5\r\n', {}, ", line 4, column 'b': expected a finite number, got 'x'"),
        ("a,b\r1,2\r3,x\r", {}, ", line 3, column 'b': expected a finite number, got 'x'"),
        ("a,b\n1,2\n ,4\n", {}, ", line 3, column 'a': the cell is empty, expected a number"),
        ("a,b\n1,2\n3,nan\n", {}, ", line 3, column 'b': expected a finite number, got 'nan'"),
        ("a,b\n1,-inf\n", {}, ", line 2, column 'b': expected a finite number, got '-inf'"),
        ("a,b\n1e39,2\n", {}, ", line 2, column 'a': expected a finite number, got '1e39'"),
        ("a,b\n1_000,2\n", {}, ", line 2, column 'a': expected a finite number, got '1_000'"),
        (
            'a,b\n"1,000",2\n',
            {},
            ", line 2, column 'a': expected a finite number, got '1,000'. Write 1000 or 0.5, without a comma",
        ),
        ('a,b\n1,2\n3,"4\n5,6\n', {}, ", line 3: a quoted cell has no end"),
        ('a,b\n1,2\n3,"4"4\n', {}, ", line 3: ',' expected after '\"'"),
        ("a,b\n1,2\n".encode("utf-16"), {}, ", line 1: byte 0xff is not UTF-8. Save the table as UTF-8"),
        ("a,b\n1,2\nä,2\n".encode("latin-1"), {}, ", line 3: byte 0xe4 is not UTF-8. Save the table as UTF-8"),
        ("a,b\n1,x\n2,x\n", {"labels": True}, ", column 'b': every label is 'x', expected two classes or more"),
        ("a,b\n1,1\n2,1.0\n", {"labels": True}, ", column 'b': every label is '1', expected two classes or more"),
        ("a,b\n1,x\n2, \n", {"labels": True}, ", line 3, column 'b': the cell is empty, expected a label"),
    ],
)
def test_errors_name_file_line_and_column(table, monkeypatch, content, options, message):
    path = table(content)
    monkeypatch.chdir(path.parent)
    with pytest.raises(DataError) as caught:
        CSV(path.name, **{"target": "b", **options})
    assert str(caught.value) == f"{path}{message}"


def test_a_file_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        CSV("table.csv", "b")
    assert str(caught.value) == f"{tmp_path / 'table.csv'} not found"
    with pytest.raises(DataError, match=re.escape(f"{tmp_path} cannot be read: ")):
        CSV(tmp_path, "b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": 3}, "target expected a column's name or a list of names, got 3"),
        ({"target": []}, r"target expected a column's name or a list of names, got \[\]"),
        ({"target": ["b", 3]}, "target expected a column's name or a list of names"),
        ({"target": ["b", "b"]}, r"target expected each column once, got \['b', 'b'\]"),
        ({"target": ["b"], "labels": True}, "target expected one column's name for labels"),
        ({"labels": "yes"}, "labels expected true or false, got 'yes'"),
        ({"delimiter": ";;"}, "delimiter expected one character"),
        ({"delimiter": ""}, "delimiter expected one character"),
        ({"delimiter": "\n"}, "delimiter expected one character"),
        ({"valid": -1}, "valid expected a share below 1"),
        ({"seed": "a"}, "seed expected a whole number of 0 or more, got 'a'"),
        ({"path": True}, "path expected the name of a file or folder, got True"),
        ({"path": "a\0b"}, "path expected the name of a file or folder, got 'a"),
    ],
)
def test_arguments_that_are_refused(table, options, message):
    with pytest.raises(ValueError, match=message):
        CSV(**{"path": table(TABLE), "target": "b", **options})


def test_a_hundred_thousand_rows(table):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((100_000, 5)).astype(np.float32)
    x[:, 0] = np.arange(len(x))
    lines = "\n".join(",".join(map(repr, row)) for row in x.tolist())
    path = table(f"a,b,c,d,e\n{lines}\n")
    data = CSV(path, "e", valid=0, test=0)
    order = data.train[0][:, 0].astype(int)
    assert np.array_equal(x[order, :4], data.train[0]) and np.array_equal(x[order, 4], data.train[1])
