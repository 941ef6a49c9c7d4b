"""Mutants: the reference with a bug each, from the assignment's mutants.py, from the bank, and general ones."""

import ast
import re
from dataclasses import dataclass

from threestep.checks.diagnosis.bank import BANK, PRELUDES, evaluate
from threestep.checks.diagnosis.bank import formulas as wrong_formulas
from threestep.checks.diagnosis.bugs import BUGS
from threestep.checks.diagnosis.evidence import Evidence
from threestep.checks.diagnosis.signatures import close

from .assignment import load_file
from .errors import CourseworkError

STEP = "step(self, theta, gradient, segments=None)"
GENERAL = {  # kind: [(bug, the step that has it, its body)]
    "layer": [
        ("sign-flipped", "backward(self, g)", "return -super().backward(g)"),
        ("factor-of-two", "backward(self, g)", "return 2 * super().backward(g)"),
        ("writes-into-input", "backward(self, g)", "dx = super().backward(g).copy(); g *= 2; return dx"),
        ("writes-into-input", "forward(self, x)", "y = super().forward(x.copy()); x += 1; return y"),
        ("integers", "forward(self, x)", "return np.rint(super().forward(x)).astype(int)"),
        ("promoted-to-float64", "forward(self, x)", "return super().forward(x).astype(np.float64)"),
        (
            "batch-size-frozen",
            "forward(self, x)",
            "y = super().forward(x); self.n = getattr(self, 'n', len(y)); return y.reshape(self.n, *y.shape[1:])",
        ),
        ("sign-flipped", "update(self)", "super().update(); self.grads.update({k: -v for k, v in self.grads.items()})"),
        (
            "accumulates",
            "update(self)",
            "old = {k: np.array(v) for k, v in getattr(self, 'kept', {}).items()}; super().update(); "
            "self.kept = {k: v + old.get(k, 0) for k, v in self.grads.items()}; self.grads.update(self.kept)",
        ),
        (
            "update-takes-step",
            "update(self)",
            "super().update(); [p.__isub__(0.1 * self.grads[k]) for k, p in self.params.items()]",
        ),
    ],
    "loss": [
        ("sign-flipped", "backward(self)", "return -super().backward()"),
        ("factor-of-two", "backward(self)", "return super().backward() / 2"),
        ("mean-left-out", "backward(self)", "dp = super().backward(); return dp * len(dp)"),
        ("divided-by-n-twice", "backward(self)", "dp = super().backward(); return dp / len(dp)"),
        ("promoted-to-float64", "backward(self)", "return super().backward().astype(np.float64)"),
    ],
    "optimizer": [
        ("optimizer-rebinds", STEP, "super().step(theta.copy(), gradient)"),
        ("optimizer-rebinds", STEP, "super().step(theta, gradient); gradient *= 0.5"),
        ("factor-of-two", STEP, "before = theta.copy(); super().step(theta, gradient); theta += theta - before"),
    ],
    "function": [],
}
FORMULA = '''

class {name}({name}):
    """With a bug: {output} is {line}."""

    def forward(self, x, *target):
        self.seen = {{key: np.array(array) for key, array in getattr(self, "state", {{}}).items()}} | {{"g": 0.0}}
        y = super().forward(x, *target)
        self.seen |= {{"x": np.array(x), "z": np.array(x), "t": target[0] if target else None, "y": y, "N": len(x)}}
        if {output!r}.startswith("state."):
            self.state[{key!r}] = self.wrong(self.state[{key!r}])
        return self.wrong(y) if {output!r} in ("y", "l") else y

    def backward(self, *g):
        dx = super().backward(*g)
        self.seen |= {{"g": np.array(g[0]) if g else None, "dx": dx}}
        return self.wrong(dx) if {output!r} in ("dx", "dp") else dx

    def update(self):
        super().update()
        if {output!r}.startswith("d."):
            self.grads[{key!r}] = self.wrong(self.grads[{key!r}])

    def wrong(self, right):
        scope = {{"np": np, **vars(self), **getattr(self, "params", {{}}), **self.seen}}
        exec({prelude!r}, scope)
        value = np.asarray(eval({line!r}, scope), getattr(right, "dtype", float))
        return value if np.ndim(right) else float(value)
'''
BODY = """

class {name}({name}):
    def {step}:
        {body}
"""


@dataclass
class Mutant:
    """A reference with one bug. Attributes: item, its name; bug, the name that is expected, or None; text; words."""

    item: str
    bug: str | None
    text: str
    words: str


def mutants_of(assignment, item, text, exam):
    """Every Mutant of an item; text is the reference's, exam the item's."""
    yield from own(assignment, item, text)
    yield from general(item, text, exam)
    yield from formulas(item, text, exam)


def own(assignment, item, text):
    """Those of the assignment's mutants.py: (class, bug, text of the reference, what replaces it)."""
    path = assignment.folder / "mutants.py"
    for name, bug, old, new in listed(assignment, path):
        if name != item.name:
            continue
        start, end = span_of(text, name, path)
        source = text[start:end]
        if source.count(old) != 1:
            raise CourseworkError(f"{path}: {name} expected the text {old!r} once, found it {source.count(old)} times")
        mutant = text[:start] + source.replace(old, new) + text[end:]
        try:
            ast.parse(mutant)
        except SyntaxError as error:
            raise CourseworkError(f"{path}: {name} is no Python with {new!r} for {old!r}: {error.msg}") from None
        yield Mutant(name, bug, mutant, f"{' '.join(old.split())} -> {' '.join(new.split()) or 'nothing'}")


def listed(assignment, path):
    """What mutants.py lists, if there is one; CourseworkError for what it cannot mean."""
    rows = load_file(path).get("MUTANTS") if path.is_file() else []
    if not isinstance(rows, list):
        raise CourseworkError(f"{path} expected a list MUTANTS, got {type(rows).__name__}")
    names = [item.name for item in assignment.items]
    for i, row in enumerate(rows):
        if not (isinstance(row, tuple) and len(row) == 4 and {type(row[0]), type(row[2]), type(row[3])} == {str}):
            raise CourseworkError(f"{path}: MUTANTS[{i}] expected (class, bug or None, text, new text), got {row!r}")
        if row[0] not in names:
            raise CourseworkError(f"{path}: MUTANTS[{i}] expected one of {', '.join(names)}, got {row[0]!r}")
        if row[1] not in (None, *BUGS):
            raise CourseworkError(
                f"{path}: MUTANTS[{i}] expected a name of threestep/checks/diagnosis/bugs.py or None, got {row[1]!r}"
            )
    return rows


def span_of(text, name, path):
    """Where the source of a class or function of the top level begins and ends."""
    found = re.search(rf"^(class|def) {re.escape(name)}\b.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise CourseworkError(f"{path}: there is no {name} in the reference")
    return found.span()


def general(item, text, exam):
    """Those that any layer, loss or optimizer can have."""
    for bug, step, body in GENERAL[item.kind]:
        of_update = step.startswith("update") and not any(name.startswith("a.params.") for name in exam.arrays)
        if of_update or (item.name == "Dropout" and bug == "integers"):
            continue
        more = BODY.format(name=item.name, step=step, body=body.replace("; ", "\n        "))
        yield Mutant(item.name, bug, text + more, f"{step}: {body}")


def formulas(item, text, exam):
    """Those that the bank has a wrong formula for, wherever it is another than the right one for this item."""
    if item.name not in BANK or not exam.arrays:
        return
    case = Evidence(item.name, exam.takes, exam.arrays, {}, {}, exam.right, exam.settings)
    known = [(output, *formula) for output in BANK[item.name] for formula in wrong_formulas(item.name, output)]
    for output, bug, line in known:
        wrong, right = evaluate(item.name, line, case.values("a")), case.true.get(f"main.{output}")
        if wrong is None or right is None or close(wrong, right, 1e-6):
            continue
        words = {"name": item.name, "output": output, "key": output.partition(".")[2], "line": line}
        more = FORMULA.format(**words, prelude=PRELUDES.get(item.name, ""))
        yield Mutant(item.name, bug, text + more, f"{output} = {line}")
