"""Process: starts the process for a student's file, listens to it as long as it may run, and leaves nothing behind."""

import os
import secrets
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np

from ..errors import CourseworkError
from .parcel import pack, unpack

HERE = Path(__file__).resolve().parent
START = "import sys; sys.path[0] = sys.argv[1]; sys.path.append(sys.argv[2]); from coursework.child import main; main()"
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
LIBRARY = ("layers", "losses", "optim", "threestep", "tests", "examples", "benchmarks", ".git")  # the answer key
LONGEST_FILE = 2**20  # bytes of a submission
GRACE = 5  # seconds in which the warden must have ended everything


@dataclass
class Limits:
    """What a call may use: seconds, bytes of memory, disk and answers, numbers of processes and files.

    processor: seconds of processor time, as many as of the wall clock unless given. output: how many characters of
    what is printed are kept.
    """

    seconds: float = 20.0
    processor: int | None = None
    memory: int = 2 * 2**30
    processes: int = 16
    disk: int = 64 * 2**20
    files: int = 256
    answers: int = 64 * 2**20
    output: int = 2**14


@dataclass
class Performance:
    """What came back: answers {name: array}, the player's notes, and, where it failed, the reason in one sentence."""

    answers: dict
    notes: dict
    error: str | None
    output: str
    seconds: float


class Trouble(CourseworkError):
    """This machine cannot do what was asked: the grader's failure, not the student's."""


def run(level, submission, player, script, arrays, limits, hidden):
    """Plays a script on a student's file in a fresh process; what the student does ends in the Performance.

    level: how it is confined, see confine.py. player: the file that defines `play`.
    """
    if os.name != "posix":
        raise Trouble("a submission is graded on Linux or macOS (on Windows: in WSL), where a process can be confined")
    started, submission = time.monotonic(), Path(submission)
    limits = replace(limits, processor=limits.processor or ceil(limits.seconds))
    content = submission.lstat()
    if not stat.S_ISREG(content.st_mode):  # a link might lead to the reference
        return Performance({}, {}, "is a link or a folder: hand in the file itself", "", 0.0)
    if content.st_size > LONGEST_FILE:
        return Performance({}, {}, f"has {content.st_size:,} bytes: at most {LONGEST_FILE:,} are read", "", 0.0)
    receipt = secrets.token_hex(16)
    task = {
        "level": level,
        "limits": asdict(limits),
        "hidden": [str(Path(path).resolve()) for path in (*(HERE.parents[2] / name for name in LIBRARY), *hidden)],
        "file": submission.name,
        "script": script,
        "receipt": receipt,
    }
    with temporary_folder() as folder:
        furnish(folder, submission, player)
        (folder / "task").write_bytes(pack(task, arrays))
        ending = listen(folder, limits)
    if ending.report.startswith("trouble") or ending.code > 0:  # an error of the warden's own
        raise Trouble(f"{level}: no process for a submission could be started: {ending.report or ending.output}")
    answers, notes, error = judge(ending, receipt, limits)
    return Performance(answers, notes, error, ending.output, time.monotonic() - started)


@contextmanager
def temporary_folder():
    """A fresh folder that is gone afterwards, whatever became of it."""
    folder = Path(tempfile.mkdtemp(prefix="threestep-")).resolve()
    try:
        yield folder
    finally:
        with suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():  # folders that are closed to their owner, or nested deeper than Python can follow
            for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
                subprocess.run([*command, folder], stderr=subprocess.DEVNULL, check=False)


def furnish(folder, submission, player):
    """Copies into the folder all that the process needs: the package `coursework`, the stubs, and work/."""
    for name in ("coursework", "work", "root"):
        (folder / name).mkdir()
    (folder / "coursework" / "__init__.py").touch()
    for name in ("calls.py", "child.py", "confine.py", "parcel.py", "system.py", "view.py"):
        shutil.copyfile(HERE / name, folder / "coursework" / name)
    shutil.copyfile(player, folder / "coursework" / "play.py")
    for name in ("layers.py", "losses.py", "optim.py"):
        shutil.copyfile(HERE / "stubs" / name, folder / name)
    shutil.copyfile(submission, folder / "work" / submission.name, follow_symlinks=False)
    folder.chmod(0o711)  # so that another user can reach work/, and list nothing


@dataclass
class Ending:
    """What the grader heard: the answer, what was printed, the warden's report and exit code; whether time was up."""

    answer: bytes
    output: str
    report: str
    code: int
    late: bool


def listen(folder, limits):
    """Starts the process and hears it until its warden is gone; whatever it sends, memory and time are bounded."""
    answer, answer_end = os.pipe()
    report, report_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-s", "-S", "-B", "-u", "-c", START]
        + [str(argument) for argument in (folder, Path(np.__file__).parents[1], answer_end, report_end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(answer_end, report_end),
        cwd=folder,
        env=environment(folder / "work"),
        start_new_session=True,
    )
    os.close(answer_end)
    os.close(report_end)
    output = process.stdout.fileno()
    most = {answer: limits.answers + 1, output: 4 * limits.output, report: 1000}  # bytes; a character has up to four
    heard = {pipe: bytearray() for pipe in most}
    until, late, dismissed = time.monotonic() + limits.seconds, False, False
    try:
        with selectors.DefaultSelector() as selector:
            for pipe in heard:
                os.set_blocking(pipe, False)
                selector.register(pipe, selectors.EVENT_READ)
            while report in selector.get_map():
                for key, _ in selector.select(max(0, until - time.monotonic())):
                    if not hear(key.fd, heard, most):
                        selector.unregister(key.fd)
                up = time.monotonic() >= until
                if up and dismissed:
                    break
                if not dismissed and (up or len(heard[answer]) == most[answer]):
                    late, dismissed, until = up, True, time.monotonic() + GRACE
                    dismiss(process)
    finally:
        dismiss(process)
        end(process)
        for pipe in heard:  # what still lies in the pipes, of which none holds more than 1 MiB
            for _ in range(16):
                with suppress(BlockingIOError):
                    hear(pipe, heard, most)
        process.stdout.close()
        os.close(answer)
        os.close(report)
    text = heard[output].decode(errors="replace")
    text = text if len(text) <= limits.output else text[: limits.output] + "\n... (cut)"
    return Ending(bytes(heard[answer]), text, heard[report].decode(), process.returncode, late)


def environment(home):
    """Nothing of the grader's own, but where the system looks for libraries; one thread; the same order of each set."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    fixed = {"HOME": str(home), "TMPDIR": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
    return {**kept, **fixed, **dict.fromkeys(ONE_THREAD, "1")}


def hear(pipe, heard, most):
    """Takes in what there is and keeps what there is room for; False at the end."""
    data = os.read(pipe, 2**16)
    heard[pipe] += data[: most[pipe] - len(heard[pipe])]
    return bool(data)


def dismiss(process):
    """Tells the warden to end the student's process."""
    if not process.stdin.closed:
        with suppress(BrokenPipeError):
            process.stdin.write(b"end")
            process.stdin.flush()
        with suppress(BrokenPipeError):
            process.stdin.close()


def end(process):
    """Waits for the warden, and ends it where it does not end."""
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def judge(ending, receipt, limits):
    """(answers, notes, error) of what was heard; only an answer that bears the receipt was sent by child.py."""
    why = None
    if ending.answer:
        try:
            head, answers = unpack(ending.answer)
            if head.get("receipt") == receipt and isinstance(head.get("notes"), dict):
                return answers, head["notes"], None if head["error"] is None else str(head["error"])
            why = "it does not come from the grader's own program"
        except (ValueError, AttributeError) as error:  # AttributeError: the head is no dict
            why = error
    return {}, {}, reason(ending, why, limits)


def reason(ending, why, limits):
    """Why there is no answer, in words that go on from the file's name."""
    if len(ending.answer) > limits.answers:
        return f"handed back more than {limits.answers / 2**20:g} MiB"
    if ending.late:
        return f"did not finish within {limits.seconds:g} s"
    if not ending.report:
        return "was ended from outside before it had finished"
    status, processor = ending.report.split()
    status = int(status)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGXCPU or float(processor) >= limits.processor:
            return f"used more than {limits.processor} s of processor time"
        return f"crashed before it had finished: {signal.strsignal(os.WTERMSIG(status))}"
    if why is not None and os.WEXITSTATUS(status) == 0:
        return f"handed back what cannot be read: {why}"
    return f"ended itself with os._exit({os.WEXITSTATUS(status)}) before it had finished"
