"""A training step beside PyTorch's eager one: python -m benchmarks [turns]

Each contender is a process of its own, and they take turns, so that a machine that slows down slows both. What counts
is the ratio within a turn; the median over the turns is printed, with the quartiles.
"""

import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from time import perf_counter

import numpy as np

from .contenders import CASES, SYSTEMS


def matrix_product_peak(n=2048, tries=8):
    """GFLOP/s of NumPy's float32 matrix product, the best of some tries."""
    a = np.ones((n, n), np.float32)
    times = []
    for _ in range(tries):
        start = perf_counter()
        a @ a
        times.append(perf_counter() - start)
    return 2 * n**3 / min(times) / 1e9


def operations(sizes, batch_size):
    """Floating-point operations in the products of one step: each layer's y, dW and, but for the first, dx."""
    products = [2 * batch_size * n_in * n_out for n_in, n_out in pairwise(sizes)]
    return 3 * sum(products) - products[0]


class Contender:
    """A process that times steps when asked."""

    def __init__(self, system, case):
        command = [sys.executable, "-m", "benchmarks.contenders", system, case]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise SystemExit(f"error: {' '.join(command)} did not start")

    def seconds(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(case, turns, systems):
    """{system: seconds a step, one for each turn}."""
    count = CASES[case][3]
    contenders = {system: Contender(system, case) for system in systems}
    try:
        times = [[contender.seconds(count) for contender in contenders.values()] for _ in range(turns)]
        return dict(zip(systems, np.transpose(times), strict=True))
    finally:
        for contender in contenders.values():
            contender.close()


def main(turns=15):
    systems = [system for system in SYSTEMS if find_spec(system)]
    peak = matrix_product_peak()
    print(f"matrix product peak: {peak:.0f} GFLOP/s; {turns} turns each; medians")
    if "torch" not in systems:
        print("PyTorch is not installed, so there is nothing to compare with: pip install -e '.[bench]'")
    print(
        f"{'step':<20}"
        + "".join(f"{system + ' ms':>14}" for system in systems)
        + f"{'of peak':>10}  PyTorch / threestep"
    )
    for case, (sizes, batch_size, *_) in CASES.items():
        times = compare(case, turns, systems)
        ours = np.median(times["threestep"])
        line = f"{case:<20}" + "".join(f"{1e3 * np.median(times[system]):14.4f}" for system in systems)
        line += f"{100 * operations(sizes, batch_size) / ours / peak / 1e9:8.0f} %"
        if "torch" in times:
            low, middle, high = np.percentile(times["torch"] / times["threestep"], [25, 50, 75])
            line += f"  {middle:.2f} ({low:.2f} to {high:.2f})"
        print(line, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
