"""What has it learned? The graph drawn, gradients with respect to the data, pictures."""

from .draw import draw_graph
from .gradient import class_score, input_gradient, loss_score
from .pictures import save_picture, show_image

__all__ = ["class_score", "draw_graph", "input_gradient", "loss_score", "save_picture", "show_image"]
