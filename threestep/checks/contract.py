"""The contract of a layer, sentence by sentence, asserted for any class with the three steps."""

from layers import Layer

from . import clauses_any, clauses_layer  # noqa: F401 - they fill CLAUSES
from .case import CLAUSES, Case
from .gradients import parts
from .report import Report


def check_contract(subject, x):
    """Asserts the contract of a layer, a sentence at a time, on copies of the subject.

    Args:
        subject: an instance of a class with forward, backward and update. For a subclass of Layer, best not built yet,
            everything is checked; for another class what concerns the three steps, params and grads.
        x: at least five examples, stacked on axis 0, away from kinks; a tuple of such arrays for several inputs.

    Returns a Report with a row for each sentence. Print it, assert it. That the gradients are right, check_gradients
    shows; a layer is right when both say so.
    """
    if isinstance(subject, type):
        raise TypeError(
            f"expected an instance to check, got the class {subject.__name__}: write {subject.__name__}(...)"
        )
    if (fewest := min(map(len, parts(x)))) < 5:
        raise ValueError(f"x expected at least 5 examples, got {fewest}")
    subject = getattr(subject, "_owned", subject)  # a further use of a layer is checked as that layer
    report, case = Report(f"contract of {subject!r}"), Case(subject, x)
    for sentence, check, layers_only in CLAUSES:
        if layers_only and not isinstance(subject, Layer):
            continue
        try:
            seen = check(case)
            report.add(sentence, seen is None, seen or "")
        except Exception as error:  # a wrong layer may raise anything, and that is the finding
            report.add(sentence, False, f"{type(error).__name__}: {error}")
    return report
