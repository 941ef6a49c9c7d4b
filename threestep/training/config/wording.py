"""How messages speak of values: a constructor's "lr expected a number, got 'ten'" in the words of YAML."""

import json
import re

from .loader import read_text

REFUSAL = re.compile(r"(?:[A-Z]\w*: )?([\w.]+)((?:\[\d+\])*) expected (.+?), got (.*)", re.DOTALL)
SUBJECT = re.compile(r"(?:[A-Z]\w*: )?(\w*)")  # what a refusal in other words starts with: an argument, most often
ANY_NUMBER = re.compile(r"^(a (?:whole )?number)\b(?:(?!, or ).)*")  # without its range
YES_AND_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def words(value, written=None):
    """A value in words: text "ten", true, nothing, a list; a number as it is written."""
    if isinstance(value, str):
        return "text " + json.dumps(value if len(value) <= 60 else value[:60] + "...", ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        listed = json.dumps(value, default=str)
        return f"the list {listed}" if len(listed) <= 60 else "a list"
    if isinstance(value, dict):
        return "keys with values"
    return "nothing" if value is None else str(value).lower() if isinstance(value, bool) else written or repr(value)


def listed(names):
    """a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def must_be(name, expected, value, written=None, more=""):
    """`lr must be a number, got text "ten".`; the range is left out where the value is no number at all."""
    if isinstance(value, bool) or not isinstance(value, (int, float, list)):
        expected = ANY_NUMBER.sub(r"\1", expected)
    ending = more if more.endswith((".", "?")) else f"{more}."
    return f"{name} must be {expected}, got {words(value, written)}{ending}{advice(value, expected)}"


def advice(value, expected):
    """What to write instead of text that looks like Python or YAML 1.1."""
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if "true or false" in expected and text.lower() in YES_AND_NO:
        return f" Write {YES_AND_NO[text.lower()]}."
    if re.fullmatch(r"\(\s*[-\d.]+\s*(,\s*[-\d.]+\s*)*,?\s*\)", text):
        return f" Write [{text[1:-1].strip().rstrip(',')}]."
    if text == "None":
        return " Write null."
    try:
        plain = read_text(text)
    except ValueError:  # such as .nan
        return ""
    return "" if not text or isinstance(plain, str) else f" Write {text}, without quotes."
