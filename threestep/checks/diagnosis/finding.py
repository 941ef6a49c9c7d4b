"""Diagnosis: what is wrong with a layer, a loss or an optimizer, in which step, and what it is consistent with."""

from dataclasses import dataclass, field

from .bugs import BUGS

LEVELS = ("locate", "symptom", "cause")


@dataclass
class Finding:
    """One thing that is wrong.

    Attributes: step, one of forward, backward, update, contract, step (an optimizer's), answers (a function's); what,
    the array in question; bug, a name of BUGS, or None where no signature fits; locate, where it is; symptom, what
    was seen; smallest, the smallest case that shows it.
    """

    step: str
    what: str
    bug: str | None
    symptom: str
    locate: str = ""
    smallest: str = ""

    @property
    def cause(self):
        return BUGS[self.bug] if self.bug else "no bug that has a name here"

    def lines(self, level="cause"):
        """The finding in up to four lines, cut at the level: "locate", "symptom" or "cause".

        A symptom that begins with the place, as "Dense.forward raises an error in line 9" does, says both.
        """
        seen, known = f"{self.what} {self.symptom}", [self.locate]
        if level != "locate":
            known = [seen] if seen.startswith(self.locate) else [self.locate, seen]
        if level == "cause" and self.bug:
            known.append(f"consistent with: {self.cause}")
        if level != "locate" and self.smallest:
            known.append(f"smallest case: {self.smallest}")
        return known


@dataclass
class Diagnosis:
    """What was found: true when nothing is wrong, so that `assert diagnose(...)` prints it.

    Attributes: subject, the class's name; steps, {step: True, False, or None where it was not reached}; findings; bug,
    the first finding's.
    """

    subject: str
    steps: dict[str, bool | None]
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self):
        return all(self.steps.values())

    @property
    def bug(self):
        return self.findings[0].bug if self.findings else None

    def __bool__(self):
        return self.ok

    def headline(self, width=0):
        words = {True: "ok", False: "FAIL", None: "-"}
        steps = "   ".join(f"{step} {words[ok]:<4}" for step, ok in self.steps.items())
        return f"{self.subject:<{width}}  {steps}".rstrip()

    def __repr__(self):
        return "\n".join([self.headline(), *(f"  {line}" for finding in self.findings[:1] for line in finding.lines())])
