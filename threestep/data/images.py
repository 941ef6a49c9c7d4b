"""Data sets of images: Digits, inside the package; MNIST and FashionMNIST, each from its four IDX files."""

import gzip
import hashlib
import os
import sys
import zlib
from pathlib import Path

import numpy as np

from .dataset import DataError, Dataset, absolute, split

FILES = (  # of MNIST and of every set in its form
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


class Digits(Dataset):
    """The UCI optical digits: 1,797 images of 8x8 in 10 classes, which ship with the package.

    x (N, 8, 8, 1), float32 in [0, 1]; y (N,), labels 0 to 9. valid, test: a share or a number of examples, drawn
    stratified from `seed`.

    Source and licence: digits/SOURCE.md.
    """

    def __init__(self, valid=0.1, test=0.2, seed=0):
        folder = Path(__file__).parent / "digits"
        x, y = read_pair(folder / "images-idx3-ubyte.gz", folder / "labels-idx1-ubyte.gz", white=16)
        train, chosen, last = split(y, valid, test, seed)
        super().__init__("Digits", *((x[part], y[part]) for part in (train, chosen, last)), classes=10)


class IdxImages(Dataset):
    """MNIST's form: four gzipped IDX files, images and labels to train on and to test with, 28x28 in 10 classes.

    A subclass says `sha256`, of each file's uncompressed content; `mirrors`, addresses to download the files from;
    `installed`, a folder where a Linux distribution puts them, if one does.
    """

    sha256, mirrors, installed = (), (), None

    def __init__(self, valid=5000, path=None, seed=0):
        folder = find_folder(type(self), path)
        files = [folder / name for name in FILES]
        x, y = read_pair(*files[:2], white=255)
        train, chosen, _ = split(y, valid, 0, seed)
        test = read_pair(*files[2:], white=255)
        super().__init__(type(self).__name__, (x[train], y[train]), (x[chosen], y[chosen]), test, classes=10)


class MNIST(IdxImages):
    """MNIST: 60,000 images of 28x28 to train on, 10,000 to test with, in 10 classes.

    x (N, 28, 28, 1), float32 in [0, 1]; y (N,), labels 0 to 9. valid: a share or a number of examples, drawn stratified
    from `seed` out of the 60,000. path: the folder of the four .gz files; unless given, they are looked for in
    $THREESTEP_DATA/mnist and in the user's cache, where `fetch` puts them.

    Raises DataError for a file that is missing or is not what it should be.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", 1998.
    """

    sha256 = (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    )
    mirrors = (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    )


class FashionMNIST(IdxImages):
    """Fashion-MNIST: photographs of clothes in MNIST's form, and harder.

    x, y and arguments as MNIST's; `class_names` says what the labels mean. Unless path is given, the files are looked
    for in $THREESTEP_DATA/fashionmnist, in the user's cache, where `fetch` puts them, and on Linux where Debian's
    package dataset-fashion-mnist puts them.

    Raises DataError for a file that is missing or is not what it should be.

    Source: Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    2017, arXiv:1708.07747. MIT licence, Zalando SE.
    """

    sha256 = (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    )
    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    installed = Path("/usr/share/datasets/fashion-mnist")
    class_names = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )


def read_pair(images, labels, white):
    """Images as float32 (N, H, W, 1) in [0, 1], with `white` as 1, and labels as int64 (N,)."""
    x, y = read_idx(images), read_idx(labels)
    if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
        raise DataError(f"{images} holds shape {x.shape} and {labels} {y.shape}: expected (N, H, W) and (N,)")
    return x[..., None].astype(np.float32) / white, y.astype(np.int64)


def read_idx(path):
    """The array in a gzipped IDX file of bytes: 0, 0, 8, number of axes, sizes as big-endian int32, entries."""
    try:
        content = gzip.decompress(Path(path).read_bytes())
    except FileNotFoundError:
        raise DataError(f"{path} not found") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    axes = content[3] if len(content) >= 4 else 0
    shape = np.frombuffer(content, ">i4", count=axes, offset=4).tolist() if len(content) >= 4 + 4 * axes else []
    entries = content[4 + 4 * axes :]
    if (
        content[:3] != b"\0\0\x08"
        or not 1 <= len(shape) <= 4
        or min(shape) < 0
        or len(entries) != np.prod(shape, dtype=object)
    ):
        raise DataError(
            f"{path} is not an IDX file of bytes: header {content[:4].hex() or 'empty'}, shape {tuple(shape)}, "
            f"{len(entries)} entries"
        )
    return np.frombuffer(entries, np.uint8).reshape(shape)


def find_folder(dataset, path):
    """The first folder that holds the four files: `path` alone if given, else as its docstring says."""
    name = dataset.__name__
    if path is not None:
        folders = [absolute(path)]
    else:
        given = os.environ.get("THREESTEP_DATA")
        folders = ([Path(given) / name.lower()] if given else []) + [cache_folder(name)]
        if dataset.installed and sys.platform == "linux":
            folders.append(dataset.installed)
    for folder in folders:
        if all((folder / file).is_file() for file in FILES):
            return folder
    missing = next(file for file in FILES if not (folders[0] / file).is_file())
    looked = " and ".join(str(folder.absolute()) for folder in folders)
    raise DataError(f"{missing} not found (looked in {looked}). Set data.{name}.path, or run: train.py fetch {name}")


def cache_folder(name):
    """Where downloaded data is kept: the user's cache folder, by each system's custom."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "threestep" / name.lower()


def fetch(name="MNIST", folder=None, mirrors=None):
    """Downloads a data set's files into the cache, each checked by SHA-256 before it is kept; returns the folder.

    name: MNIST or FashionMNIST. Files that are there and right stay. Raises DataError for another name, or where no
    mirror gives the right file.
    """
    known = {dataset.__name__: dataset for dataset in (MNIST, FashionMNIST)}
    if name not in known:
        raise DataError(f"nothing to fetch for {name!r}: expected {' or '.join(known)}")
    folder = Path(folder) if folder else cache_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, sha256 in zip(FILES, known[name].sha256, strict=True):
        if not (folder / file).is_file() or content_hash((folder / file).read_bytes()) != sha256:
            download(file, sha256, folder, known[name].mirrors if mirrors is None else mirrors)
    return folder


def download(file, sha256, folder, mirrors):
    from http.client import HTTPException  # here: they take long to import
    from urllib.request import urlopen

    failures = []
    for mirror in mirrors:
        try:
            with urlopen(mirror + file, timeout=30) as response:
                packed = response.read()
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)  # urllib wraps the system's own error
            failures.append(f"{mirror}: {getattr(why, 'strerror', None) or why}")
            continue
        if content_hash(packed) != sha256:
            failures.append(f"{mirror}: the content's SHA-256 is not {sha256[:12]}...")
            continue
        partial = folder / (file + ".part")
        partial.write_bytes(packed)
        os.replace(partial, folder / file)
        return
    by_hand = f"Without a network, put {', '.join(FILES)} into {folder.absolute()}"
    raise DataError(f"cannot download {file}. {'; '.join(failures)}. {by_hand}")


def content_hash(packed):
    """SHA-256 of what is inside the gzip, which is the same however it was packed; None if it cannot be unpacked."""
    try:
        return hashlib.sha256(gzip.decompress(packed)).hexdigest()
    except (OSError, EOFError, zlib.error):
        return None
