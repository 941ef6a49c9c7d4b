import numpy as np
import pytest

from threestep import data
from threestep.data import DataError, Dataset, Digits, batches, load, split

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


class TestBatches:
    @pytest.mark.parametrize(
        ("n", "size", "expected"),
        [(10, 5, [5, 5]), (10, 4, [4, 4, 2]), (9, 4, [4, 5]), (3, 1, [1, 1, 1]), (1, 4, [1]), (3, 9, [3]), (0, 4, [])],
    )
    def test_sizes(self, n, size, expected):
        """A last batch of one example joins the one before it."""
        assert [len(x) for x, _ in batches(np.zeros((n, 2)), np.zeros(n), size)] == expected

    def test_each_example_once_with_its_target(self):
        for rng in (None, 3, np.random.default_rng(3)):
            pairs = list(batches(X, Y, 4, rng))
            x, y = (np.concatenate(part) for part in zip(*pairs, strict=True))
            assert sorted(y) == list(Y) and np.array_equal(x, X[y])

    def test_order(self):
        def order(rng):
            return [int(i) for _, y in batches(X, Y, 4, rng) for i in y]

        generator = np.random.default_rng(0)
        assert order(None) == list(range(10))
        assert order(0) == order(0) != order(1)
        assert order(generator) != order(generator)

    def test_errors_come_at_the_call(self):
        with pytest.raises(ValueError, match="x holds 10 examples and y 9"):
            batches(X, Y[:9], 4)
        for wrong in (0, -1, 2.0, True, "4"):
            with pytest.raises(ValueError, match="batch_size expected a whole number above 0"):
                batches(X, Y, wrong)


class TestSplit:
    def test_parts_are_disjoint_complete_and_sized(self):
        y = np.repeat([0, 1, 2], [60, 30, 10])
        train, valid, test = split(y, 0.1, 20, seed=0)
        assert (len(train), len(valid), len(test)) == (70, 10, 20)
        assert sorted([*train, *valid, *test]) == list(range(100))

    def test_every_part_holds_the_classes_in_proportion(self):
        y = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [600, 300, 100]))
        for part in split(y, 0.1, 0.2, seed=0):
            assert np.abs(np.bincount(y[part]) - np.array([0.6, 0.3, 0.1]) * len(part)).max() <= 1

    def test_seeded(self):
        a, b, c = (split(np.zeros(50, int), 10, 10, seed) for seed in (0, 0, 1))
        assert all(np.array_equal(i, j) for i, j in zip(a, b, strict=True))
        assert not all(np.array_equal(i, j) for i, j in zip(a, c, strict=True))

    def test_the_order_within_a_part_is_random(self):
        y = np.repeat([0, 1], 50)
        train, valid, _ = split(y, 40, 0, seed=0)
        for part in (train, valid):
            assert np.any(np.diff(part) < 0)
            assert np.abs(np.diff(y[part])).mean() < 0.8  # not class by class in turn either

    @pytest.mark.parametrize(
        ("valid", "test", "message"),
        [
            (60, 40, "leave none to train on"),
            (0.5, 0.5, "leave none to train on"),
            (-1, 0, "valid expected a share below 1 or a number of examples, got -1"),
            (0, 1.5, "test expected a share below 1 or a whole number of examples, got 1.5"),
            ("1", 0, "valid expected a share below 1 or a number of examples, got '1'"),
            (0, 10**90, "test expected a share below 1 or fewer than 100 examples, got 10"),
        ],
    )
    def test_sizes_out_of_range(self, valid, test, message):
        with pytest.raises(ValueError, match=message):
            split(np.zeros(100, int), valid, test, seed=0)

    @pytest.mark.parametrize("seed", [-1, 0.5, True, "a", None, [1, None]])
    def test_seeds_that_are_none(self, seed):
        with pytest.raises(ValueError, match="seed expected a whole number of 0 or more, got "):
            split(np.zeros(100, int), 10, 10, seed)


class TestDataset:
    def test_nan_is_told_with_its_place(self):
        x = X.copy()
        x[3, 1] = np.nan
        with pytest.raises(DataError, match=r"mine.train: x\[3, 1\] is nan, expected a number"):
            Dataset("mine", (x, Y))
        with pytest.raises(DataError, match=r"mine.test: y\[0\] is inf"):
            Dataset("mine", (X, Y), test=(X[:1], np.array([np.inf])))

    def test_lengths_and_labels(self):
        with pytest.raises(DataError, match="mine.valid: 10 examples but 9 targets"):
            Dataset("mine", (X, Y), valid=(X, Y[:9]))
        with pytest.raises(DataError, match="expected labels from 0 to 8, got 9"):
            Dataset("mine", (X, Y), classes=9)
        with pytest.raises(DataError, match="expected labels from 0 to 9, got -1"):
            Dataset("mine", (X, Y - 1), classes=10)

    def test_missing_parts_are_empty(self):
        data = Dataset("mine", (X, Y))
        assert data.valid[0].shape == (0, 2) and len(data.test[1]) == 0


def test_digits():
    data = Digits()
    x, y = data.train
    assert repr(data) == "<Digits: train 1,258, valid 180, test 359; x (8, 8, 1)>"
    assert x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 1 and data.classes == 10
    everything = np.concatenate([part[1] for part in (data.train, data.valid, data.test)])
    assert np.bincount(everything).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_every_data_set_is_public():
    public = {name for name, value in vars(data).items() if isinstance(value, type) and issubclass(value, Dataset)}
    assert {*data.DATASETS, "Dataset"} == public <= set(data.__all__)
    assert all(hasattr(data, name) for name in data.__all__)


def test_load_by_name():
    assert load("Digits", valid=0, test=0.5).name == "Digits"
    with pytest.raises(ValueError, match="no data set 'digits': expected one of Digits, MNIST"):
        load("digits")


def test_the_seed_moves_the_parts():
    first, same, other = Digits(), Digits(), Digits(seed=1)
    assert np.array_equal(first.train[0], same.train[0]) and not np.array_equal(first.train[0], other.train[0])


def test_parts_must_hold_examples_of_one_shape():
    with pytest.raises(DataError, match=r"mine.test: expected examples of shape \(2,\), as in train, got \(3,\)"):
        Dataset("mine", (X, Y), test=(np.zeros((4, 3)), Y[:4]))
