"""grade: a submission's points, item by item, each examined in a process of its own and judged in this one."""

import warnings
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from threestep.checks.diagnosis.exam import kind_of, layer_exam, loosen, loss_exam, optimizer_exam
from threestep.checks.diagnosis.finding import Diagnosis, Finding
from threestep.checks.diagnosis.play import play_takes
from threestep.checks.diagnosis.scripts import example_shape, examples, function_script
from threestep.checks.diagnosis.signatures import close

from .assignment import in_a_line, line_of, load_file
from .errors import CourseworkError
from .results import close_item, open_result, plain
from .sandbox import Limits, Trouble, isolation, perform

SEED = 1  # of what is made up: the same for everybody, and for check
REHEARSED = ("main", "second", "float32")  # takes in which no right one raises anything
EXACT = 1e-12  # how closely a function's answer has to be the reference's; counts are large
UNJUDGED = "gave answers that cannot be judged"
LONGEST = 1000  # characters of a finding's part: a submission can raise any text


def grade_submission(assignment, path, report=lambda result: None):
    """The plain result (see results.py) of a submission, a file or the folder that holds it.

    report(result) is called at the start and after each item, so that what is done so far can be kept.
    Raises CourseworkError where the submission's folder is not there, where the assignment has no reference or one
    that fails, and where this machine cannot confine a process.
    """
    path = Path(path)
    path = path / assignment.file if path.is_dir() else path
    if not path.parent.is_dir():
        raise CourseworkError(f"{path} is not there, nor is its folder")
    exams = exams_of(assignment)
    result = open_result(assignment.name, path.name, assignment.items, asdict(isolation([assignment.folder])))
    report(result)
    for item, exam in exams:
        close_item(result, item, **judge(item, exam, path, examine(assignment, item, exam, path)))
        report(result)
    return result


def exams_of(assignment):
    """[(Item with the checks that it can have, its Exam)], with the reference as the right one."""
    references, found = load_file(assignment.reference), []
    for item in assignment.items:
        name = item.make or item.name
        try:
            if name not in references:
                raise CourseworkError(f"there is no {name}, which the assignment has as an item")
            exam = exam_of(item, references[name], assignment.conventions)
            rehearse(item, exam, references[name], assignment.conventions)
            found.append((fitting(item, exam), exam))
        except CourseworkError as error:
            raise CourseworkError(f"{assignment.reference}: {error}") from None
        except Exception as error:
            where = f"{assignment.reference}{line_of(error, assignment.reference)}"
            raise CourseworkError(f"{where}: {name}: {in_a_line(error)}") from error
    return found


def exam_of(item, right, conventions, alone=False):
    """The Exam of an item. right: the class or function that does the right thing; alone: that is to be examined."""
    if item.kind == "function":
        return FunctionExam(item, right)
    make = partial(right, **item.arguments)
    known = make()
    if (kind := kind_of(known)) != item.kind:
        raise CourseworkError(f"{item.name} is a {kind}, expected a {item.kind}")
    if item.kind == "loss":
        return loss_exam(item.name, None if alone else make, item.arguments, rng=SEED)
    if item.kind == "optimizer":
        return optimizer_exam(item.name, make, vars(known), rng=SEED)
    rng = np.random.default_rng(SEED)
    settings = {key: value for key, value in vars(known).items() if not key.startswith("_")}
    x = examples(item.shape or example_shape(item.name, item.arguments), rng)
    exam = layer_exam(item.name, make, settings, x, rng, alone)
    if conventions.get("derivative_at_zero") == "any" and "ties.x" in exam.arrays:
        exam.arrays["ties.x"][exam.arrays["ties.x"] == 0] = 0.5
    return exam


def rehearse(item, exam, right, conventions):
    """CourseworkError where the reference raises what no right one does, or has another derivative at 0."""
    if item.kind == "function":
        return
    takes = [take for take in exam.takes if take["name"] in (*REHEARSED, "ties")]
    answers, notes = play_takes(takes, exam.arrays, partial(right, **item.arguments), ready=loosen)
    for take in REHEARSED:
        if error := notes[take]["error"]:
            where = f"{item.name}, {error['call']}{' for float32' * (take == 'float32')}"
            raise CourseworkError(f"{where}: {error['type']}: {error['message']}")
    told = conventions.get("derivative_at_zero", "any")
    if item.name == "ReLU" and told != "any":
        at = exam.arrays["ties.x"] == 0
        if not close(answers["ties.dx"][at], told * exam.arrays["a.g"][at]):
            raise CourseworkError(f"ReLU has another derivative at 0 than conventions.derivative_at_zero, {told:g}")


def fitting(item, exam):
    """The item without a check of update where its layer has no parameters."""
    if item.kind != "layer" or any(name.startswith("a.params.") for name in exam.arrays):
        return item
    checks = {name: share for name, share in item.checks.items() if name != "update"}
    if not checks:
        raise CourseworkError(f"{item.name} has no parameters, so it expected other checks than update")
    return replace(item, checks=checks)


def examine(assignment, item, exam, path):
    """The Performance of a submission in an item's exam, in a process of its own; None where there is none."""
    if not path.is_file():
        return None
    try:
        limits = Limits(seconds=item.timeout)
        return perform(path, script_of(item, exam), exam.arrays, limits, hidden=[assignment.folder])
    except Trouble as trouble:
        raise CourseworkError(str(trouble)) from None


def script_of(item, exam):
    if item.kind == "function":
        return {"takes": exam.takes, "function": item.name}
    made = {"make": item.make} if item.make else {"class": item.name, "arguments": item.arguments}
    return {"takes": exam.takes, **made}


def judge(item, exam, path, done):
    """What close_item takes for one item: what passed, the findings, the message for the student."""
    if done is None:
        return failed(f"{path.name} was not handed in")
    details = {"seconds": done.seconds, "output": done.output}
    if done.error:
        return failed(f"{path.name} {done.error}", **details)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader gives nothing where a word is on standard error
            found = exam.diagnosis(done.answers, done.notes)
        lines = [cut(line) for finding in found.findings for line in finding.lines(item.hint)]
        return {
            "passed": found.steps,
            "findings": [told(finding) for finding in found.findings],
            "message": "\n".join(lines),
            **details,
        }
    except Exception as error:  # answers that no honest submission gives
        return failed(f"{path.name} {UNJUDGED} ({in_a_line(error)})", **details)


def failed(message, **details):
    return {"passed": {}, "error": True, "message": message, **details}


def told(finding):
    """A finding as the instructor's result holds it, complete."""
    words = {"locate": finding.locate, "symptom": f"{finding.what} {finding.symptom}", "cause": finding.cause}
    words |= {"smallest": finding.smallest}
    return {"step": finding.step, "bug": finding.bug, **{word: cut(text) for word, text in words.items()}}


def cut(text):
    """Text that any file can hold, and not too much of it."""
    text = plain(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


class FunctionExam:
    """The exam of a function of the file: its answers to lists of arguments, beside those of the right one, if any."""

    def __init__(self, item, function=None):
        self.name, self.calls = item.name, item.calls
        self.takes, self.arrays = function_script(item.calls)
        self.right = {}
        if function is not None:
            self.right, notes = play_takes(self.takes, {}, lambda: function)
            if wrong := next((note["error"] for note in notes.values() if note["error"]), None):
                raise CourseworkError(f"{item.name} raises {wrong['type']}: {wrong['message']}")

    def diagnosis(self, answers, notes):
        """The Diagnosis of the first call that is wrong."""
        for i, arguments in enumerate(self.calls):
            key, error = f"call {i}.answer", notes[f"call {i}"]["error"]
            if error and error["type"] == "NotImplementedError":
                return self.wrong(error["message"] or self.name, "is not written yet")
            if error and error["call"] == "find":
                return self.wrong(self.name, error["message"])
            call = f"{self.name}({short(', '.join(map(repr, arguments)))})"
            if error:
                line = f" (line {error['line']})" if error["line"] else ""
                return self.wrong(call, f"raises {error['type']}{line}: {error['message']}")
            if key in self.right and not close(answers[key], self.right[key], EXACT):
                return self.wrong(call, f"is not {short(str(answers[key].tolist()))}")
        return Diagnosis(self.name, {"answers": True})

    def wrong(self, what, symptom):
        finding = Finding("answers", what, None, symptom, f"{self.name}: an answer is wrong or missing")
        return Diagnosis(self.name, {"answers": False}, [finding])


def short(text):
    return text if len(text) <= 60 else f"{text[:57]}..."
