"""Linear, Sigmoid, ReLU: what forward returns is the function, what backward(1) returns is its derivative.

Slide "Examples of derivatives".
"""

import numpy as np

from layers import Dense, ReLU, Sigmoid
from threestep.see import save_picture

linear = Dense(1)
linear.build((1,), dtype=np.float64)
linear.params["W"], linear.params["b"] = [[-0.5]], [1]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


functions = {  # a layer, the formula of g, the formula of g'
    "Linear": (linear, lambda x: -0.5 * x + 1, lambda x: -0.5 + 0 * x),
    "Sigmoid": (Sigmoid(), sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "ReLU": (ReLU(), lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
}


def value_and_slope(layer, x):
    y = layer.forward(x)
    return y, layer.backward(np.ones_like(y))


x = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])[:, None]  # five examples of one number each
found = {name: value_and_slope(layer, x) for name, (layer, _, _) in functions.items()}
off = {
    name: max(abs(found[name][0] - g(x)).max(), abs(found[name][1] - dg(x)).max())
    for name, (_, g, dg) in functions.items()
}

print("            " + "".join(f"{name:<22}" for name in functions))
print("    x     " + "g(x)      g'(x)       " * len(functions))
for i in range(len(x)):
    print(f"{x[i, 0]:5.0f}" + "".join(f"{y[i, 0]:10.4f}{slope[i, 0]:10.4f}  " for y, slope in found.values()))
print("off by" + "".join(f"{value:14.0e}        " for value in off.values()).rstrip())


def draw(figure):
    grid, h = np.linspace(-4, 4, 321)[:, None], np.array([-1.0, 1.0])
    for axes, (name, (layer, _, _)) in zip(figure.subplots(1, 3), functions.items(), strict=True):
        y, slope = value_and_slope(layer, grid)
        axes.plot(grid, y, linewidth=3, alpha=0.5, label="g(x)")
        axes.plot(grid, slope, "--", label="its slope g'(x)")
        for place in (60, 200, 280):
            tangent = y[place] + slope[place] * h
            axes.plot(grid[place] + h, tangent, "k-", linewidth=1, label="tangents" if place == 60 else None)
            axes.plot(grid[place], y[place], "k.")
        axes.set(title=name, xlabel="x")
        axes.legend()


save_picture("03_derivatives.png", draw, size=(10, 3.2))
