"""make_handout: what students get of an assignment, made from its reference solution."""

import ast
import re
import tempfile
from pathlib import Path

from .assignment import parse_toml
from .errors import CourseworkError
from .leaks import find_leaks, lines_of, tokens_of

MARKER = re.compile(r"#+ ?(BEGIN|END) SOLUTION")  # as nbgrader and otter write it
LEFT = re.compile(r"#\s*(?i:BEGIN|END)[ _]+(?i:SOLUTION)|\b(BEGIN|END) (SOLUTION|HIDDEN TESTS)\b|# ?SOLUTION\b")
HEADER = re.compile(r"\[{1,2}([^\[\],]+)\]{1,2}\s*(?:#.*)?$")  # of a table of TOML
PRIVATE = ("reference", "mutants.py")
TOLD = 5  # leaks that an error lists


def make_handout(assignment, destination, grade):
    """Writes the files that students get into a folder, all or none, and returns their names.

    They are the assignment's own, without reference/, mutants.py and what is hidden (names that start with a dot, items
    that are not visible), and the reference in which a line like `raise NotImplementedError("Dense.backward")` stands
    for each solution. The same assignment makes the same bytes.

    Args:
        assignment: with folder, file and items. destination: a folder that is empty or not there. grade: a function
            of a submission's path that returns its plain result.

    Raises CourseworkError, and writes nothing, where markers are unbalanced or left over, text outside the marked
    regions changed, a piece of a solution can still be read (see find_leaks), the handout scores more than 0 or the
    reference less than everything, or a second run makes other bytes.
    """
    destination = Path(destination)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise CourseworkError(f"{destination} is there already and is not empty: give another folder, or remove it")
    reference = assignment.folder / "reference" / assignment.file
    files = build(assignment)
    refuse_markers(files)
    refuse_leaks(reference, files)
    with tempfile.TemporaryDirectory() as room:  # what the grader leaves beside the file is not handed out
        write(files, Path(room))
        refuse_scores(grade(reference), grade(Path(room) / assignment.file))
    if changed := differing(files, build(assignment)):
        raise CourseworkError(f"two runs made different bytes of {', '.join(changed)}")
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{destination.name}.", dir=destination.parent) as room:
        ready = Path(room) / destination.name
        write(files, ready)
        if destination.exists():
            destination.rmdir()
        ready.rename(destination)
    return sorted(files)


def build(assignment):
    """{name: bytes} of the handout."""
    files = {}
    for path in sorted(assignment.folder.rglob("*")):
        inside = path.relative_to(assignment.folder)
        if inside.parts[0] in PRIVATE or "__pycache__" in inside.parts or any(p.startswith(".") for p in inside.parts):
            continue
        if path.is_symlink():
            raise CourseworkError(f"{path} is a link, and could hand out what it leads to: put the file itself there")
        if path.is_file():
            files[inside.as_posix()] = path.read_bytes()
    if assignment.file in files:
        raise CourseworkError(
            f"{assignment.folder / assignment.file} would be handed out beside what reference/{assignment.file} makes: "
            "remove it"
        )
    reference = assignment.folder / "reference" / assignment.file
    text = read(reference)
    files[assignment.file] = take_out(text, regions_of(text, reference), reference).encode()
    if "assignment.toml" in files:
        settings = assignment.folder / "assignment.toml"
        files["assignment.toml"] = without_hidden(read(settings), settings).encode()
    return files


def read(path):
    """A file's text with its own line ends."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise CourseworkError(f"{path} expected UTF-8") from None


def regions_of(text, path):
    """[(line of BEGIN, line of END)], counted from 1."""
    regions, begun = [], None
    for token in tokens_of(text, str(path)):
        if not (match := MARKER.fullmatch(token.string)):
            continue
        line, kind = token.start[0], match[1]
        if token.line.strip() != token.string:
            raise CourseworkError(f"{path}:{line}: the {kind} SOLUTION marker expected a line of its own")
        if kind == "BEGIN" and begun:
            raise CourseworkError(f"{path}:{line}: BEGIN SOLUTION inside the solution that begins on line {begun}")
        if kind == "END" and not begun:
            raise CourseworkError(f"{path}:{line}: END SOLUTION without a BEGIN SOLUTION before it")
        if kind == "END":
            regions.append((begun, line))
        begun = line if kind == "BEGIN" else None
    if begun:
        raise CourseworkError(f"{path}:{begun}: BEGIN SOLUTION without an END SOLUTION after it")
    if not regions:
        raise CourseworkError(f"{path} has no solution: put it between ### BEGIN SOLUTION and ### END SOLUTION")
    return regions


def take_out(text, regions, path):
    """The text with a line that raises in place of each region, and all else as it was."""
    lines, tree = lines_of(text), parse_python(text, path)
    left, at = [], 0
    raising = []
    for first, last in regions:
        name, indent = owner(tree, first, last, path)
        left += lines[at : first - 1]
        raising.append(len(left))
        end = lines[first - 1][len(lines[first - 1].rstrip("\r\n")) :]
        left.append(f'{" " * indent}raise NotImplementedError("{name}"){end}')
        at = last
    left += lines[at:]
    given = [line for number, line in enumerate(lines_of("".join(left))) if number not in raising]
    if given != [line for number, line in enumerate(lines, 1) if not any(a <= number <= b for a, b in regions)]:
        raise CourseworkError(f"{path}: text outside the marked regions changed")
    without = "".join(left)
    parse_python(without, f"{path} without its solutions")
    return without


def parse_python(text, what):
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise CourseworkError(f"{what} is no Python: {error.msg}, line {error.lineno}") from None


def owner(tree, first, last, path):
    """(dotted name of the function that a region is in, indentation of its code)."""
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and first < node.lineno < last]
    if not inside:
        raise CourseworkError(f"{path}:{first}: the solution down to line {last} holds no statement")
    end = max(node.end_lineno for node in inside)
    owners = [
        (name, node)
        for name, node in functions(tree)
        if node.lineno < first and all(node.lineno < s.lineno and end <= node.end_lineno for s in inside)
    ]
    if not owners or end > last:
        raise CourseworkError(
            f"{path}:{first}: the solution down to line {last} expected whole statements of one function"
        )
    return owners[-1][0], inside[0].col_offset


def functions(node, prefix=""):
    """(dotted name, node) of every function, the outer before the inner."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not isinstance(child, ast.ClassDef):
                yield prefix + child.name, child
            yield from functions(child, f"{prefix}{child.name}.")
        else:
            yield from functions(child, prefix)


def without_hidden(text, path):
    """assignment.toml without the tables of the items that are not visible, and the comments right above them."""
    settings = {"items": [], **parse_toml(text)}
    seen = [item.get("visibility", "visible") == "visible" for item in settings["items"]]
    blocks = [[]]
    for line in lines_of(text):
        if HEADER.match(line):
            above = len(blocks[-1])
            while above and blocks[-1][above - 1].startswith("#"):
                above -= 1
            blocks[-1], block = blocks[-1][:above], blocks[-1][above:]
            blocks.append(block)
        blocks[-1].append(line)
    kept, place = [], -1
    for block in blocks:
        header = next((match[1].replace(" ", "") for line in block if (match := HEADER.match(line))), "")
        place += header == "items"  # [[items]] opens the next one, [items.checks] belongs to it
        if header.split(".")[0] != "items" or seen[place : place + 1] == [True]:
            kept += block
    public = "".join(kept)
    settings["items"] = [item for item, visible in zip(settings["items"], seen, strict=True) if visible]
    try:
        same = {"items": [], **parse_toml(public)} == settings
    except ValueError:
        same = False
    if not same:
        raise CourseworkError(f"{path}: cannot leave out what is hidden: write each [[items]] at the start of a line")
    return public


def texts(files):
    """{name: text} of the files that are text; a picture is none."""
    found = {}
    for name, content in files.items():
        try:
            found[name] = content.decode()
        except UnicodeDecodeError:
            continue
    return found


def refuse_markers(files):
    for name, text in texts(files).items():
        for number, line in enumerate(lines_of(text), 1):
            if match := LEFT.search(line):
                raise CourseworkError(f"{name}:{number} of the handout still has a marker, {match[0]!r}")


def refuse_leaks(reference, files):
    text = read(reference)
    leaks = find_leaks(text, regions_of(text, reference), texts(files))
    if leaks:
        told = [
            f"  {leak.file}:{leak.line} has {leak.words!r} of reference/{reference.name}:{leak.source}"
            for leak in leaks[:TOLD]
        ]
        more = [f"  and {len(leaks) - TOLD} more"] if len(leaks) > TOLD else []
        count = "a piece of a solution" if len(leaks) == 1 else f"{len(leaks)} pieces of solutions"
        title = f"the handout gives away {count}: write the one or the other differently"
        raise CourseworkError("\n".join([title, *told, *more]))


def refuse_scores(reference, handout):
    if reference["score"] != reference["max_score"]:
        wrong = ", ".join(item["name"] for item in reference["items"] if item["score"] != item["max_score"])
        got = f"{reference['score']:g} of {reference['max_score']:g}"
        raise CourseworkError(f"the reference scores {got} points; it loses some in {wrong}")
    if handout["score"] != 0:
        scoring = ", ".join(f"{item['name']} {item['score']:g}" for item in handout["items"] if item["score"] != 0)
        raise CourseworkError(f"the handout scores {handout['score']:g} points, expected 0: {scoring}")


def differing(files, again):
    return sorted(name for name in files.keys() | again.keys() if files.get(name) != again.get(name))


def write(files, folder):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
