"""Each example is short, runs, prints a table, writes its pictures, and stands in the index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))}
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
PICTURES = {script: re.findall(r'save_picture\("(\w+\.(?:png|svg))"', text) for script, text in TEXTS.items()}
SVG = [(script, name) for script, names in PICTURES.items() for name in names if name.endswith(".svg")]
PNG = [(script, name) for script, names in PICTURES.items() for name in names if name.endswith(".png")]


def test_there_are_twelve_and_the_pictures_are_theirs():
    assert [script[:2] for script in TEXTS] == [f"{number:02}" for number in range(1, 13)]
    assert sorted(path.name for path in (FOLDER / "pictures").iterdir()) == sorted(name for _, name in SVG + PNG)
    assert len(SVG) == 4 and len(PNG) == 8


@pytest.mark.parametrize("script", TEXTS)
def test_it_can_be_read_in_a_minute(script):
    assert 20 <= len(TEXTS[script].splitlines()) <= 80
    assert not re.search(r"argparse|sys\.|__main__|\btry\b|matplotlib", TEXTS[script])


@pytest.mark.parametrize("script", TEXTS)
def test_the_index_names_its_slides_and_shows_its_pictures(script):
    (section,) = (part for part in INDEX.split("\n## ") if f"[{script}.py]({script}.py)" in part)
    assert section.startswith(f"{int(script[:2])}. ")
    said = re.search(r"^Slides? (.*?)(, after |\n\n|\n?\"\"\")", TEXTS[script], re.M | re.S)[1]
    titles = re.findall(r'"([^"]+)"', " ".join(said.split()))
    listed = re.search(r"\.py\), slides? (.*)", section)[1]
    assert titles and re.findall(r'"([^"]+)"', listed) == titles
    assert re.findall(r"\(pictures/(.*?)\)", section) == PICTURES[script]


@pytest.mark.parametrize("script", TEXTS)
def test_it_prints_a_table_that_any_terminal_shows(script, run):
    assert len(run(script)["printed"].encode("ascii").splitlines()) >= 4


@pytest.mark.parametrize(("script", "name"), SVG)
def test_a_graphs_picture_is_the_committed_one(script, name, run):
    it = run(script)
    assert (it["folder"] / "pictures" / name).read_bytes() == (FOLDER / "pictures" / name).read_bytes()
    assert f"picture: {Path('pictures', name)}" in it["printed"]


@pytest.mark.parametrize(("script", "name"), PNG)
def test_a_plot_is_written_and_as_large_as_the_committed_one(script, name, run):
    pytest.importorskip("matplotlib", reason="the picture needs the extra plots: pip install -e '.[plots]'")
    written, committed = ((folder / "pictures" / name).read_bytes() for folder in (run(script)["folder"], FOLDER))
    assert written[:8] == committed[:8] == b"\x89PNG\r\n\x1a\n"
    assert written[16:24] == committed[16:24]  # width and height


@pytest.mark.parametrize("script", TEXTS)
def test_it_writes_its_pictures_and_no_other_file(script, run):
    if PICTURES[script] and PICTURES[script][0].endswith(".png"):
        pytest.importorskip("matplotlib", reason="the picture needs the extra plots: pip install -e '.[plots]'")
    folder = run(script)["folder"]
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == PICTURES[script]
