"""What a run's numbers depend on besides its config: versions, BLAS, threads, processor, data."""

import hashlib
import os
import platform
import sys

import numpy as np

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")  # in the order in which they win


def environment(parts):
    """What env.json holds; parts: {name: (x, y)}, the data."""
    return {
        "fingerprint": fingerprint(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "command": sys.argv,
        "data_sha256": data_hash(parts),
    }


def fingerprint():
    """What must be the same for a run to give the same bits again."""
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return {
        "numpy": np.__version__,
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        "threads": next((os.environ[name] for name in THREADS if os.environ.get(name)), str(processors())),
        "processor": processor(),
    }


def processors():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def processor():
    """The processor's name: BLAS chooses its routines by it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def data_hash(parts):
    """SHA-256 over the names, shapes, dtypes and bytes of the data's parts."""
    digest = hashlib.sha256()
    for name, pair in parts.items():
        for array in pair:
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
    return digest.hexdigest()
