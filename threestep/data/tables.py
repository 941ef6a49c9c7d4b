"""CSV: a text table with a header line as a data set."""

import csv
import io
from difflib import get_close_matches

import numpy as np

from .dataset import DataError, Dataset, absolute, split_file


class CSV(Dataset):
    """A text table: one line of column names, then one example a line.

    x (N, D), float32: every column but the target, in the file's order. y: float32 (N,) for one target, (N, M) for a
    list of M; or labels, int64 (N,), from the sorted texts of the target column, sorted as numbers where all are.

    Args:
        path: UTF-8, cells quoted or not. target: a column's name, or a list of names for several quantities.
        labels: whether the target is a class rather than a quantity. delimiter: one character between the cells.
        valid, test: a share or a number of examples, drawn from `seed`, stratified for labels.

    Attributes:
        columns: the names of x's columns. class_names: the text of each label; None for quantities.

    Raises DataError, with file, line and column, for what cannot be read as such a table.
    """

    def __init__(self, path, target, labels=False, delimiter=",", valid=0.1, test=0.2, seed=0):
        targets = target_names(target, labels)
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
            raise ValueError(f"delimiter expected one character between cells, such as ';', got {delimiter!r}")
        path = absolute(path)
        names, lines, cells = read_table(path, delimiter, targets)
        self.columns = [name for name in names if name not in targets]
        x = numbers(path, lines, cells, self.columns)
        self.class_names = None
        if labels:
            self.class_names, y = label_numbers(path, lines, cells[target], target)
        else:
            y = numbers(path, lines, cells, targets)
            y = y[:, 0] if isinstance(target, str) else y
        parts = split_file(path, x, y, valid, test, seed, stratify=labels)
        super().__init__("CSV", *parts, classes=len(self.class_names) if labels else None)


def target_names(target, labels):
    """The targets as a list. ValueError for what is no name or no list of different names."""
    if not isinstance(labels, bool):
        raise ValueError(f"labels expected true or false, got {labels!r}")
    names = [target] if isinstance(target, str) else target
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"target expected a column's name or a list of names, got {target!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"target expected each column once, got {target!r}")
    if labels and not isinstance(target, str):
        raise ValueError(f"target expected one column's name for labels, got {target!r}")
    return list(names)


def read_table(path, delimiter, targets):
    """(names, the line that each row starts on, {name: its cells}), every row as long as the header."""
    rows = read_rows(path, delimiter)
    names = [name.strip() for name in next(rows, (1, []))[1]]
    require_columns(path, names, targets, delimiter)
    table = list(rows)
    while table and len(table[-1][1]) < 2 and not "".join(table[-1][1]).strip():
        table.pop()  # blank lines at the end
    for line, row in table:
        if len(row) != len(names):
            count = f"{len(row)} cell{'s' * (len(row) != 1)}"
            raise DataError(f"{path}, line {line}: {count}, where the header has {len(names)}")
    if not table:
        raise DataError(f"{path}: no examples below the column names")
    lines, rows = zip(*table, strict=True)
    return names, lines, dict(zip(names, zip(*rows, strict=True), strict=True))


def read_rows(path, delimiter):
    """Yields (the line it starts on, cells) for each row; a quoted cell may go on over several lines."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"{path} not found") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = 1 + error.object.count(b"\n", 0, error.start)
        wrong = error.object[error.start]
        raise DataError(f"{path}, line {line}: byte 0x{wrong:02x} is not UTF-8. Save the table as UTF-8") from None
    if not text.strip():
        raise DataError(f"{path} is empty: expected a line of column names, then one example a line")
    spaces = delimiter != " "  # "a, b": a space after the delimiter is no part of the cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=spaces, strict=True)
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        problem = "a quoted cell has no end" if "end of data" in str(error) else error
        raise DataError(f"{path}, line {line}: {problem}") from None


def require_columns(path, names, targets, delimiter):
    """DataError unless the columns have names of their own, every target among them, and one is left for x."""
    if not any(names):
        raise DataError(f"{path}, line 1: expected the columns' names")
    others = [sign for sign in (";", "\t", ",") if sign != delimiter and sign in names[0]]
    if len(names) == 1 and others:
        sign = others[0].replace("\t", "\\t")
        raise DataError(f'{path}, line 1: read as one column, {names[0]!r}. Is it delimiter: "{sign}"?')
    if "" in names:
        raise DataError(f"{path}, line 1: column {names.index('') + 1} has no name")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        unnamed = "" if as_floats(names) is None else ". Put a line of column names first"
        raise DataError(f"{path}, line 1: two columns are called {twice!r}{unnamed}")
    for target in targets:
        if target not in names:
            close = get_close_matches(target, names, n=1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
            raise DataError(f"{path}, line 1: no column {target!r}.{meant} There are: {shown}")
    if len(names) == len(targets):
        raise DataError(f"{path}: every column is a target, and none is left to learn from")


def numbers(path, lines, cells, names):
    """The columns of these names as float32 (N, number of names)."""
    array = np.empty((len(lines), len(names)), np.float32)
    for place, name in enumerate(names):
        column = as_floats(cells[name])
        if column is None:
            row, cell = next((row, cell) for row, cell in enumerate(cells[name]) if as_floats([cell]) is None)
            raise DataError(f"{path}, line {lines[row]}, column {name!r}: {complaint(cell)}")
        array[:, place] = column
    return array


def as_floats(cells):
    """Cells as float32 (N,); None where one is no finite number of that type."""
    if any("_" in cell for cell in cells):  # Python's own digit grouping, which no table means
        return None
    try:
        with np.errstate(over="ignore"):
            column = np.array(list(map(float, cells)), np.float64).astype(np.float32)
    except ValueError:
        return None
    return column if np.isfinite(column).all() else None


def complaint(cell):
    """What is wrong with a cell that is no number."""
    if not cell.strip():
        return "the cell is empty, expected a number"
    advice = ". Write 1000 or 0.5, without a comma" if as_floats([cell.replace(",", "")]) is not None else ""
    return f"expected a finite number, got {cell!r}{advice}"


def label_numbers(path, lines, cells, name):
    """(the labels' texts in order, each cell's label as int64)."""
    cells = [cell.strip() for cell in cells]
    if "" in cells:
        raise DataError(f"{path}, line {lines[cells.index('')]}, column {name!r}: the cell is empty, expected a label")
    texts = list(dict.fromkeys(cells))
    values = as_floats(texts)
    keys = dict(zip(texts, texts if values is None else map(float, texts), strict=True))  # 1 and 1.0 are one label
    text_of = {}
    for text, key in keys.items():
        text_of.setdefault(key, text)
    order = sorted(text_of)
    if len(order) < 2:
        raise DataError(f"{path}, column {name!r}: every label is {texts[0]!r}, expected two classes or more")
    number = {key: label for label, key in enumerate(order)}
    return [text_of[key] for key in order], np.array([number[keys[cell]] for cell in cells], np.int64)
