"""save_picture: what is seen, as a file; and how images are shown."""

import reprlib
from pathlib import Path

FOLDER = Path("pictures")
BLUE, ORANGE, GREY = "#1f6fb2", "#d9640a", "#808080"
STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "savefig.dpi": 110,
}


def save_picture(name, picture, size=(8, 4)):
    """Writes pictures/NAME in the working folder, and says so; without matplotlib, says how to get it and goes on.

    Args:
        name: the file's name, which ends in .svg for SVG text, else in .png, .svg or .pdf.
        picture: SVG text, which needs no matplotlib; or a function that draws on the matplotlib Figure it is given.
        size: the Figure's width and height in inches.

    Returns the path, or None where matplotlib is missing.

    Raises ValueError for a name without such an ending, TypeError for a picture that is neither text nor function.
    """
    text = isinstance(picture, str)
    endings = (".svg",) if text else (".png", ".svg", ".pdf")
    if not isinstance(name, str) or not name.endswith(endings) or Path(name).name != name:
        raise ValueError(f"name expected a file's name that ends in {' or '.join(endings)}, got {reprlib.repr(name)}")
    if not text and not callable(picture):
        raise TypeError(f"picture expected SVG text or a function that draws, got a {type(picture).__name__}")
    path = FOLDER / name
    if text:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(picture, encoding="utf-8")
    else:
        try:
            from matplotlib import rc_context
            from matplotlib.figure import Figure
        except ImportError:
            print(f"(no {path}: it needs matplotlib, the extra plots: python -m pip install matplotlib)")
            return None
        with rc_context(STYLE):
            figure = Figure(size, layout="constrained")
            picture(figure)
            FOLDER.mkdir(exist_ok=True)
            figure.savefig(path)
    print(f"picture: {path}")
    return path


def show_image(axes, image, title="", scale=None):
    """Shows an image, (H, W) or (H, W, 1), on matplotlib axes without ticks.

    scale: None for pixels in [0, 1], as ink on paper; for a signed image the magnitude at which the colours are
    strongest, blue above 0, orange below.
    """
    from matplotlib.colors import LinearSegmentedColormap

    if scale is None:
        axes.imshow(image.squeeze(), cmap="gray_r", vmin=0, vmax=1)
    else:
        signed = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])
        axes.imshow(image.squeeze(), cmap=signed, vmin=-scale, vmax=scale)
    axes.set(xticks=[], yticks=[], title=title)
    axes.spines[:].set(visible=True, color=GREY, linewidth=0.5)
