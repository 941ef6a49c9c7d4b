"""Report: what a check found, as a table that prints and a truth value."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """One line: what was checked, whether it held, and what was seen."""

    what: str
    ok: bool
    seen: str = ""


@dataclass
class Report:
    """The rows of a check; true when every one of them is ok, so that `assert check(...)` prints the table."""

    subject: str
    rows: list[Row] = field(default_factory=list)

    def add(self, what, ok, seen=""):
        self.rows.append(Row(what, bool(ok), seen))

    @property
    def ok(self):
        return all(row.ok for row in self.rows)

    @property
    def failures(self):
        return [row for row in self.rows if not row.ok]

    def __bool__(self):
        return self.ok

    def __repr__(self):
        width = max((len(row.what) for row in self.rows), default=0)
        lines = [f"{'ok  ' if row.ok else 'FAIL'}  {row.what:<{width}}  {row.seen}".rstrip() for row in self.rows]
        wrong = ", ".join(row.what for row in self.failures)  # first, where a cut text still shows it
        verdict = "ok" if self.ok else f"{len(self.failures)} of {len(self.rows)} wrong ({wrong})"
        return "\n".join([f"{self.subject}: {verdict}", *lines])
