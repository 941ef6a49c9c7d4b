"""Linear, Sigmoid, ReLU of one number: forward returns the function, backward(1) returns its derivative.

Slide "Examples of derivatives".
"""

import numpy as np

from layers import Dense, ReLU, Sigmoid
from threestep.see import save_picture

linear = Dense(1)
linear.build((1,), dtype=np.float64)
linear.params["W"], linear.params["b"] = [[-0.5]], [1]


def value_and_derivative(layer, x):
    y = layer.forward(x)
    return y, layer.backward(np.ones_like(y))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


x = np.array([[-3.0], [-1.0], [0.0], [1.0], [3.0]])  # five examples of one number
functions = [  # a layer, and the slide's formula of its derivative
    ("Linear, -0.5 x + 1", linear, lambda x: np.full_like(x, -0.5)),
    ("Sigmoid", Sigmoid(), lambda x: sigmoid(x) * (1 - sigmoid(x))),
    ("ReLU", ReLU(), lambda x: np.where(x > 0, 1.0, 0.0)),
]
slopes = {}
for name, layer, formula in functions:
    y, slopes[name] = value_and_derivative(layer, x)
    print(f"{name}\n    x    g(x)   g'(x) by backward   by the formula")
    for row in zip(x[:, 0], y[:, 0], slopes[name][:, 0], formula(x)[:, 0], strict=True):
        print("{:5.0f}{:8.4f}{:20.4f}{:17.4f}".format(*row))


# The picture
def draw(figure):
    grid = np.linspace(-4, 4, 401)[:, None]
    for axes, (name, layer, _) in zip(figure.subplots(1, 3), functions, strict=True):
        y, slope = value_and_derivative(layer, grid)
        axes.plot(grid, y, linewidth=3, alpha=0.5, label="g(x)")
        axes.plot(grid, slope, "--", label="its derivative g'(x)")
        for a in (-2.5, 1.0, 3.0):
            y, slope = value_and_derivative(layer, np.array([[a]]))
            h = np.array([-0.9, 0.9])
            axes.plot(a + h, y[0] + slope[0] * h, "k-", linewidth=1, label="tangents" if a == 1 else None)
            axes.plot(a, y[0], "k.")
        axes.set(title=name, xlabel="x")
        axes.legend()


save_picture("03_derivatives.png", draw, size=(11, 3.4))
