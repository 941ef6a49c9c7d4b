"""`import layers` brings nothing but NumPy and light parts of the standard library, so that it stays quick."""

import subprocess
import sys

PROGRAM = """
import sys
import numpy
before = set(sys.modules)
import layers
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_import_brings_numpy_alone():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    modules = set(run.stdout.split())
    assert modules <= {"layers", *sys.stdlib_module_names}
    assert not modules & {"inspect", "decimal", "fractions"}
