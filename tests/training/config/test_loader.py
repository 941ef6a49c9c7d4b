"""The strict loader: YAML 1.2's scalars, what it refuses and where, where values stand."""

import pytest
import yaml

from threestep.training import ConfigError
from threestep.training.config.loader import MAX_BYTES, read_yaml, write_yaml


def read(text):
    return read_yaml(text, "c.yaml")[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("1e-3", 1e-3), ("-2E5", -2e5), ("1.5e3", 1500.0), (".5e1", 5.0), ("3", 3), ("0.1", 0.1), ("1.", 1.0)],
        *[("010", 10), ("+7", 7), ("-0", 0), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"), ("1:30", "1:30")],
        *[("1e", "1e"), ("e3", "e3"), (".", "."), ("0o8", "0o8"), ("1,000", "1,000"), ("2001-01-01", "2001-01-01")],
        *[("on", "on"), ("Yes", "Yes"), ("no", "no"), ("off", "off"), ("y", "y"), ("tRue", "tRue"), ("=", "=")],
        *[("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False)],
        *[("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None), ("none", "none"), ("None", "None")],
        *[("'1'", "1"), ('"true"', "true"), ("'~'", "~"), ("|\n  1", "1"), ("9" * 100, int("9" * 100))],
    ],
)
def test_scalars_as_yaml_1_2_has_them(text, value):
    found = read(f"a: {text}")["a"]
    assert found == value and type(found) is type(value)
    again = read(write_yaml({"a": value}))["a"]
    assert again == value and type(again) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: error: 'a' given twice (first at line 1)."),
        ("a:\n\tb: 1\n", "2:1: error: tab used for indentation; YAML needs spaces."),
        ("a:\n\xa0\xa0b: 1\n", "2:1: error: no-break space (U+00A0) used for indentation; YAML needs spaces."),
        ("a:\n  b: 1\n  \tc: 1\n", "3:3: error: tab used for indentation; YAML needs spaces."),
        ("a: [1, 2\n", "2:1: error: expected ',' or ']' here."),
        ("a: {b: [1, 2}}\n", "1:13: error: expected ',' or ']' here."),
        ("a: {b: 1\nc: 3\n", "2:2: error: expected ',' or '}' here."),
        ("a: b: c\n", "1:5: error: this ':' belongs to no key: look for wrong indentation"),
        ("a: - b\n", "1:4: error: a list starts on a line of its own, or is written [a, b]."),
        ("a: 1\nlr:2\nb: 3\n", "2:1: error: this needs a key, a ':' and a space."),
        ("a:\n- b\n - c: 1\n", "3:5: error: this ':' belongs to no key"),
        ("a:\n  b: 1\n c: 2\n", "3:2: error: this continues nothing: look for wrong indentation"),
        ("a: [1]]\n", "1:7: error: this continues nothing"),
        ("a: [1,, 2]\n", "1:7: error: expected a value here."),
        ("a:\n-\tb\n", "2:2: error: tab used between words; YAML needs spaces."),
        ("a: @b\n", "1:4: error: text that starts with this character needs quotes."),
        ("a: 'b\nc: 1\n", "1:4: error: the quote that opens here is never closed."),
        ('a: "C:\\data"\n', "1:8: error: within double quotes \\ has a meaning of its own: write \\\\, or use single"),
        ('a: ["b", "\\uD800"]\n', "1:10: error: the character U+D800 is not allowed here."),
        ('{"a\\0": 1}\n', "1:2: error: the character U+0000 is not allowed here."),
        ("a: *\n", "1:5: error: expected alphabetic or numeric character, but found '\\n' (while scanning an alias)."),
        ("a: !!python/object:os.system {}\n", "1:4: error: tags (!) are not used here."),
        ("a: !!timestamp foo\n", "1:4: error: tags (!) are not used here."),
        ("? [1]\n: 2\n", "1:3: error: a key must be text."),
        ("a:\n  3: 2\n", "2:3: error: a key must be text, got 3: put it in quotes."),
        ("a: {~: 2}\n", "1:5: error: a key must be text, got ~: put it in quotes."),
        ("[" * 5000, "1:41: error: more than 40 levels deep."),
        ("a: [" + "1, " * 3_000, "1:4496: error: more than 1500 values."),
        ("a: &x [*x]\n", "1:4: error: anchors (&) and aliases (*) are not used here."),
        ("a: 1\n<<: {b: 2}\n", "2:1: error: merge keys (<<) are not used here."),
        ("a: .nan\n", "1:4: error: .nan is not a finite number."),
        ("a: [1, -.INF]\n", "1:8: error: -.INF is not a finite number."),
        ("a: 1e999\n", "1:4: error: 1e999 is not a finite number."),
        ("a: " + "9" * 5000, "1:4: error: a whole number has at most 100 digits here, got 5000."),
        ("a: 1\n---\nb: 2\n", "2:1: error: a second document starts here, and a config is one."),
        ('a: "\\UFFFFFFFF"\n', "1:7: error: there is no character of this number."),
        (b"a: 1\nb: \xff\n", "2:4: error: the byte 0xff is no UTF-8 text: save the file as UTF-8."),
        ("a: ä\n".encode("utf-16"), "1:1: error: the byte 0xff is no UTF-8 text: save the file as UTF-8."),
        (b"a: \x00\n", "1:4: error: the character U+0000 is not allowed here."),
        ("\ufeffa: 1\r\nb: \x1b\r\n".encode(), "2:4: error: the character U+001B is not allowed here."),
        (b"#" * (MAX_BYTES + 1), "1:1: error: a config has at most 16,000 bytes, and this is larger."),
    ],
)
def test_what_is_refused_has_a_place(text, message):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(f"c.yaml:{message}"), caught.value


def test_a_byte_order_mark_and_windows_lines_are_fine():
    assert read("\ufeffa: 1\r\nb:\r\n  - ä\r\n".encode()) == {"a": 1, "b": ["ä"]}


def test_what_flow_style_splits_at_a_comma_is_one_text():
    assert read("{lr: 1,000, b: 2}") == {"lr": "1,000", "b": 2}
    assert read("{lr: 1,000,000.5}") == {"lr": "1,000,000.5"}
    assert read("{size: (3, 3), b: 2}") == {"size": "(3, 3)", "b": 2}
    assert read("{a: x, b, c: }") == {"a": "x", "b": None, "c": None}
    with pytest.raises(ConfigError, match="a key must be text, got 000"):
        read("{a: 1, 000}")


def test_every_value_and_key_has_its_place():
    _, places = read_yaml("a:\n  - b: {c: [1, 2e1]}\n  - x\n", "c.yaml")
    spots = {
        ("a",): ((0, 0), (1, 2)),
        ("a", 0): (None, (1, 4)),
        ("a", 0, "b"): ((1, 4), (1, 7)),
        ("a", 0, "b", "c"): ((1, 8), (1, 11)),
        ("a", 0, "b", "c", 1): (None, (1, 15)),
        ("a", 1): (None, (2, 4)),
    }
    for path, (key, value) in spots.items():
        spot = places[path]
        assert (spot.key and (spot.key.line, spot.key.column), (spot.value.line, spot.value.column)) == (key, value)
    assert places["a", 0, "b", "c", 1].written == "2e1"


def test_what_is_written_reads_the_same_and_names_no_anchor():
    part = ["1e3", "0o17", "010", "yes", "ä\n", 1e16, 1e-7]
    text = write_yaml({"a": part, "b": part})
    assert (
        read(text) == {"a": part, "b": part} and "&" not in text and text.startswith("# threestep config, format 1\n")
    )


def test_the_loader_leaves_yamls_own_alone():
    assert yaml.safe_load("1e-3") == "1e-3" and yaml.safe_load("on") is True
    assert yaml.safe_dump("0o17") == "0o17\n...\n"
