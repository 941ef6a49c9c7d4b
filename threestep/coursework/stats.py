"""statistics: how often each diagnosis was made, over the plain results of a class."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from .errors import CourseworkError
from .results import read_result

UNNAMED, STOPPED = "(unnamed)", "(did not finish)"


@dataclass
class Statistics:
    """What the results of one assignment have in common; prints as two tables.

    Attributes:
        assignment: its name. submissions: how many results were read. scores: {item: the score of each submission that
            was graded}. most: {item: its points}. made: {(item, step, bug): in how many submissions}, where bug is
            "(unnamed)" for what has no name and "(did not finish)" where the item could not be examined to the end.
            unreadable: what was left out, and why.
    """

    assignment: str = ""
    submissions: int = 0
    scores: dict = field(default_factory=lambda: defaultdict(list))
    most: dict = field(default_factory=dict)
    made: Counter = field(default_factory=Counter)
    unreadable: list = field(default_factory=list)

    @property
    def exit_code(self):
        """0, or 3 where a file was left out."""
        return 3 if self.unreadable else 0

    def add(self, result):
        self.submissions += 1
        for item in result["items"]:
            if item["status"] != "pending":
                self.scores[item["name"]].append(item["score"])
                self.most[item["name"]] = item["max_score"]
                self.made.update({(item["name"], *diagnosis) for diagnosis in diagnoses(item)})  # each once

    def share(self, item, times):
        return times / len(self.scores[item])

    def __str__(self):
        lines = [f"{self.assignment}: {count(self.submissions, 'submission')}", ""] if self.submissions else []
        if self.scores:
            rows = [("item", "mean score", "full marks")]
            for item, scores in self.scores.items():
                full = sum(score == self.most[item] for score in scores)
                mean = f"{fmean(scores):.2f}/{self.most[item]:g}"
                rows.append((item, mean, f"{full} ({self.share(item, full):.0%})"))
            lines += [*columns(rows), ""]
        named = [(*key, times) for key, times in self.made.items() if key[2] not in (UNNAMED, STOPPED)]
        others = [(*key, times) for key, times in self.made.items() if key[2] in (UNNAMED, STOPPED)]
        for title, group in (("diagnosis", named), ("without a name", others)):
            rows = [("item", "step", title, "submissions")]
            for item, step, bug, times in sorted(group, key=lambda row: (-row[-1], row)):
                rows.append((item, step, bug, f"{times} ({self.share(item, times):.0%})"))
            lines += [*columns(rows), ""] if group else []
        lines += [f"left out: {why}" for why in self.unreadable]
        return "\n".join(lines).strip()


def statistics(paths):
    """The statistics of results: files, or folders with results in files that end in .json, at any depth.

    What cannot be read, or is of another assignment than the first, is left out and told. CourseworkError where nothing
    is left.
    """
    found = Statistics()
    for path in files_of(paths):
        try:
            result = read_result(path)
            if found.submissions and result["assignment"] != found.assignment:
                raise CourseworkError(
                    f"{path} is of {result['assignment']}, expected {found.assignment} as in the first"
                )
        except CourseworkError as error:
            found.unreadable.append(str(error))
        except OSError as error:
            found.unreadable.append(f"{path}: {error.strerror}")
        else:
            found.assignment = result["assignment"]
            found.add(result)
    if not found.submissions:
        raise CourseworkError("\n".join(["no result was found", *found.unreadable]))
    return found


def files_of(paths):
    """Each file once, in the order given, folders in alphabetical order."""
    files = []
    for path in map(Path, paths):
        files += sorted(path.rglob("*.json")) if path.is_dir() else [path]
    return dict.fromkeys(files)


def diagnoses(item):
    """(step, bug) of each finding; where there is none, of each check that failed.

    A check that failed beside a finding was not reached, most often: its points are lost, and there is no more to say.
    """
    found = [(finding["step"], finding.get("bug") or UNNAMED) for finding in item["findings"]]
    if item["status"] == "error":
        return [*found, ("", STOPPED)]
    return found or [(check["name"], UNNAMED) for check in item["checks"] if not check["ok"]]


def columns(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def count(number, what):
    return f"{number} {what}{'s' * (number != 1)}"
