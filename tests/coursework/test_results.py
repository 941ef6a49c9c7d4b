"""The plain result: sums that are exact, items that are not graded yet, files that are whole, what students may see."""

import json
from types import SimpleNamespace

import pytest

from threestep.coursework import results
from threestep.coursework.errors import CourseworkError
from threestep.coursework.results import (
    add_points,
    close_item,
    open_result,
    plain,
    read_result,
    shown,
    split_points,
    table,
    write_result,
)

LAYER = {"forward": 30, "backward": 25, "update": 25, "contract": 20}


def item(name="Dense", points=16, visibility="visible", checks=LAYER):
    return SimpleNamespace(name=name, points=points, visibility=visibility, checks=checks)


def opened(*items):
    return open_result("hw1", "hw1.py", items)


def test_a_check_gets_its_share_of_the_points():
    assert split_points(16, LAYER) == {"forward": 4.8, "backward": 4.0, "update": 4.0, "contract": 3.2}


@pytest.mark.parametrize("points", [0.01, 0.02, 1, 3.33, 7, 10, 16.67, 99.99, 100])
@pytest.mark.parametrize(
    "shares", [LAYER, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 2, "c": 4, "d": 8}, {"answers": 100}]
)
def test_shares_sum_to_the_points_to_the_hundredth(points, shares):
    split = split_points(points, shares)
    assert sum(round(value * 100) for value in split.values()) == round(points * 100)
    assert all(value * 100 == pytest.approx(round(value * 100), abs=1e-9) for value in split.values())


def test_the_largest_remainders_are_rounded_up():
    assert split_points(1, {"a": 1, "b": 1, "c": 1}) == {"a": 0.34, "b": 0.33, "c": 0.33}


@pytest.mark.parametrize("points", [-1, 0.005, float("nan"), float("inf")])
def test_points_that_are_none_are_refused(points):
    with pytest.raises(CourseworkError, match="points expected 0 or more with at most two decimals"):
        split_points(points, LAYER)


def test_sums_are_exact_where_floats_are_not():
    assert sum([0.1] * 3) != 0.3
    assert add_points([0.1] * 3) == 0.3


def test_everything_right_is_exactly_max_score():
    items = [item(f"item {k}", 100 / 8 if k < 4 else 16.67, checks={"a": 1, "b": 1, "c": 1}) for k in range(7)]
    result = opened(*items)
    for one in items:
        close_item(result, one, {"a": True, "b": True, "c": True})
    assert result["score"] == result["max_score"] == 100.01
    assert [entry["score"] == entry["max_score"] for entry in result["items"]] == [True] * 7


def test_an_item_scores_the_sum_of_its_checks():
    dense = item()
    result = opened(dense, item("ReLU", 4))
    close_item(result, dense, {"forward": True, "contract": True, "update": False}, seconds=1.25, message="update: ...")
    first, second = result["items"]
    assert (first["score"], first["status"], first["seconds"]) == (8.0, "failed", 1.25)
    assert [(check["name"], check["ok"]) for check in first["checks"]] == [
        ("forward", True),
        ("backward", False),  # what was not said to be right is not
        ("update", False),
        ("contract", True),
    ]
    assert (second["score"], second["status"]) == (0.0, "pending")
    assert (result["score"], result["max_score"], result["seconds"]) == (8.0, 20.0, 1.25)


def test_an_item_closed_again_counts_once():
    dense = item()
    result = opened(dense)
    close_item(result, dense, dict.fromkeys(LAYER, True))
    close_item(result, dense, {}, error=True)
    assert (result["score"], result["items"][0]["status"]) == (0.0, "error")


def test_a_result_comes_back_from_its_file(tmp_path):
    dense = item()
    result = opened(dense)
    finding = {"step": "update", "bug": None, "locate": "dW wrong"}
    close_item(result, dense, {"forward": True}, findings=[finding], message="é\r\nx\x00\ud800", output="\x1b[31m")
    write_result(tmp_path / "result.json", result)
    back = read_result(tmp_path / "result.json")
    assert back == result
    assert (back["items"][0]["message"], back["items"][0]["output"]) == ("é\nx??", "?[31m")
    assert b"\r" not in (tmp_path / "result.json").read_bytes()


def test_a_file_is_never_half_written(tmp_path):
    result = opened(item())
    write_result(tmp_path / "result.json", result)
    before = (tmp_path / "result.json").read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_result(tmp_path / "result.json", {**result, "score": float("nan")})
    assert (tmp_path / "result.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no result of threestep: it is not JSON"),
        ("[" * 100_000, "is no result of threestep"),
        ("[1]", "got list"),
        ('{"tests": []}', "expected 'threestep-grade', version 1, got (None, None)"),
        ('{"format": "threestep-grade", "version": 2}', "got ('threestep-grade', 2)"),
        ('{"format": "threestep-grade", "version": 1}', "'assignment' expected str, got NoneType"),
    ],
)
def test_what_is_no_result_is_told(tmp_path, text, told):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(CourseworkError) as error:
        read_result(tmp_path / "other.json")
    assert told in str(error.value) and "other.json" in str(error.value)


def test_a_part_of_another_type_is_told(tmp_path):
    dense = item()
    result = opened(dense)
    close_item(result, dense, {})
    for path, key, told in (
        (result["items"][0]["checks"][0], "ok", "check 'ok' expected bool, got str"),
        (result["items"][0], "score", "item 'score' expected float, got str"),
    ):
        kept, path[key] = path[key], "yes"
        (tmp_path / "result.json").write_text(json.dumps(result))
        with pytest.raises(CourseworkError, match=told):
            read_result(tmp_path / "result.json")
        path[key] = kept


def test_students_see_of_hidden_items_their_points_alone():
    items = [item(), item("Trap", 4, "hidden"), item("Later", 5.5, "after_due_date")]
    result = opened(*items)
    for one in items:
        close_item(result, one, {"forward": True}, message=f"the secret of {one.name}", findings=[{"step": "update"}])
    dense, rest = shown(result)
    assert dense == result["items"][0]
    assert (rest["name"], rest["score"], rest["max_score"], rest["status"]) == ("hidden tests", 2.85, 9.5, "failed")
    assert not any(word in json.dumps(rest) for word in ("Trap", "Later", "secret", "update"))
    assert add_points(one["score"] for one in shown(result)) == result["score"]


@pytest.mark.parametrize(("states", "told"), [("pe", "error"), ("pf", "failed"), ("pp", "passed"), ("p", "pending")])
def test_hidden_items_together_are_as_bad_as_the_worst(states, told):
    items = [item("a", visibility="hidden"), item("b", visibility="hidden")]
    result = opened(*items)
    for one, state in zip(items, states, strict=False):
        close_item(result, one, dict.fromkeys(LAYER, state == "p"), error=state == "e")
    assert [one["status"] for one in shown(result)] == [told]


def test_the_table_has_a_line_for_each_item_and_its_message_below():
    dense, relu = item(), item("ReLU", 4, checks={"forward": 1, "backward": 1})
    result = opened(dense, relu)
    close_item(result, dense, {"forward": True, "backward": True}, message="update: dW wrong\n  = expected / 5")
    assert table(result["items"]).splitlines() == [
        "Dense  forward ok   backward ok   update FAIL   contract FAIL  8.8/16",
        "  update: dW wrong",
        "    = expected / 5",
        "ReLU   pending                                                 0/4",
        f"  {results.PENDING}",
        "total                                                          8.8/20",
    ]


def test_text_steers_no_terminal():
    assert plain("a\r\nb\t\x1b[2J\x9b2J\u202e\u2028\ud800é") == "a\nb\t?[2J?2J???é"
