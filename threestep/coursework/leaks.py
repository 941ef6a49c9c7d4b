"""find_leaks: what of a solution can still be read in the files that students get."""

import io
import re
import tokenize
from dataclasses import dataclass
from token import EXACT_TOKEN_TYPES

from .errors import CourseworkError

RUN = 8  # tokens in a row that are taken for a piece of the solution
OPERATORS = "|".join(re.escape(text) for text in sorted(EXACT_TOKEN_TYPES, key=len, reverse=True))
WORD = re.compile(rf"""(["'])\s*\1|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\w+|{OPERATORS}""")
ESCAPE = re.compile(r"""\\[nrt"']""")  # as a notebook's JSON writes a line's end
ACCESS = {"self", ".", "[", "]", "(", ")", ",", "=", ":"}


@dataclass
class Leak:
    """A place in a file, from one line to the last, what it gives away, and the line of the reference."""

    file: str
    line: int
    last: int
    words: str
    source: int


def find_leaks(reference, regions, files):
    """Every place in files where RUN or more tokens of a solution stand in a row.

    Tokens are Python's, except that a string counts as the words in it, so that the rule is one for code, prose and
    YAML and for every version of Python. Blanks, line ends and quotation marks are nothing. Comments of the solution
    are no part of it; a file is read both with and without its comments, so neither hides a piece.

    A run that says only where something is kept is no leak: one with fewer than three names or numbers besides
    `self`, and no operator but those of access and assignment, such as `W = self.params["W"]`.

    Args:
        reference: its text. regions: [(first line, last line)] of the solutions. files: {name: text}.
    """
    bare = lines_of(without_comments(reference, "the reference"))
    known = {}
    for first, last in regions:
        words = words_of("".join(bare[first - 1 : last]), first)
        for place in range(len(words) - RUN + 1):
            run = tuple(word for word, _ in words[place : place + RUN])
            if tells(run):
                known.setdefault(run, words[place][1])
    leaks = []
    for name, text in files.items():
        found = list(leaks_in(name, words_of(without_comments(text, name)), known))
        more = leaks_in(name, words_of(text), known)
        found += [leak for leak in more if not any(other.line <= leak.line <= other.last for other in found)]
        leaks += sorted(found, key=lambda leak: leak.line)
    return leaks


def leaks_in(name, words, known):
    """The longest runs of known ones."""
    starts = [place for place in range(len(words) - RUN + 1) if text_of(words[place : place + RUN]) in known]
    while starts:
        length = next((k for k, start in enumerate(starts) if start != starts[0] + k), len(starts))
        piece = words[starts[0] : starts[0] + length - 1 + RUN]
        yield Leak(name, piece[0][1], piece[-1][1], " ".join(text_of(piece)), known[text_of(piece[:RUN])])
        starts = starts[length:]


def text_of(words):
    return tuple(word for word, _ in words)


def tells(run):
    names = {word for word in run if re.match(r"\w", word)} - ACCESS
    return len(names) >= 3 or not names | ACCESS >= set(run)


def words_of(text, first=1):
    """[(token, its line)]."""
    lines = enumerate(lines_of(text), first)
    found = ((match, number) for number, line in lines for match in WORD.finditer(ESCAPE.sub(" ", line)))
    return [('""' if match[1] else match[0], number) for match, number in found]  # match[1]: a string of nothing


def without_comments(text, name):
    """The text with blanks in place of its comments; CourseworkError for a .py file that is no Python."""
    if not name.endswith(".py") and name != "the reference":
        return re.sub(r"#.*", "", text)
    lines = lines_of(text)
    for token in tokens_of(text, name):
        if token.type == tokenize.COMMENT:
            (row, column), (_, end) = token.start, token.end
            lines[row - 1] = lines[row - 1][:column] + " " * (end - column) + lines[row - 1][end:]
    return "".join(lines)


def lines_of(text):
    """The lines as Python counts them, each with its end."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def tokens_of(text, name):
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        raise CourseworkError(f"{name} is no Python: {error}") from None
