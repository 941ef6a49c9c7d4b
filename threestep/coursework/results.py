"""The plain result of a submission: a dict that JSON can hold, from which every format and the statistics are made.

    result = open_result("hw1", "hw1.py", items, isolation)      every item is there from the start, as "pending"
    close_item(result, item, {"forward": True, "update": False}, message="update: dW is ...")
    write_result("result.json", result)                          whole or not at all, after each item

Points are counted in whole hundredths, so every sum is exact: a check gets its share of the item's points, an item the
sum of its checks, the result the sum of its items, and who has everything right has max_score.
"""

import json
from math import isfinite

from threestep.training.files import write_whole

from .errors import CourseworkError

FORMAT, VERSION = "threestep-grade", 1
PENDING = "not graded: the grader has not come to it"
KEYS = {
    "": {"assignment": str, "submission": str, "score": float, "max_score": float, "seconds": float, "items": list}
    | {"isolation": dict},
    "item": {"name": str, "score": float, "max_score": float, "status": str, "visibility": str, "seconds": float}
    | {"message": str, "output": str, "checks": list, "findings": list},
    "check": {"name": str, "ok": bool, "score": float, "max_score": float},
    "finding": {"step": str},
}


def open_result(assignment, submission, items, isolation=None):
    """A result in which nothing is graded yet: every item is pending, with 0 of its points.

    Args:
        assignment, submission: their names. items: each with name, points and visibility. isolation: what the sandbox
            says of itself, {"isolated": [...], "missing": [...]}.
    """
    result = {"format": FORMAT, "version": VERSION, "assignment": str(assignment), "submission": str(submission)}
    result |= {"score": 0.0, "max_score": points(sum(hundredths(item.points) for item in items)), "seconds": 0.0}
    result["isolation"] = isolation or {"isolated": [], "missing": []}
    result["items"] = [fill_item(item, "pending", [], message=PENDING) for item in items]
    return result


def close_item(result, item, passed, error=False, **details):
    """Puts what an item got into the result: its entry, and the sums.

    Args:
        item: as in open_result, and its `checks`, {name: share of the points}. passed: {name: whether it is right}.
        error: whether the submission could not be examined to the end. details: seconds, findings (dicts), message for
            the student, output of the submission.
    """
    checks = []
    for name, most in split_points(item.points, item.checks).items():
        ok = bool(passed.get(name))
        checks.append({"name": name, "ok": ok, "score": most if ok else 0.0, "max_score": most})
    status = "error" if error else "passed" if all(check["ok"] for check in checks) else "failed"
    place = [entry["name"] for entry in result["items"]].index(item.name)
    result["items"][place] = fill_item(item, status, checks, **details)
    result["score"] = add_points(entry["score"] for entry in result["items"])
    result["seconds"] = round(sum(entry["seconds"] for entry in result["items"]), 2)


def fill_item(item, status, checks, seconds=0.0, findings=(), message="", output=""):
    return {
        "name": item.name,
        "score": add_points(check["score"] for check in checks),
        "max_score": points(hundredths(item.points)),
        "status": status,
        "visibility": item.visibility,
        "seconds": round(seconds, 2),
        "checks": checks,
        "findings": list(findings),
        "message": plain(message),
        "output": plain(output),
    }


def split_points(total, shares):
    """{name: points} in proportion to {name: share}, in hundredths whose sum is the total: the largest remainders
    are rounded up, among equals the first."""
    cents, whole = hundredths(total), sum(shares.values())
    exact = {name: cents * share / whole for name, share in shares.items()}
    split = {name: int(value) for name, value in exact.items()}
    for name in sorted(exact, key=lambda name: split[name] - exact[name])[: cents - sum(split.values())]:
        split[name] += 1
    return {name: points(value) for name, value in split.items()}


def add_points(scores):
    """The sum of points, exact to two decimals."""
    return points(sum(map(hundredths, scores)))


def points(cents):
    return cents / 100


def hundredths(value):
    """Points as a whole number of hundredths. CourseworkError for what is none."""
    if not isfinite(value) or value < 0 or abs(value * 100 - round(value * 100)) > 1e-6:
        raise CourseworkError(f"points expected 0 or more with at most two decimals, got {value!r}")
    return round(value * 100)


def shown(result):
    """The items as students may see them where a platform has no visibility of its own.

    All that are not visible are one item, "hidden tests": its points count, and nothing else is said of it.
    """
    items = [item for item in result["items"] if item["visibility"] == "visible"]
    rest = [item for item in result["items"] if item["visibility"] != "visible"]
    if rest:
        first = next(
            (state for state in ("pending", "error", "failed") if state in {item["status"] for item in rest}), ""
        )
        sums = {key: add_points(item[key] for item in rest) for key in ("score", "max_score")}
        hidden = {"name": "hidden tests", "status": first or "passed", "visibility": "visible"}
        seconds = sum(item["seconds"] for item in rest)
        items.append({**hidden, **sums, "seconds": seconds, "checks": [], "findings": [], "message": "", "output": ""})
    return items


def table(items):
    """A line for each item, its checks and points, and below it what its message says."""
    width = max((len(item["name"]) for item in items), default=0)
    rows = []
    for item in items:
        checks = "   ".join(f"{check['name']} {'ok' if check['ok'] else 'FAIL'}" for check in item["checks"])
        rows.append((f"{item['name']:<{width}}  {checks or item['status']}", item))
    wide = max((len(row) for row, _ in rows), default=0)
    lines = []
    for row, item in rows:
        lines.append(f"{row:<{wide}}  {item['score']:g}/{item['max_score']:g}")
        lines += [f"  {line}".rstrip() for line in item["message"].splitlines()]
    total, most = (add_points(item[key] for item in items) for key in ("score", "max_score"))
    return "\n".join([*lines, f"{'total':<{wide}}  {total:g}/{most:g}"])


def plain(text):
    """Text that any platform can hold: line ends are \\n, and what is no character to print is a question mark."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def to_json(result):
    return json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_text(path, text):
    """Writes a file whole or not at all, with \\n as the end of a line on every system."""
    write_whole(path, lambda file: file.write(text.encode()))


def write_result(path, result):
    write_text(path, to_json(result))


def read_result(path):
    """The result in a file. CourseworkError for what is none, OSError where it cannot be read."""
    try:
        with open(path, "rb") as file:
            result = json.loads(file.read().decode())
    except (ValueError, RecursionError) as error:
        raise CourseworkError(f"{path} is no result of threestep: it is not JSON ({error})") from None
    got = (result.get("format"), result.get("version")) if isinstance(result, dict) else type(result).__name__
    if got != (FORMAT, VERSION):
        raise CourseworkError(f"{path} is no result of threestep: expected {FORMAT!r}, version {VERSION}, got {got}")
    require(path, "", result)
    for item in result["items"]:
        require(path, "item", item)
        for kind in ("check", "finding"):
            for part in item[f"{kind}s"]:
                require(path, kind, part)
    return result


def require(path, kind, part):
    """CourseworkError where a part of a result lacks a key, or has something of another type there."""
    for key, expected in KEYS[kind].items():
        got = part.get(key) if isinstance(part, dict) else part
        if not isinstance(got, (int, float) if expected is float else expected):
            where = f"{kind} {key!r}".strip()
            raise CourseworkError(f"{path}: {where} expected {expected.__name__}, got {type(got).__name__}")
