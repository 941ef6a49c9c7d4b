"""The same run in fresh processes, each with hash seeds of its own:

    python -m benchmarks.reliability.repeats [runs]

All end with the same bytes.
"""

import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from .children import CONFIG
from .kills import contents

ROOT = Path(__file__).resolve().parents[2]


def main(runs=100):
    """Prints, and returns, how many different ends there were beyond the first."""
    seen = Counter()
    with TemporaryDirectory() as folder:
        Path(folder, "c.yaml").write_text(CONFIG)
        for number in range(runs):
            command = [sys.executable, ROOT / "train.py", "c.yaml", "--out", f"run{number}", "-q"]
            env = os.environ | {"PYTHONHASHSEED": str(number)}
            subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
            seen[sha256(b"".join(contents(Path(folder, f"run{number}")).values())).hexdigest()] += 1
    ends = "the same bytes" if len(seen) == 1 else f"{len(seen)} different ends"
    print(f"{runs} runs in fresh processes: {ends}")
    return len(seen) - 1


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
