"""`import layers` is quick and pulls in nothing but NumPy."""

import subprocess
import sys

PROGRAM = """
import sys, time
import numpy
before, start = set(sys.modules), time.perf_counter()
import layers
print(time.perf_counter() - start)
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_import_is_short_and_brings_numpy_alone():
    runs = [subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True) for _ in range(3)]
    assert all(run.returncode == 0 for run in runs), runs[0].stderr
    modules = set(runs[0].stdout.splitlines()[1].split())
    assert modules <= {"layers", *sys.stdlib_module_names}
    assert "inspect" not in modules
    assert min(float(run.stdout.split()[0]) for run in runs) <= 0.05
