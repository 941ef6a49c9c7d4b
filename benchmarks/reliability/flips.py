"""Flipped bits and missing ends of a checkpoint: python -m benchmarks.reliability.flips [count]

The checkpoint is of a small trained network with its optimizer's vectors. Single bits at random places are flipped, and
the file is cut at every length. Each must be detected, or leave every loaded value as it was.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from layers import BatchNorm, Dense, ReLU, Sequential
from losses import CrossEntropy
from optim import Adam
from threestep.training import CheckpointError
from threestep.training.storage import model_arrays, parse_checkpoint, write_checkpoint


def example():
    """The bytes of a checkpoint of a network after ten steps of Adam."""
    model, criterion, optimizer = Sequential(Dense(24), BatchNorm(), ReLU(), Dense(10)), CrossEntropy(), Adam()
    model.build((32,))
    rng = np.random.default_rng(0)
    for _ in range(10):
        criterion.forward(model.forward(rng.normal(size=(16, 32)).astype(np.float32)), rng.integers(0, 10, 16))
        model.backward(criterion.backward(), input_gradient=False)
        model.update()
        optimizer.step(model.theta, model.gradient)
    arrays = model_arrays(model) | {f"optimizer/{name}": optimizer.state[name] for name in optimizer.vectors}
    facts = {"epoch": 1, "steps": optimizer.state["steps"], "best": np.inf, "rng": rng.bit_generator.state}
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder) / "last.npz", arrays, facts)
        return (Path(folder) / "last.npz").read_bytes()


def flipped(data, bit):
    """The bytes with one bit, counted from 0, the other way round."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def values(data):
    """All that a checkpoint's bytes say, for comparing; None where they are refused."""
    try:
        arrays, facts = parse_checkpoint(data, "last.npz")
    except CheckpointError:
        return None
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()}, facts


def count(data, damaged):
    """(detected, harmless, wrong) of damaged versions of a checkpoint's bytes."""
    right, counts = values(data), [0, 0, 0]
    for other in damaged:
        found = values(other)
        counts[0 if found is None else 1 if found == right else 2] += 1
    return tuple(counts)


def main(flips=100_000):
    data = example()
    bits = np.random.default_rng(0).integers(0, 8 * len(data), flips).tolist()
    wrong = 0
    for title, damaged in [
        ("bits flipped, one at a time", (flipped(data, bit) for bit in bits)),
        ("lengths cut to", (data[:length] for length in range(len(data)))),
    ]:
        counts = dict(zip(("detected", "harmless", "wrong"), count(data, damaged), strict=True))
        said = ", ".join(f"{number} {name}" for name, number in counts.items())
        print(f"{sum(counts.values()):7} {title}, of {len(data)} bytes: {said}")
        wrong += counts["wrong"]
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
