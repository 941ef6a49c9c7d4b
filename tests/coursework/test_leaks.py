"""What of a solution can be read elsewhere."""

import pytest

from threestep.coursework.errors import CourseworkError
from threestep.coursework.leaks import find_leaks

REFERENCE = """\
def forward(self, x):
    self.x = x  # kept for the third of the steps, which comes later on
    W = self.params["W"]
    rate = 1e-12
    self.e = np.exp(x - x.max())
    return self.e / (self.e.sum() + rate)
"""


def found(text, name="README.md", reference=REFERENCE):
    return [(leak.line, leak.words, leak.source) for leak in find_leaks(reference, [(2, 6)], {name: text})]


def test_eight_tokens_are_a_leak_and_seven_are_none():
    assert found("e = np.exp(x -") == [(1, "e = np . exp ( x -", 5)]
    assert found("e = np.exp(x +") == []


def test_a_leak_is_told_once_and_whole():
    (leak,) = found("so\n\n`self.e = np.exp(x - x.max())`")
    assert leak == (3, "self . e = np . exp ( x - x . max ( ) )", 5)


@pytest.mark.parametrize(
    "text",
    [
        "self.e=np.exp( x-x.max( ))",
        "self.e = np.exp(  # note\n    x - x.max())",
        "# self.e = np.exp(x - x.max())",
        "# self.e =\n# np.exp(x -\n# x.max())",
        '"""self.e = np.exp(x - x.max())"""',
        '{"source": "self.e =\\nnp.exp(x -\\nx.max())"}',
        "`self.e = np.exp(x - x.max())`",
        "key: self.e = np.exp(x - x.max())",
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.yaml", "a.ipynb"])
def test_neither_blanks_nor_comments_nor_quotes_hide_a_piece(text, name):
    assert len(found(text, name)) == 1


def test_neither_do_they_in_python():
    text = (
        'y = 1\n"""self.e = np.exp(x - x.max())"""\nself.e = np.exp(  # note\n    x - x.max())\n'
        "#self.e = np.exp(x - x.max())\n"
    )
    assert [line for line, *_ in found(text, "a.py")] == [2, 3, 5]


def test_quotes_of_either_kind_are_the_same():
    reference = 'def f(x):\n    a = 1\n    return x.join([" ", "one", ""], sep="two")\n\n\n'
    assert len(found("x.join([' ', 'one', ''], sep='two')", reference=reference)) == 1


def test_a_number_is_one_token():
    assert found("rate = 1e-12 self . e") == []
    assert found("rate = 1e-12 self . e = np") == [(1, "rate = 1e-12 self . e = np", 4)]


def test_what_says_only_where_something_is_kept_is_no_leak():
    assert found('W = self.params["W"]') == []
    assert found('x = x\nW = self.params["W"]') == [(1, "x = x W = self . params [ W", 2)]  # three names


def test_comments_of_a_solution_are_no_secret():
    assert found("kept for the third of the steps, which comes later on") == []


def test_a_piece_over_the_end_of_a_region_is_none():
    reference = "def f(a, b):\n    c = a * b\n    d = c + 1\n    return g(c, d, a, b, 5)\n"
    assert find_leaks(reference, [(2, 2), (3, 3)], {"a.md": "c = a * b d = c + 1"}) == []
    assert len(find_leaks(reference, [(2, 3)], {"a.md": "c = a * b d = c + 1"})) == 1


def test_a_file_that_should_be_python_and_is_not_is_told():
    with pytest.raises(CourseworkError, match="a.py is no Python"):
        found("x = (", "a.py")
