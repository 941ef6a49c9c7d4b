"""Numbers and names as short text."""

import numpy as np
import pytest

from threestep.see.words import addition, count, count_flops, entries, width_of, written


def test_counts():
    assert [count(n, "parameter") for n in (0, 1, 1234567)] == ["0 parameters", "1 parameter", "1,234,567 parameters"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1 FLOP"),
        (9_999, "9,999 FLOPs"),
        (10_000, "10.0 k FLOPs"),
        (31_360, "31.4 k FLOPs"),
        (999_949, "999.9 k FLOPs"),
        (999_950, "1.0 M FLOPs"),
        (2_140_000, "2.1 M FLOPs"),
        (5 * 10**22, "50,000.0 E FLOPs"),
    ],
)
def test_flops(number, text):
    assert count_flops(number) == text


def test_entries():
    assert entries(np.array([[0.25]])) == "0.25"
    assert entries(np.array([[1 / 3, -2, -0.0]])) == "[0.3333, -2, 0]"
    assert entries(np.array([[3.0, -4], [0, 0]])) == "rms 2.5"
    assert entries(np.full(4, 1e300)) == "rms 1e+300" and entries(np.float32([np.nan])) == "nan"


def test_a_sum_is_written_out_where_it_is_short():
    one, two, long = np.array([[0.3]]), np.array([[-0.45]]), np.array([[1 / 3, 1 / 7, 1 / 9]])
    assert addition([one, two]) == "0.3 + (-0.45) = -0.15" and addition([two, one]) == "-0.45 + 0.3 = -0.15"
    assert addition([long, long]) == "\u03a3 = [0.6667, 0.2857, 0.2222]"
    assert addition([np.ones(4), np.ones(4)]) == "\u03a3 = rms 2"


def test_widths_leave_room_for_wide_letters():
    assert width_of("WW", 10) > 18 and width_of("層", 10) >= 10 and width_of("a", 10, bold=True) > width_of("a", 10)


def test_text_is_safe_in_xml():
    assert written('<a & "b">') == "&lt;a &amp; &quot;b&quot;&gt;"
    assert written("a\x00b\ud800") == "a\ufffdb\ufffd"
