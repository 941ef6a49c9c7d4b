"""Malformed configs: each is accepted, or refused with its place; python -m benchmarks.reliability.fuzz [count] [seed].

Every shipped config is mutated in keys, values, structure, indentation, bytes and size, and told overrides that may be
wrong. A case passes where `show` ends with 0, with 3, or with 2 and nothing but errors with file:line:column.
"""

import contextlib
import io
import random
import re
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from threestep.cli import main
from threestep.training.config.aliases import FOREIGN
from threestep.training.config.keys import KEYS, TRAIN_KEYS
from threestep.training.config.registry import REGISTRIES

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
NAMES = [*KEYS, *TRAIN_KEYS, *(name for names in REGISTRIES.values() for name in names), *FOREIGN, "layers", "nodes"]
NAMES += [word for words in FOREIGN.values() for word in words.split()]
VALUES = [
    *["", "~", "null", "true", "Yes", "off", "ten", "1,000", "(3, 3)", "None", "'None'", '"10"', '".nan"', "010"],
    *["0x1F", "0o17", "-1", "0", "1", "2", "3.5", "1e-3", "1e400", ".nan", "-.inf", "1:30", "2001-01-01"],
    *["100000000000", "0.5", "9" * 90, "9" * 5000, f"'{'9' * 101}'", "[]", "{}", "[1, 2]", "[[1]]", "[1, a, {b: c}]"],
    *["[null]", "{a: 1}", "{1: 2}", "{lr: 1,000}", "!!python/object:os.system x", "&a b", "*a", "<<", "'", '"'],
    *['"\\UFFFFFFFF"', '"\\uD800"', "|", ">", "? x", "- ", "---", "...", "%YAML 99999999999999999999.1", "#", "@"],
    *["`", "[" * 60, "{a: " * 60, "x" * 3000, "a b: c", "same", "x: x"],
]
BYTES = [
    *[b"\xff", b"\xff\xfe", b"\x00", b"\t", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8"],
    "😀".encode(),
]
OVERRIDES = [
    *["optimizer.lr", "model.0", "model.0.out_features", "model.1.layers.0", "model.2.nodes.f1.from", "data.valid"],
    *["train.epochs", "train.early_stop", "train.early_stop.patience", "schedule", "schedule.gamma", "seed"],
    *["metrics"],
]
PLACED = re.compile(r"\S.*:\d+:\d+: error: \S")


def words(rng, line):
    """The line with one of its words replaced by another."""
    found = list(re.finditer(r"[^\s:,\[\]{}]+", line))
    if not found:
        return rng.choice(VALUES)
    word = rng.choice(found)
    new = rng.choice(
        [*NAMES, *VALUES] if rng.random() < 0.7 else [word[0][::-1], word[0].lower(), word[0][:-1], word[0] * 2]
    )
    return line[: word.start()] + new + line[word.end() :]


def mutated(rng, data):
    """The bytes of a config after one mutation."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(12)
    if kind < 4:
        lines[at] = words(rng, lines[at])
    elif kind == 4:
        lines[at] = rng.choice(["", " ", "  ", "\t", "    "]) + lines[at].lstrip(" " * rng.randrange(3))
    elif kind == 5:
        lines.insert(other, lines[at])
    elif kind == 6:
        del lines[at]
    elif kind == 7:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 8:
        lines[at] = re.sub(r"(:\s*)\S.*", lambda m: m[1] + rng.choice(VALUES), lines[at])
    elif kind == 9:
        place = rng.randrange(len(data) + 1)
        return data[:place] + rng.choice([*BYTES, bytes([rng.randrange(256)])]) + data[place + rng.randrange(3) :]
    elif kind == 10:
        place = rng.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:place] + rng.choice(":,[]{}-#&*!|>'\"%@`? ") + lines[at][place:]
    else:
        whole = "\n".join(lines)
        return rng.choice(
            [
                lambda: whole.encode("utf-16", "surrogatepass"),
                lambda: (whole + "\n" + whole).encode("utf-8", "surrogateescape"),
                lambda: whole.replace("\n", "\r\n").encode("utf-8", "surrogateescape"),
                lambda: data[: rng.randrange(len(data) + 1)],
                lambda: data + b"\n" + b"a: [" * 3000,
                lambda: data + b"\nextra: [" + b"1, " * 20_000,
                lambda: data + b"#" * 2_000_000,
                lambda: data + b"\n" + b" " * 3000 + b"x",
                lambda: data.replace(b"model:", b"model:\n" + b"  - ReLU\n" * rng.randrange(3000)),
            ]
        )()
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def case(rng):
    """(the bytes of a config, the overrides) of one case."""
    data = rng.choice(CONFIGS).read_bytes()
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        data = mutated(rng, data)
    several = rng.choice([0, 0, 0, 1, 2])
    return data, [f"{rng.choice([*OVERRIDES, words(rng, 'model.0.x')])}={rng.choice(VALUES)}" for _ in range(several)]


def try_case(data, overrides, path):
    """(exit code, what was printed on stderr) of `show` for a config."""
    path.write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(["show", str(path), *(o for o in overrides if not o.startswith("-"))])
        except SystemExit as left:
            code = left.code
    return code, err.getvalue()


def wrong(code, err):
    """What is wrong with how a case ended, or None."""
    if "Traceback" in err or code not in (0, 2, 3):
        return f"exit {code}"
    errors = err.split("\n")[:-1:3]
    return "an error without a place" if code == 2 and not all(map(PLACED.match, errors)) else None


def fuzz(count, seed, path):
    """(a list of the failures, {exit code: how often}, the slowest case in seconds, the largest peak in bytes).

    The seconds are the processor's, since others may work beside this process.
    """
    rng, failures, codes, slowest, peak = random.Random(seed), [], {}, 0.0, 0
    try_case(CONFIGS[0].read_bytes(), [], path)  # imports
    for i in range(count):
        data, overrides = case(rng)
        sampled = i % 50 == 0
        if sampled:
            tracemalloc.start()
        start = time.process_time()
        try:
            code, err = try_case(data, overrides, path)
            what = wrong(code, err)
        except Exception as error:
            code, err, what = 1, "", f"{type(error).__name__}: {error}"
        seconds = time.process_time() - start
        if sampled:
            peak = max(peak, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        else:
            slowest = max(slowest, seconds)
        codes[code] = codes.get(code, 0) + 1
        if what:
            failures.append((what, data, overrides, err))
    return failures, codes, slowest, peak


if __name__ == "__main__":
    count, seed = map(int, (sys.argv[1:] + ["10000", "0"][len(sys.argv) - 1 :])[:2])
    with tempfile.TemporaryDirectory() as folder:
        failures, codes, slowest, peak = fuzz(count, seed, Path(folder) / "c.yaml")
    for what, data, overrides, err in failures[:10]:
        print(f"--- {what}\n{data[-2000:]!r}\n{overrides}\n{err[-1000:]}")
    ends = ", ".join(f"{n:,} with {code}" for code, n in sorted(codes.items()))
    print(
        f"{count:,} configs: {len(failures)} failures; {ends}; slowest {slowest * 1e3:.0f} ms; peak {peak / 1e6:.1f} MB"
    )
    sys.exit(bool(failures))
