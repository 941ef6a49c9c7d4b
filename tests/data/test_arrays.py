import io
import zipfile

import numpy as np
import pytest

from threestep.data import NPZ, DataError

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2


@pytest.fixture
def archive(tmp_path):
    """Saves arrays by name, or bytes, as an .npz; returns its path."""

    def write(content=None, **arrays):
        path = tmp_path / "data.npz"
        if content is not None:
            path.write_bytes(content)
        else:
            np.savez_compressed(path, **arrays)
        return path

    return write


def bytes_of(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def test_labels(archive):
    data = NPZ(archive(x=X, y=Y.astype(np.uint8) * 3), valid=2, test=2)
    x, y = data.train
    assert repr(data) == "<NPZ: train 6, valid 2, test 2; x (2,)>"
    assert x.dtype == np.float32 and y.dtype == np.int64 and data.classes == 4
    assert np.array_equal(y, x[:, 0] // 2 % 2 * 3)
    assert sorted(data.test[1]) == sorted(data.valid[1]) == [0, 3]  # stratified


@pytest.mark.parametrize("shape", [(10,), (10, 1), (10, 3)])
def test_quantities(archive, shape):
    y = np.random.default_rng(0).standard_normal(shape)
    data = NPZ(archive(x_train=X, y_train=y, other=np.array("ignored")), valid=0, test=0)
    order = data.train[0][:, 0].astype(int) // 2
    assert data.train[1].dtype == np.float32 and np.array_equal(data.train[1], y[order].astype(np.float32))
    assert data.classes is None


@pytest.mark.parametrize(
    ("dtype", "shape", "expected", "scale"),
    [
        (np.uint8, (10, 4, 5), (4, 5, 1), 255),
        (np.uint8, (10, 4, 5, 3), (4, 5, 3), 255),
        (np.uint8, (10, 20), (20,), 255),
        (np.int64, (10, 4, 5), (4, 5), 1),
        (np.uint16, (10, 20), (20,), 1),
        (np.float64, (10, 4, 5), (4, 5), 1),
        (np.float16, (10, 20), (20,), 1),
        (bool, (10, 20), (20,), 1),
    ],
)
def test_bytes_are_pixels_and_other_numbers_stay(archive, dtype, shape, expected, scale):
    x = np.random.default_rng(0).integers(0, 2 if dtype is bool else 256, shape).astype(dtype)
    x.reshape(10, -1)[:, 0] = np.arange(10) if dtype is not bool else 1
    found, y = NPZ(archive(x=x, y=np.arange(10)), valid=0, test=0).train
    assert found.shape == (10, *expected) and found.dtype == np.float32
    assert np.array_equal(found.reshape(10, -1), x[y].reshape(10, -1).astype(np.float32) / scale)


def test_a_test_part_is_taken_as_it_is(archive):
    given = X[:4] + 0.5
    path = archive(x_train=X, y_train=Y, x_test=given, y_test=np.array([0, 5, 0, 1]))
    data = NPZ(path, valid=2, test=0.9)
    assert repr(data) == "<NPZ: train 8, valid 2, test 4; x (2,)>"
    assert np.array_equal(data.test[0], given) and data.test[1].tolist() == [0, 5, 0, 1] and data.classes == 6
    assert len(NPZ(archive(x=X, y=Y, x_test=given, y_test=Y[:4])).test[1]) == 4


@pytest.mark.parametrize("y", [np.arange(100) % 4 == 3, np.arange(100.0)], ids=["labels", "quantities"])
def test_parts_are_disjoint_and_seeded(archive, y):
    path = archive(x=np.arange(100)[:, None], y=y)
    first, same, other = (NPZ(path, seed=seed) for seed in (0, 0, 1))
    parts = [part[0][:, 0] for part in (first.train, first.valid, first.test)]
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert np.array_equal(first.test[0], same.test[0]) and not np.array_equal(first.test[0], other.test[0])
    assert np.array_equal(first.test[1], y[first.test[0][:, 0].astype(int)])


EXPECTED = ": expected the arrays x and y, or x_train and y_train, with both or none of x_test and y_test; got "
NOT_ZIP = " is no .npz file, or not a whole one"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"content": b""}, NOT_ZIP),
        ({"content": b"x,y\n1,2\n"}, NOT_ZIP),
        ({"content": bytes_of(np.savez, x=X, y=Y)[:-30]}, NOT_ZIP),
        ({"content": bytes_of(np.save, np.array([{}]), allow_pickle=True)}, NOT_ZIP),
        (
            {"content": bytes_of(np.save, X)},
            " holds one array without a name (.npy): save x and y in one file with numpy.savez",
        ),
        ({"content": bytes_of(np.savez, X, Y)}, EXPECTED + "arr_0, arr_1"),
        ({"content": bytes_of(np.savez)}, EXPECTED + "none"),
        ({"x": X, "y_train": Y}, EXPECTED + "x, y_train"),
        ({"x": X, "y": Y, "x_test": X}, EXPECTED + "x, y, x_test"),
        ({"x": X, "y": Y, "x_train": X, "y_train": Y}, EXPECTED + "x, y, x_train, y_train"),
        ({"x": X, "y": np.array([{}] * 10)}, ": y holds pickled objects, which are not loaded: save numbers"),
        ({"x": X, "y": np.array(["a"] * 10)}, ": y holds <U1, expected numbers"),
        ({"x": X * 1j, "y": Y}, ": x holds complex128, expected numbers"),
        ({"x": X[:, 0], "y": Y}, ": x has shape (10,), expected (N, D), or images (N, H, W) or (N, H, W, C)"),
        ({"x": X[:0], "y": Y[:0]}, ": x has shape (0, 2), expected (N, D), or images (N, H, W) or (N, H, W, C)"),
        ({"x": X, "y": Y[:9]}, ": x has shape (10, 2) and y (9,), expected as many examples"),
        ({"x": X, "y": np.array(3)}, ": x has shape (10, 2) and y (), expected as many examples"),
        (
            {"x": X, "y": Y[:, None]},
            ": y holds int64 of shape (10, 1): expected labels (N,), or quantities as floats",
        ),
        ({"x": X, "y": np.where(np.arange(10) == 7, -2, Y)}, ": y[7] is -2, expected labels from 0"),
        ({"x": X, "y": Y * 0}, ": every label in y is 0, expected two classes or more"),
        ({"x": np.where(X == 7, np.nan, X), "y": Y}, ": x[3, 1] is nan, expected a number"),
        ({"x": X, "y": np.where(Y, np.inf, 0)}, ": y[1] is inf, expected a number"),
        ({"x": np.where(X == 7, 1e39, X), "y": Y}, ": x as float32[3, 1] is inf, expected a number"),
        ({"x": X[:3], "y": Y[:3], "valid": 3}, ": 3 examples are fewer than the 5 that valid, test and training need"),
    ],
)
def test_errors_name_the_file_and_the_array(archive, monkeypatch, arrays, message):
    options = {"valid": arrays.pop("valid")} if "valid" in arrays else {}
    path = archive(**arrays)
    monkeypatch.chdir(path.parent)
    with pytest.raises(DataError) as caught:
        NPZ(path.name, **options)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X.astype(np.uint8), Y, "x_train holds float64 of shape (10, 2) and x_test uint8 of shape (10, 2)"),
        (X[:, :1], Y, "x_train holds float64 of shape (10, 2) and x_test float64 of shape (10, 1)"),
        (X, Y / 2, "y_train holds int64 of shape (10,) and y_test float64 of shape (10,)"),
        (X, Y[:9], "x_test has shape (10, 2) and y_test (9,), expected as many examples"),
        (X, Y - 1, "y_test[0] is -1, expected labels from 0"),
    ],
)
def test_the_test_part_is_checked_too(archive, x, y, message):
    path = archive(x_train=X, y_train=Y, x_test=x, y_test=y)
    with pytest.raises(DataError) as caught:
        NPZ(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert NPZ(archive(x_train=X, y_train=Y, x_test=X.astype(int), y_test=Y.astype(np.uint8))).classes == 2


def test_every_damaged_byte_is_told(archive):
    """Whatever a flipped byte breaks, a DataError names the file, or the file's checksum finds the content whole."""
    whole = bytearray(bytes_of(np.savez, x=X, y=Y))
    for place in range(0, len(whole), 3):
        whole[place] ^= 0x55
        path = archive(bytes(whole))
        try:
            data = NPZ(path, valid=0, test=0)
            assert sorted(data.train[0][:, 0]) == X[:, 0].tolist()
        except DataError as error:
            assert str(path) in str(error)
        whole[place] ^= 0x55


def test_a_member_that_is_no_array(archive):
    path = archive(x=X, y=Y)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x", b"text")
        file.writestr("y", b"text")
    with pytest.raises(DataError, match="x holds no array, expected numbers"):
        NPZ(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.npz not found$"):
        NPZ(tmp_path / "nowhere.npz")
    with pytest.raises(DataError, match="cannot be read: "):
        NPZ(tmp_path)
