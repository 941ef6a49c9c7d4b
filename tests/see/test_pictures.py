"""Pictures: written where a reader looks for them, and a way to go on without matplotlib."""

import sys

import numpy as np
import pytest

from threestep.see import save_picture, show_image


def test_svg_text_needs_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = save_picture("a.svg", "<svg>θ</svg>")
    assert path.read_text(encoding="utf-8") == "<svg>θ</svg>"
    assert capsys.readouterr().out == f"picture: {path}\n"


def test_without_matplotlib_the_script_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert save_picture("a.png", lambda figure: pytest.fail("there is nothing to draw on")) is None
    printed = capsys.readouterr().out
    assert "a.png" in printed and "the extra plots: python -m pip install matplotlib" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a", "a.png", "a.svg/", "<svg>", "", "../a.svg", 3])
def test_a_name_for_svg_text(name):
    with pytest.raises(ValueError, match="name expected a file's name that ends in .svg, got"):
        save_picture(name, "<svg></svg>")


def test_a_picture_that_is_none():
    with pytest.raises(ValueError, match="name expected a file's name that ends in .png or .svg or .pdf, got 'a.txt'"):
        save_picture("a.txt", print)
    with pytest.raises(ValueError, match=r"got '<svg>.*\.\.\..*</svg>'"):
        save_picture("<svg>" + 1000 * " " + "</svg>", "a.svg")
    with pytest.raises(TypeError, match="picture expected SVG text or a function that draws, got a ndarray"):
        save_picture("a.png", np.eye(3))


def test_a_drawing(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="pictures need the extra plots: pip install -e '.[plots]'")
    monkeypatch.chdir(tmp_path)
    sizes = []

    def draw(figure):
        sizes.append(tuple(figure.get_size_inches()))
        left, right = figure.subplots(1, 2)
        image = np.arange(64).reshape(8, 8, 1) / 64
        show_image(left, image, "eye")
        show_image(right, np.eye(8) - 1, scale=2)
        (pixels,), (signed,) = left.get_images(), right.get_images()
        assert np.array_equal(pixels.get_array(), image[:, :, 0]) and pixels.cmap(0.0)[:3] == (1, 1, 1)
        assert left.get_title() == "eye" and pixels.get_clim() == (0, 1) and signed.get_clim() == (-2, 2)
        assert signed.cmap(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.01)
        above, below = signed.cmap(1.0), signed.cmap(0.0)
        assert above[2] > above[0] and below[0] > below[2]  # blue above 0, orange below

    path = save_picture("a.png", draw, size=(3, 2))
    assert path.read_bytes().startswith(b"\x89PNG") and sizes == [(3, 2)]
    assert save_picture("b.svg", draw).read_text(encoding="utf-8").rstrip().endswith("</svg>")
