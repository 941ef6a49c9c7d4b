"""YAML text -> plain values, strictly, and where in the text each of them stands."""

import re
from codecs import BOM_UTF8
from math import inf, isfinite

import yaml

from ..errors import ConfigError
from .places import Place, Places, Source, Spot

MAX_BYTES, MAX_NODES, MAX_DEPTH, MAX_DIGITS = 16_000, 1_500, 40, 100
CONSTANTS = dict.fromkeys(("", "~", "null", "Null", "NULL")) | {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
THOUSANDS = re.compile(r"[0-9][0-9.]*")
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines
NO_TEXT = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INDENT = re.compile(r"^ *([\t\xa0])[ \t\xa0]*[^\s#]", re.MULTILINE)  # by what looks like spaces

PLAIN = {  # how PyYAML starts what it says of the commonest mistakes: the same in plain words
    "mapping values are not": "this ':' belongs to no key: look for wrong indentation, a ':' without a space, quotes",
    "sequence entries are not": "a list starts on a line of its own, or is written [a, b]",
    "could not find expected ':'": "this needs a key, a ':' and a space",
    "expected <block end>": "this continues nothing: look for wrong indentation, a quote or a bracket too many",
    "expected ',' or ']'": "expected ',' or ']' here",
    "expected ',' or '}'": "expected ',' or '}' here",
    "expected the node content": "expected a value here",
    "found character '\\t'": "tab used between words; YAML needs spaces",
    "found character": "text that starts with this character needs quotes",
    "found unexpected end of stream": "the quote that opens here is never closed",
    "found unknown escape": "within double quotes \\ has a meaning of its own: write \\\\, or use single quotes",
    "but found another document": "a second document starts here, and a config is one",
}
AT_START = ("could not find", "found unexpected end")  # what is missing is told where it begins, not where it is missed


class Loader(yaml.SafeLoader):
    """Nodes without anchors and tags, neither too deep nor too many."""

    depth = nodes = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise refusal("anchors (&) and aliases (*) are not used here", event)
        if getattr(event, "tag", None) is not None:
            raise refusal("tags (!) are not used here", event)
        self.depth, self.nodes = self.depth + 1, self.nodes + 1
        if self.depth > MAX_DEPTH:
            raise refusal(f"more than {MAX_DEPTH} levels deep", event)
        if self.nodes > MAX_NODES:
            raise refusal(f"more than {MAX_NODES} values", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_yaml(text, name, rank=0, start=0):
    """(the value, its Places) of a YAML text or its UTF-8 bytes, from the character `start` on.

    name: what messages call the text; rank: its place among those that messages point into.
    Raises ConfigError with line and column where it is none, or is larger than MAX_BYTES.
    """
    text, wrong = decoded(text)
    source = Source(name, LINE_END.split(text))
    if wrong:
        before = LINE_END.split(text[: wrong[1]])
        raise ConfigError(wrong[0], Place(rank, len(before) - 1, len(before[-1]), source))

    def place(mark):
        return Place(rank, mark.line, mark.column + start * (mark.line == 0), source)

    loader, places = Loader(text[start:]), Places()
    try:
        node = loader.get_single_node()
        value = None if node is None else read_node(node, (), None, places, place)
    except yaml.MarkedYAMLError as error:
        what = error.problem or error.context
        mark = error.context_mark if what.startswith(AT_START) else error.problem_mark
        told = f"{what} ({error.context})" if error.context else what
        told = next((plain for start, plain in PLAIN.items() if what.startswith(start)), told)
        raise ConfigError(f"{told}.", place(mark or error.problem_mark or error.context_mark)) from None
    except (ValueError, OverflowError):  # of an escape such as "\UFFFFFFFF"
        raise ConfigError("there is no character of this number.", place(loader.get_mark())) from None
    places.setdefault((), Spot(None, Place(rank, 0, start, source), None))
    return value, places


def decoded(source):
    """(text, None), or (what can be shown of it, (what is wrong, at which character))."""
    if len(source) > MAX_BYTES:
        return "", (f"a config has at most {MAX_BYTES:,} bytes, and this is larger.", 0)
    try:
        text = source if isinstance(source, str) else source.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        wrong = f"the byte 0x{error.object[error.start]:02x} is no UTF-8 text: save the file as UTF-8."
        return error.object.decode(errors="replace"), (wrong, len(before))
    if wrong := NO_TEXT.search(text):
        return text, (f"the character U+{ord(wrong[0]):04X} is not allowed here.", wrong.start())
    if wrong := INDENT.search(text):
        sign = "tab" if wrong[1] == "\t" else "no-break space (U+00A0)"
        return text, (f"{sign} used for indentation; YAML needs spaces.", wrong.start(1))
    return text, None


def read_node(node, path, key, places, place):
    """The plain value of a node, after its Places, and those of what is in it, have been noted."""
    scalar = isinstance(node, yaml.ScalarNode)
    places[path] = Spot(key and place(key.start_mark), place(node.start_mark), node.value if scalar else None)
    if scalar:
        return read_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [read_node(inner, (*path, i), None, places, place) for i, inner in enumerate(node.value)]
    found = {}
    for key, inner in entries(node):
        name = read_scalar(key) if isinstance(key, yaml.ScalarNode) else None
        if key.value == "<<" and key.style is None:
            raise refusal("merge keys (<<) are not used here", key)
        if not isinstance(name, str):
            advice = f", got {key.value or 'nothing'}: put it in quotes" if isinstance(key, yaml.ScalarNode) else ""
            raise refusal(f"a key must be text{advice}", key)
        if name in found:
            raise refusal(f"{name!r} given twice (first at line {places[(*path, name)].key.line + 1})", key)
        found[name] = read_node(inner, (*path, name), key, places, place)
    return found


def entries(node):
    """The (key, value) nodes of a mapping; what {lr: 1,000} and {size: (3, 3)} split at the comma is one text again."""
    pairs = []
    for key, value in node.value:
        last = pairs[-1][1] if pairs else None
        plain = all(isinstance(part, yaml.ScalarNode) and part.style is None for part in (last, key, value))
        gap = key.start_mark.index - last.end_mark.index - 1 if plain else 0
        opened = plain and last.value.startswith("(") and ")" not in last.value
        thousands = plain and last.value and gap == 0 and THOUSANDS.fullmatch(key.value)
        if plain and not value.value and (thousands or opened):
            text = f"{last.value},{' ' * gap}{key.value}"
            pairs[-1] = pairs[-1][0], yaml.ScalarNode(None, text, last.start_mark, key.end_mark)
        else:
            pairs.append((key, value))
    return pairs


def read_scalar(node):
    if wrong := NO_TEXT.search(node.value):  # from an escape
        raise refusal(f"the character U+{ord(wrong[0]):04X} is not allowed here", node)
    try:
        return node.value if node.style is not None else read_text(node.value)
    except ValueError as error:
        raise refusal(str(error), node) from None


def read_text(text):
    """Text without quotes as text, number, boolean or null, as the core schema of YAML 1.2 has them."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if WHOLE.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError(f"a whole number has at most {MAX_DIGITS} digits here, got {len(text)}")
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if not FLOAT.fullmatch(text):
        return text
    value = inf if text.lower().endswith((".inf", ".nan")) else float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:MAX_DIGITS]} is not a finite number")
    return value


def refusal(problem, where):
    return yaml.MarkedYAMLError(None, None, problem, where.start_mark)


def write_yaml(values):
    """The text of a config, which `read_yaml` reads as the same values."""
    return "# threestep config, format 1\n" + yaml.dump(values, Dumper=Dumper, sort_keys=False, width=120)


class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Quotes text that YAML 1.2 would read as something else, and repeats a list instead of naming it."""

    def ignore_aliases(self, data):
        return True


Dumper.add_implicit_resolver("1.2", re.compile(f"(?:{WHOLE.pattern}|{FLOAT.pattern})$"), list("-+.0123456789"))
