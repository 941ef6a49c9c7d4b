"""What has it learned? Curves of a run, the graph drawn, gradients with respect to the data, pictures."""

from .curves import save_curves
from .draw import draw_graph
from .gradient import class_score, input_gradient, loss_score
from .pictures import save_picture, show_image

__all__ = [
    "class_score",
    "draw_graph",
    "input_gradient",
    "loss_score",
    "save_curves",
    "save_picture",
    "show_image",
]
