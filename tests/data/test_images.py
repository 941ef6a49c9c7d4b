import gzip
import hashlib
import struct

import numpy as np
import pytest

from threestep.data import MNIST, DataError, FashionMNIST, fetch, images
from threestep.data.images import FILES, read_idx


def idx(array):
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture
def small_mnist(tmp_path):
    """Four files in MNIST's format, 30 and 10 images of 28x28."""
    rng = np.random.default_rng(0)
    for name, n in zip(FILES, (30, 30, 10, 10), strict=True):
        array = rng.integers(0, 256, (n, 28, 28)) if "images" in name else np.arange(n) % 10
        (tmp_path / name).write_bytes(gzip.compress(idx(array)))
    return tmp_path


def test_mnist_from_its_files(small_mnist):
    data = MNIST(valid=10, path=small_mnist)
    assert repr(data) == "<MNIST: train 20, valid 10, test 10; x (28, 28, 1)>"
    assert data.train[0].dtype == np.float32 and data.train[0].min() >= 0 and data.train[0].max() == 1
    assert sorted(data.valid[1]) == list(range(10))
    assert data.test[1].tolist() == list(range(10))


def test_where_it_is_looked_for(small_mnist, monkeypatch, tmp_path):
    monkeypatch.delenv("THREESTEP_DATA", raising=False)
    monkeypatch.setattr(images, "cache_folder", lambda name: tmp_path / "cache" / "mnist")
    with pytest.raises(DataError) as caught:
        MNIST()
    assert str(caught.value) == (
        f"train-images-idx3-ubyte.gz not found (looked in {tmp_path / 'cache' / 'mnist'}). "
        "Set data.MNIST.path, or run: train.py fetch MNIST"
    )
    monkeypatch.setenv("THREESTEP_DATA", str(tmp_path / "given"))
    (tmp_path / "given").mkdir()
    small_mnist_copy = tmp_path / "given" / "mnist"
    small_mnist_copy.mkdir()
    for name in FILES:
        (small_mnist_copy / name).write_bytes((small_mnist / name).read_bytes())
    assert len(MNIST(valid=5).train[0]) == 25
    (tmp_path / "cache" / "mnist").mkdir(parents=True)
    for name in FILES:  # files in the cache come second
        (tmp_path / "cache" / "mnist" / name).write_bytes(b"wrong")
    assert len(MNIST(valid=5).train[0]) == 25


def test_the_seed_moves_the_validation_part(small_mnist):
    a, b, c = (MNIST(valid=10, path=small_mnist, seed=seed).valid[0] for seed in (0, 0, 1))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_corrupt_files_are_named(small_mnist):
    images_file = small_mnist / "train-images-idx3-ubyte.gz"
    whole = images_file.read_bytes()
    content = gzip.decompress(whole)
    broken = {
        "truncated gzip": whole[: len(whole) // 2],
        "no gzip": b"<html>not found</html>",
        "empty": b"",
        "truncated inside": gzip.compress(content[:1000]),
        "head only": gzip.compress(content[:6]),
        "wrong magic": gzip.compress(b"\1" + content[1:]),
        "huge sizes": gzip.compress(content[:4] + b"\x7f\xff\xff\xff" * 3),
        "labels": (small_mnist / "train-labels-idx1-ubyte.gz").read_bytes(),
    }
    for kind, data in broken.items():
        images_file.write_bytes(data)
        with pytest.raises(DataError, match="train-images-idx3-ubyte.gz"):
            pytest.fail(f"{kind}: read as {MNIST(path=small_mnist, valid=5)}")


def test_read_idx_of_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="nowhere.gz not found"):
        read_idx(tmp_path / "nowhere.gz")


def test_images_and_labels_must_be_as_many(small_mnist):
    (small_mnist / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(29))))
    with pytest.raises(DataError, match=r"\(30, 28, 28\).*\(29,\)"):
        MNIST(path=small_mnist, valid=5)


class TestFetch:
    @pytest.fixture
    def mirror(self, small_mnist, monkeypatch):
        """A folder as the mirror, and hashes that fit it."""
        hashes = [hashlib.sha256(gzip.decompress((small_mnist / n).read_bytes())).hexdigest() for n in FILES]
        monkeypatch.setattr(MNIST, "sha256", hashes)
        monkeypatch.setattr(FashionMNIST, "sha256", hashes)
        return small_mnist.as_uri() + "/"

    def test_downloads_checks_and_keeps(self, mirror, tmp_path):
        folder = fetch("MNIST", tmp_path / "new", [mirror])
        assert sorted(p.name for p in folder.iterdir()) == sorted(FILES)
        assert len(MNIST(path=folder, valid=5).train[0]) == 25
        assert fetch("MNIST", folder, ["file:///nowhere/"]) == folder  # what is right stays

    def test_a_wrong_file_is_not_kept(self, mirror, small_mnist, tmp_path):
        (small_mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"something else"))
        with pytest.raises(DataError, match=r"cannot download t10k-labels-idx1-ubyte.gz.*SHA-256"):
            fetch("MNIST", tmp_path / "new", ["file:///nowhere/", mirror])
        assert not list((tmp_path / "new").glob("t10k-labels*"))

    def test_a_wrong_file_that_is_there_is_replaced(self, mirror, tmp_path):
        folder = tmp_path / "new"
        folder.mkdir()
        (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"something else"))
        fetch("MNIST", folder, [mirror])
        assert len(MNIST(path=folder, valid=5).train[0]) == 25

    def test_a_download_that_cannot_be_moved_leaves_no_name(self, mirror, tmp_path, monkeypatch):
        def fail(*arguments):
            raise OSError("no space left")

        monkeypatch.setattr(images.os, "replace", fail)
        with pytest.raises(OSError, match="no space left"):
            fetch("MNIST", tmp_path / "new", [mirror])
        assert not list((tmp_path / "new").glob("*.gz"))

    def test_each_name_has_its_own_mirrors_and_place(self, mirror, tmp_path, monkeypatch):
        monkeypatch.setattr(images, "cache_folder", lambda name: tmp_path / name)
        monkeypatch.setattr(FashionMNIST, "mirrors", (mirror,))
        monkeypatch.setattr(MNIST, "mirrors", ("file:///nowhere/",))
        assert fetch("FashionMNIST") == tmp_path / "FashionMNIST"
        with pytest.raises(DataError, match="cannot download"):
            fetch("MNIST")

    def test_no_mirror_answers(self, tmp_path):
        with pytest.raises(DataError) as caught:
            fetch("MNIST", tmp_path / "new", ["file:///nowhere/"])
        text = str(caught.value)
        assert text.startswith("cannot download train-images-idx3-ubyte.gz. file:///nowhere/: ") and "<" not in text
        assert text.endswith(f". Without a network, put {', '.join(FILES)} into {tmp_path / 'new'}")

    def test_another_name(self):
        with pytest.raises(DataError, match="nothing to fetch for 'mnist': expected MNIST or FashionMNIST$"):
            fetch("mnist")


def test_the_real_mnist_has_its_hashes(mnist_folder):
    for name, sha256 in zip(FILES, MNIST.sha256, strict=True):
        assert images.content_hash((mnist_folder / name).read_bytes()) == sha256
    data = MNIST(path=mnist_folder)
    assert repr(data) == "<MNIST: train 55,000, valid 5,000, test 10,000; x (28, 28, 1)>"


def test_fashion_mnist_is_looked_for_in_its_own_places(small_mnist, monkeypatch, tmp_path):
    monkeypatch.setenv("THREESTEP_DATA", str(tmp_path / "given"))
    monkeypatch.setattr(images, "cache_folder", lambda name: tmp_path / "cache" / name.lower())
    monkeypatch.setattr(FashionMNIST, "installed", tmp_path / "installed")
    monkeypatch.setattr(images.sys, "platform", "linux")
    places = [tmp_path / "given" / "fashionmnist", tmp_path / "cache" / "fashionmnist", tmp_path / "installed"]
    with pytest.raises(DataError) as caught:
        FashionMNIST()
    assert str(caught.value) == (
        f"train-images-idx3-ubyte.gz not found (looked in {places[0]} and {places[1]} and {places[2]}). "
        "Set data.FashionMNIST.path, or run: train.py fetch FashionMNIST"
    )
    for place in reversed(places):  # the last place first, then those that come before it
        place.mkdir(parents=True)
        for name in FILES:
            (place / name).write_bytes((small_mnist / name).read_bytes())
        assert images.find_folder(FashionMNIST, None) == place
    assert repr(FashionMNIST(valid=10)) == "<FashionMNIST: train 20, valid 10, test 10; x (28, 28, 1)>"
    monkeypatch.setattr(images.sys, "platform", "win32")
    for place in places[:2]:
        (place / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="looked in [^ ]+ and [^ ]+\\)"):
        FashionMNIST()


def test_the_real_fashion_mnist_has_its_hashes(fashion_mnist_folder):
    for name, sha256 in zip(FILES, FashionMNIST.sha256, strict=True):
        assert images.content_hash((fashion_mnist_folder / name).read_bytes()) == sha256
    data = FashionMNIST(path=fashion_mnist_folder)
    assert repr(data) == "<FashionMNIST: train 55,000, valid 5,000, test 10,000; x (28, 28, 1)>"
    assert np.bincount(data.test[1]).tolist() == [1000] * 10 and len(FashionMNIST.class_names) == 10
    brightness = [data.test[0][data.test[1] == label].mean() for label in range(10)]
    assert np.argmin(brightness) == FashionMNIST.class_names.index("Sandal")
