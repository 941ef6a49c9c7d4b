"""The sandbox: what comes back from a student's file, in words that a student understands, and what is left behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from threestep.coursework.sandbox import levels as sandbox
from threestep.coursework.sandbox.process import hear
from threestep.coursework.sandbox.system import system_call
from threestep.coursework.sandbox.view import CREATE_RULESET

ROOT = Path(__file__).resolve().parents[3]


def test_answers_notes_and_output_come_back(grader):
    performance = grader.perform("def f(x):\n    print('hello')\n    return 2 * x + number", {"number": 1})
    np.testing.assert_array_equal(performance.answers["y"], 2 * grader.x + 1)
    assert performance.answers["y"].dtype == np.float64
    assert performance.notes == {"played": True}
    assert performance.error is None
    assert performance.output == "hello\n"
    assert performance.seconds > 0


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("\nx = (1,\n", "is not Python in line 2: '(' was never closed"),
        (b"\xff\xfe", "is not Python in line 1: (unicode error) 'utf-8' codec can't decode byte 0xff"),
        ("\n\n1 / 0", "raised ZeroDivisionError in line 3: division by zero"),
        ("def f(x):\n    return x @ x", "raised ValueError in line 2: matmul: "),
        ("def f(x):\n    return {}[3]", "raised KeyError in line 2: 3"),
        ("import sys\ndef f(x):\n    sys.exit('enough')", "ended itself with sys.exit(enough) in line 3"),
        ("def g(x): return x", "raised KeyError: 'f'"),
        ("def f(x): return bytearray(2**40)", "needed more than 2 GiB of memory in line 1"),
    ],
)
def test_an_error_names_the_line(grader, source, error):
    performance = grader.perform(source)
    assert performance.error.startswith(error)
    assert performance.answers == performance.notes == {}


def test_the_line_is_the_students_own_where_numpy_raises(grader):
    performance = grader.perform("import numpy as np\n\ndef f(x):\n    return np.linalg.inv(x)")
    assert performance.error == "raised LinAlgError in line 4: Last 2 dimensions of the array must be square"


def test_notes_that_are_no_json_are_the_submissions_failure(grader):
    grader.player.write_text("def play(script, arrays, namespace): return {}, {'loss': float('nan')}")
    assert grader.perform("").error.startswith("raised ValueError: Out of range float values are not JSON")


@pytest.mark.slow
def test_the_processor_time_is_limited(grader):
    ignores = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert grader.perform(ignores, processor=1).error == "used more than 1 s of processor time"
    assert grader.perform("while True: pass", processor=1).error == "used more than 1 s of processor time"


def test_a_long_output_is_cut(grader):
    performance = grader.perform("def f(x):\n    print('é' * 1000)\n    return x", output=100)
    assert performance.output == "é" * 100 + "\n... (cut)"


def test_what_there_is_no_room_for_is_heard_and_dropped():
    pipe, end = os.pipe()
    os.write(end, b"x" * 100)
    os.close(end)
    heard = {pipe: bytearray(b"x")}
    assert hear(pipe, heard, {pipe: 10})
    assert not hear(pipe, heard, {pipe: 10})
    assert heard == {pipe: b"x" * 10}
    os.close(pipe)


def test_a_link_is_not_followed(grader):
    (grader.folder / "reference.py").write_text("def f(x): return x")
    (grader.folder / "hw1.py").symlink_to("reference.py")
    performance = sandbox.perform(grader.folder / "hw1.py", {}, {"x": grader.x})
    assert performance.error == "is a link or a folder: hand in the file itself"


def test_a_file_that_is_too_long_is_not_read(grader):
    assert grader.perform(" " * 2**21).error == "has 2,097,152 bytes: at most 1,048,576 are read"


def test_a_file_that_is_not_there_is_the_graders_failure(grader):
    with pytest.raises(FileNotFoundError):
        sandbox.perform(grader.folder / "hw2.py", {}, {})


def test_the_student_has_the_three_classes_and_may_use_the_standard_library(grader):
    performance = grader.perform(
        """
import dataclasses, json, unittest.mock
import numpy.testing
from layers import Layer
from losses import Loss
from optim import Optimizer

class Double(Layer):
    def forward(self, x):
        return 2 * x

def f(x):
    return Double().forward(x)
"""
    )
    assert performance.error is None
    np.testing.assert_array_equal(performance.answers["y"], 2 * grader.x)


def test_what_depends_on_chance_is_the_same_in_every_process(grader):
    source = "import numpy as np\ndef f(x): return np.array([hash('a'), len({str(i) for i in range(9)})])"
    first, second = grader.perform(source), grader.perform(source)
    np.testing.assert_array_equal(first.answers["y"], second.answers["y"])


def test_one_thread_computes(grader):
    source = "import os, numpy as np\ndef f(x): return np.array([int(os.environ['OPENBLAS_NUM_THREADS'])])"
    assert grader.perform(source).answers["y"].tolist() == [1]


def test_a_file_that_is_hidden_cannot_be_read_even_where_python_needs_its_folder(grader):
    if "reading the reference" in sandbox.isolation().missing:
        pytest.skip("NOT ISOLATED on this machine: reading the reference")
    source = "def f(x):\n    import this\n    return x"
    assert grader.perform(source).error is None
    import this  # noqa: F401  what a student could read, unless it is hidden

    hidden = Path(sys.modules["this"].__file__)
    source = f"def f(x):\n    print(open({str(hidden)!r}).read())\n    return x"
    assert "Gur Mra bs Clguba" in hidden.read_text()
    assert "Gur Mra bs Clguba" not in grader.perform(source, hidden=[hidden]).output


def test_the_words_cover_what_was_tried():
    words = {
        "network",
        "file system writes",
        "reading the reference",
        "processes",
        "memory",
        "disk space",
        "privileges",
    }
    isolation = sandbox.isolation()
    assert {*isolation.isolated, *isolation.missing} == words
    assert not set(isolation.isolated) & set(isolation.missing)


@pytest.mark.slow
@pytest.mark.parametrize("level", sandbox.LEVELS)
def test_every_level_that_works_here_returns_answers_and_ends_what_must_end(grader, level, monkeypatch):
    monkeypatch.setattr(sandbox, "LEVELS", (level,))
    try:
        isolation = sandbox.isolation()
    except sandbox.Trouble as trouble:
        pytest.skip(f"NOT POSSIBLE on this machine: {str(trouble).splitlines()[0]}")
    if level == "namespaces":
        assert isolation.missing == []
    elif has_landlock():
        assert {"reading the reference", "file system writes"} <= set(isolation.isolated)
    assert grader.is_fine()
    assert grader.perform("while True: pass", seconds=1).error == "did not finish within 1 s"
    assert grader.perform("import os\nos._exit(3)").error == "ended itself with os._exit(3) before it had finished"
    assert grader.perform("import os\nos.abort()").error == "crashed before it had finished: Aborted"
    daemon = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\ndef f(x): return x"
    if sys.platform == "linux":
        assert grader.perform(daemon).error is None
    hard = (
        "import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')\nos.chmod('.', 0)\ndef f(x): return x"
    )
    assert grader.perform(hard, files=5000).error is None
    assert grader.is_fine()


def has_landlock():
    try:
        return sys.platform == "linux" and system_call(CREATE_RULESET, None, 0, 1) > 0
    except OSError:
        return False


def test_a_machine_without_any_level_says_so(monkeypatch, grader):
    monkeypatch.setattr(sandbox, "LEVELS", ())
    with pytest.raises(sandbox.Trouble, match="no process can be confined here"):
        grader.perform("")


def test_a_level_that_fails_is_the_graders_trouble_and_not_the_students(monkeypatch, grader):
    monkeypatch.setattr(sandbox, "examine", lambda levels: ("namespaces", None))
    monkeypatch.setattr(
        "threestep.coursework.sandbox.process.START",
        "import os; os.write(int(__import__('sys').argv[4]), b'trouble: x')",
    )
    with pytest.raises(sandbox.Trouble, match="namespaces: no process for a submission could be started: trouble: x"):
        grader.perform("")


def test_a_player_that_cannot_be_imported_is_the_graders_trouble_too(grader):
    grader.player.write_text("import what_is_not_there")
    with pytest.raises(sandbox.Trouble, match="No module named 'what_is_not_there'"):
        grader.perform("")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
@pytest.mark.parametrize("victim", ["the grader", "the warden"])
def test_nothing_is_left_when_a_process_above_is_killed(grader, victim):
    (grader.folder / "hw1.py").write_text("import time\ntime.sleep(1000)")
    program = (
        "import sys, tempfile; from pathlib import Path; from threestep.coursework.sandbox import levels as sandbox; "
        "tempfile.tempdir, sandbox.PLAY, file = sys.argv[1], Path(sys.argv[2]), sys.argv[3]; "
        "sandbox.examine = lambda levels: ('namespaces' if 'namespaces' in sys.argv[4] else 'limits', None); "
        "print(sandbox.perform(file, {}, {}, sandbox.Limits(seconds=20)).error)"
    )
    level, _ = sandbox.examine(sandbox.LEVELS)
    command = [sys.executable, "-c", program, grader.temporary, grader.player, grader.folder / "hw1.py", level]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        least = 3 if level == "namespaces" else 2  # the warden, the first in the namespace, the student's process
        wait_for(lambda: len(grader.processes()) >= least)
        os.kill(process.pid if victim == "the grader" else children_of(process.pid)[0], signal.SIGKILL)
        said = "" if victim == "the grader" else "was ended from outside before it had finished\n"
        if victim == "the grader" or level == "namespaces":
            assert process.stdout.read() == said
            wait_for(lambda: not grader.processes())
        process.kill()


def children_of(pid):
    stats = [file.read_text().rpartition(")") for file in Path("/proc").glob("[0-9]*/stat")]
    return [int(name.split()[0]) for name, _, rest in stats if int(rest.split()[1]) == pid]


def wait_for(condition):
    patience = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < patience
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process ask for it")
def test_where_memory_runs_out_the_submission_ends_before_the_grader(grader):
    seen = set()
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(grader.perform, "import time\ndef f(x):\n    time.sleep(0.5)\n    return x")
        while not pending.done():
            for process in grader.processes():
                with suppress(OSError):  # gone by now
                    seen.add(int(Path(f"/proc/{process}/oom_score_adj").read_text()))
    assert pending.result().error is None and 1000 in seen
