"""Submissions that mean harm, each run for real: each costs its own points, and the next student's are as they were."""

import socket
from pathlib import Path

import pytest

from threestep.coursework.sandbox import levels as sandbox

ROOT = Path(__file__).resolve().parents[3]
SECRET = "the-answer-nobody-may-see"
TOKEN = "the-grader's-token"

SUBMISSIONS = {  # name: (source, how the error begins, or None where the answers are right, what must be isolated)
    "loops for ever": ("while True: pass", "did not finish within 1 s", ()),
    "sleeps for ever and ignores every signal": (
        """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    time.sleep(1)
""",
        "did not finish within 1 s",
        (),
    ),
    "stops itself": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "did not finish within 1 s", ()),
    "forks for ever": (
        """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
        "did not finish within 1 s",
        ("processes",),
    ),
    "eats memory": (
        """
def f(x):
    kept = []
    while True:
        kept.append(b"x" * 2**24)
""",
        "needed more than 0.5 GiB of memory in line 5",
        ("memory",),
    ),
    "prints gigabytes": (
        """
while True:
    print("x" * 2**20)
""",
        "did not finish within 1 s",
        (),
    ),
    "floods the pipe for the answers": (
        """
import os
while True:
    for pipe in range(3, 100):
        try:
            os.write(pipe, bytes(2**16))
        except OSError:
            pass
""",
        "handed back more than 1 MiB",
        (),
    ),
    "calls sys.exit": ("import sys\nsys.exit(3)", "ended itself with sys.exit(3) in line 2", ()),
    "calls os._exit": ("import os\ndef f(x): os._exit(0)", "ended itself with os._exit(0) before", ()),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "raised KeyboardInterrupt in line 1", ()),
    "raises what cannot be printed": (
        """
class Spite(BaseException):
    def __str__(self):
        raise self
raise Spite
""",
        "raised Spite in line 5",
        (),
    ),
    "forges answers": (
        """
import os, sys
parcel = sys.modules["coursework.parcel"]
forged = parcel.pack({"receipt": "", "notes": {}, "error": None}, {})
for pipe in range(3, 100):
    try:
        os.write(pipe, forged)
    except OSError:
        pass
os._exit(0)
""",
        "handed back what cannot be read: it does not come from the grader's own program",
        (),
    ),
    "hands back objects": (
        """
import numpy as np
class Bomb:
    def __reduce__(self):
        return print, ("unpickled",)
def f(x): return np.array([Bomb()])
""",
        "raised ValueError: y expected an array of numbers, got dtype object",
        (),
    ),
    "patches NumPy and the player": (
        """
import sys
import numpy as np
np.allclose = np.array_equal = lambda *args, **options: True
np.testing.assert_allclose = np.save = np.load = np.asarray = None
sys.modules["coursework.play"].play = None
sys.modules["coursework.child"].parcel = None
def f(x): return 2 * x
""",
        "ended itself with os._exit(1) before it had finished",
        (),
    ),
    "imports torch": ("import torch", "raised ModuleNotFoundError in line 1: torch is not there while", ()),
    "imports a layer": (
        "from layers import Dense",
        "raised ModuleNotFoundError in line 1: layers.Dense is not there while",
        (),
    ),
    "imports a layer's module": (
        "import layers.dense",
        "raised ModuleNotFoundError in line 1: layers.dense is not there",
        (),
    ),
    "imports the grader": (
        "import threestep.coursework",
        "raised ModuleNotFoundError in line 1: threestep is not there",
        (),
    ),
    "looks for the reference": (
        """
import os
def f(x):
    candidates = [secret]
    for folder in ("/tmp", "/home", "/root", "/proc", os.path.dirname(os.getcwd())):
        for place, _, files in os.walk(folder, onerror=lambda error: None):
            candidates += [os.path.join(place, file) for file in files if file.endswith(".py")]
    for path in candidates:
        try:
            text = open(path, errors="replace").read()
        except OSError:
            continue
        if "nobody" + "-may-see" in text:
            print(text)
    return 2 * x
""",
        None,
        ("reading the reference",),
    ),
    "reads the library": (
        """
import glob, inspect, os, sys
import layers, numpy
def f(x):
    site = os.path.dirname(os.path.dirname(numpy.__file__))
    for path in (library + "/layers/dense.py", *glob.glob(site + "/*editable*"), *glob.glob(site + "/layers/*")):
        try:
            print(open(path).read())
        except OSError:
            pass
    sys.meta_path.clear()
    sys.meta_path.append(__import__("importlib.machinery").machinery.PathFinder)
    sys.modules.pop("layers")
    sys.path += [library, site]
    try:
        from layers import Dense
    except ImportError:
        return 2 * x
""",
        None,
        ("reading the reference",),
    ),
    "writes outside its folder": (
        """
import os, numpy
def f(x):
    for folder in (outside, os.path.dirname(numpy.__file__), os.path.dirname(os.__file__), "/tmp", "/", ".."):
        try:
            open(os.path.join(folder, "written"), "w").close()
        except OSError:
            continue
        raise AssertionError(folder)
    return 2 * x
""",
        None,
        ("file system writes",),
    ),
    "leaves daemons": (
        """
import os, signal, time
def f(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        os._exit(0)
    return 2 * x
""",
        None,
        ("processes",),
    ),
    "leaves threads": (
        """
import atexit, threading, time
atexit.register(time.sleep, 1000)
threading.Thread(target=time.sleep, args=(1000,)).start()
def f(x): return 2 * x
""",
        None,
        (),
    ),
    "kills all that it can": (
        """
import os, signal
for target in (os.getppid(), 1, 0, -1):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
def f(x): return 2 * x
""",
        "crashed before it had finished: Killed",
        ("processes",),
    ),
    "writes one big file": (
        """
with open("big", "wb") as file:
    while True:
        file.write(bytes(2**20))
""",
        ("raised OSError in line 2: [Errno 28]", "raised OSError in line 4: [Errno 28]"),
        ("disk space",),
    ),
    "writes thousands of files": (
        """
for number in range(10_000):
    open(str(number), "w").close()
""",
        "raised OSError in line 3: [Errno 28]",
        ("disk space",),
    ),
    "opens thousands of files": (
        """
import os
kept = [os.dup(1) for _ in range(10_000)]
""",
        "raised OSError in line 3: [Errno 24]",
        (),
    ),
    "connects to the network": (
        """
import socket
def f(x): socket.create_connection(("127.0.0.1", port), timeout=1)
""",
        "raised OSError in line 3: [Errno 101]",
        ("network",),
    ),
    "becomes root in a namespace of its own": (
        """
import ctypes, os
def f(x):
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(0x10020000) == 0:  # of users and of mounts
        raise AssertionError(library.mount(b"tmpfs", b".", b"tmpfs", 0, b"size=100g"))
    return 2 * x
""",
        None,
        ("network",),
    ),
    "takes the receipt and hands back endless JSON": (
        """
import os, sys
frame = sys._getframe()
while "receipt" not in frame.f_locals.get("task", ()):
    frame = frame.f_back
receipt, pipe = frame.f_locals["task"]["receipt"], frame.f_locals["answer"]
head = '{"head": {"receipt": "%s", "error": null, "notes": {"a": [%s1]}}, "names": []}'
data = memoryview((head % (receipt, "{}," * 300_000)).encode() + b"\\n")
while data:
    data = data[os.write(pipe, data):]
os._exit(0)
""",
        "handed back what cannot be read: JSONDecodeError",
        (),
    ),
    "reaches into no memory": (
        "import ctypes\nctypes.string_at(0)",
        "crashed before it had finished: Segmentation",
        (),
    ),
    "recurses without end": (
        """
import functools, sys
sys.setrecursionlimit(10**9)
def f(x): return functools.partial(f, x)()
""",
        ("crashed before it had finished: Segmentation", "raised RecursionError"),
        (),
    ),
    "replaces its files by links": (
        """
import os, pickle
for name in os.listdir("."):
    os.remove(name)
    os.symlink("/etc/passwd", name)
for name in ("task", "answers", "../task", "../answers"):
    try:
        pickle.dump(print, open(name, "wb"))
    except OSError:
        pass
def f(x): return 2 * x
""",
        None,
        (),
    ),
    "deletes its own folder": (
        """
import os, shutil
shutil.rmtree(os.getcwd(), ignore_errors=True)
def f(x): return 2 * x
""",
        None,
        (),
    ),
    "leaves folders that are hard to remove": (
        """
import os
os.makedirs("closed/inner")
os.chmod("closed", 0)
def f(x): return 2 * x
""",
        None,
        (),
    ),
    "closes every pipe": ("import os\nos.closerange(0, 256)", "ended itself with os._exit(1) before", ()),
    "prints the environment": (
        """
import os
def f(x):
    print(os.environ)
    for place in ("self", os.getppid(), 1):
        try:
            print(open(f"/proc/{place}/environ").read())
        except OSError:
            pass
    return 2 * x
""",
        None,
        ("processes",),
    ),
}


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_hostile_submission_costs_its_own_points_only(grader, name, monkeypatch):
    source, says, needs = SUBMISSIONS[name]
    if missing := set(needs) & set(sandbox.isolation().missing):
        pytest.skip(f"NOT ISOLATED on this machine: {', '.join(missing)}")
    monkeypatch.setenv("GRADER_TOKEN", TOKEN)
    reference = grader.folder / "reference"
    reference.mkdir()
    (reference / "hw1.py").write_text(SECRET)
    outside = grader.folder / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = {"secret": str(reference / "hw1.py"), "library": str(ROOT), "outside": str(outside), "port": port}
        limits = {"memory": 2**29, "disk": 2**22, "answers": 2**20, "output": 10_000}
        seconds = 1 if says and "did not finish" in says else 10
        performance = grader.perform(source, script, [reference], seconds=seconds, **limits)
    if says is None:
        assert performance.error is None
        assert (performance.answers["y"] == 2 * grader.x).all()
    else:
        assert performance.error.startswith(says)
        assert performance.answers == {}
    assert list(outside.iterdir()) == []
    assert len(performance.output) <= 10_020
    for secret in (SECRET, TOKEN, "class Dense(Layer)"):
        assert secret not in performance.output
    assert grader.is_fine()
