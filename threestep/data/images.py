"""Data sets of images: Digits, inside the package, and MNIST, from its four IDX files."""

import gzip
import hashlib
import os
import sys
import zlib
from pathlib import Path

import numpy as np

from .dataset import DataError, Dataset, split

MNIST_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
MNIST_FILES = {  # name: SHA-256 of the uncompressed content
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


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


class MNIST(Dataset):
    """MNIST: 60,000 images of 28x28 to train on, 10,000 to test with, in 10 classes.

    x (N, 28, 28, 1), float32 in [0, 1]; y (N,), labels 0 to 9. valid: a share or a number of examples, drawn stratified
    from `seed` out of the 60,000. path: the folder of the four .gz files; unless given, they are looked for in
    $THREESTEP_DATA/mnist and in the user's cache, where `fetch` puts them.

    Raises DataError for a file that is missing or is not what it should be.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", 1998.
    """

    def __init__(self, valid=5000, path=None, seed=0):
        folder = find_folder("MNIST", path, MNIST_FILES)
        files = [folder / name for name in MNIST_FILES]
        x, y = read_pair(*files[:2], white=255)
        train, chosen, _ = split(y, valid, 0, seed)
        test = read_pair(*files[2:], white=255)
        super().__init__("MNIST", (x[train], y[train]), (x[chosen], y[chosen]), test, classes=10)


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


def find_folder(name, path, files):
    """The first folder that holds all the files: `path` alone if given, else $THREESTEP_DATA/name and the cache."""
    if path is not None:
        folders = [Path(path)]
    else:
        given = os.environ.get("THREESTEP_DATA")
        folders = ([Path(given) / name.lower()] if given else []) + [cache_folder(name)]
    for folder in folders:
        if all((folder / file).is_file() for file in files):
            return folder
    missing = next(file for file in files if not (folders[0] / file).is_file())
    looked = " and ".join(str(folder.absolute()) for folder in folders)
    raise DataError(
        f"{missing} not found (looked in {looked}). Set data.{name}.path or THREESTEP_DATA, "
        f"or run: python train.py fetch {name}"
    )


def cache_folder(name):
    """Where downloaded data is kept: the user's cache folder, by each system's custom."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "threestep" / name.lower()


def fetch(name="MNIST", folder=None, mirrors=MNIST_MIRRORS):
    """Downloads MNIST's four files into the cache, each checked by SHA-256 before it is kept; returns the folder.

    Files that are there and right stay. Raises DataError for another name, or where no mirror gives the right file.
    """
    if name != "MNIST":
        raise DataError(f"nothing to fetch for {name!r}: expected MNIST")
    folder = Path(folder) if folder else cache_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    for file, sha256 in MNIST_FILES.items():
        if not (folder / file).is_file() or content_hash((folder / file).read_bytes()) != sha256:
            download(file, sha256, folder, mirrors)
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
            failures.append(f"{mirror}: {error}")
            continue
        if content_hash(packed) != sha256:
            failures.append(f"{mirror}: the content's SHA-256 is not {sha256[:12]}...")
            continue
        partial = folder / (file + ".part")
        partial.write_bytes(packed)
        os.replace(partial, folder / file)
        return
    raise DataError(f"cannot download {file}. " + "; ".join(failures))


def content_hash(packed):
    """SHA-256 of what is inside the gzip, which is the same however it was packed; None if it cannot be unpacked."""
    try:
        return hashlib.sha256(gzip.decompress(packed)).hexdigest()
    except (OSError, EOFError, zlib.error):
        return None
