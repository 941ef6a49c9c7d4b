"""grade: a submission's points, item by item, each examined in a process of its own and judged in this one."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from threestep.checks.diagnosis import Diagnosis, Finding
from threestep.checks.exam import kind_of, layer_exam, loss_exam, optimizer_exam
from threestep.checks.play import play_takes
from threestep.checks.scripts import example_shape, examples, function_script
from threestep.checks.signatures import close

from .assignment import load_file
from .errors import CourseworkError
from .results import close_item, open_result
from .sandbox import Limits, isolation, perform

SEED = 1  # of what is made up: the same for everybody, and known to no submission
KINKED = ("ReLU", "LeakyReLU", "PReLU", "ELU", "SELU", "Hardtanh", "HardSigmoid")


def grade_submission(assignment, path, report=lambda result: None):
    """The plain result (see results.py) of a submission, a file or the folder that holds it.

    report(result) is called at the start and after each item, so that what is done so far can be kept.
    Raises CourseworkError where the assignment has no reference, or one that fails.
    """
    path = Path(path)
    path = path / assignment.file if path.is_dir() else path
    exams = exams_of(assignment)
    result = open_result(assignment.name, path.name, assignment.items, asdict(isolation([assignment.folder])))
    report(result)
    for item, exam in exams:
        close_item(result, item, **grade_item(assignment, item, exam, path))
        report(result)
    return result


def exams_of(assignment):
    """[(Item, its Exam)]; a layer without parameters has no check of update."""
    references, found = load_file(assignment.reference), []
    for item in assignment.items:
        exam = exam_of(assignment, item, references)
        if item.kind == "layer" and not any(name.startswith("a.params.") for name in exam.arrays):
            item = replace(item, checks={name: share for name, share in item.checks.items() if name != "update"})
        found.append((item, exam))
    return found


def grade_item(assignment, item, exam, path):
    """What close_item takes for one item: what passed, the findings, the message for the student."""
    if not path.is_file():
        return failed(f"{assignment.file} was not handed in")
    script, limits = script_of(item, exam), Limits(seconds=item.timeout)
    done = perform(path, script, exam.arrays, limits, hidden=[assignment.folder])
    details = {"seconds": done.seconds, "output": done.output}
    if done.error:
        return failed(f"{path.name} {done.error}", **details)
    try:
        found = exam.diagnosis(done.answers, done.notes)
    except Exception as error:  # answers that no honest submission gives
        return failed(f"{path.name} gave answers that cannot be judged ({type(error).__name__})", **details)
    return {
        "passed": found.steps,
        "findings": [told(finding) for finding in found.findings],
        "message": "\n".join(line for finding in found.findings for line in finding.lines(item.hint)),
        **details,
    }


def failed(message, **details):
    return {"passed": {}, "error": True, "message": message, **details}


def told(finding):
    """A finding as the instructor's result holds it, complete."""
    words = {"locate": finding.locate, "symptom": f"{finding.what} {finding.symptom}"}
    return {"step": finding.step, "bug": finding.bug, **words, "cause": finding.cause, "smallest": finding.smallest}


def script_of(item, exam):
    script = {"takes": exam.takes}
    if item.kind == "function":
        return {**script, "function": item.name}
    return {**script, "make": item.make} if item.make else {**script, "class": item.name, "arguments": item.arguments}


def exam_of(assignment, item, references):
    """The Exam of an item, with the reference as the right one."""
    name = item.make or item.name
    if name not in references:
        raise CourseworkError(f"{assignment.reference} has no {name}, which {assignment.name} has as an item")
    if item.kind == "function":
        return FunctionExam(item, references[name])
    make = partial(references[name], **item.arguments)
    try:
        known = make()
        if kind_of(known) != item.kind:
            raise CourseworkError(f"{assignment.reference}: {name} is a {kind_of(known)}, expected a {item.kind}")
        if item.kind == "loss":
            return loss_exam(item.name, make, item.arguments, rng=SEED)
        if item.kind == "optimizer":
            return optimizer_exam(item.name, make, vars(known), rng=SEED)
        rng = np.random.default_rng(SEED)
        settings = {key: value for key, value in vars(known).items() if not key.startswith("_")}
        exam = layer_exam(
            item.name, make, settings, examples(item.shape or example_shape(item.name, item.arguments), rng), rng
        )
    except CourseworkError:
        raise
    except Exception as error:
        raise CourseworkError(f"{assignment.reference}: {name}: {type(error).__name__}: {error}") from error
    if item.name in KINKED and assignment.conventions.get("derivative_at_zero") == "any":
        exam.takes = [take for take in exam.takes if take["name"] != "ties"]
    return exam


class FunctionExam:
    """The exam of a function of the file: its answers to lists of arguments, beside the reference's."""

    def __init__(self, item, function):
        self.name, self.calls = item.name, item.calls
        self.takes, self.arrays = function_script(item.calls)
        self.right, notes = play_takes(self.takes, {}, lambda: function)
        wrong = next((note["error"] for note in notes.values() if note["error"]), None)
        if wrong:
            raise CourseworkError(f"the reference's {item.name} raises {wrong['type']}: {wrong['message']}")

    def diagnosis(self, answers, notes):
        findings = []
        for i, arguments in enumerate(self.calls):
            key, error = f"call {i}.answer", notes[f"call {i}"]["error"]
            call = f"{self.name}({', '.join(map(repr, arguments))})"
            if error and error["type"] == "NotImplementedError":
                findings.append(Finding("answers", error["message"] or self.name, None, "is not written yet", call))
            elif error:
                findings.append(Finding("answers", call, None, f"raises {error['type']}: {error['message']}", call))
            elif not close(answers[key], self.right[key], 1e-9):
                findings.append(Finding("answers", call, None, "is another number", f"{self.name}: an answer is wrong"))
        return Diagnosis(self.name, {"answers": not findings}, findings[:1])
