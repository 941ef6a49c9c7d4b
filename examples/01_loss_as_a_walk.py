"""The loss as a walk: the altitude at each place of parameter space, and the paths of four optimizers down the slope.

Slides "Loss function" and "A walk in a million dimensions".
"""

import numpy as np

from layers import Dense, Sequential, Tanh
from losses import MSE
from optim import SGD, Adam, RMSprop
from threestep.see import save_picture

x = np.linspace(-2, 2, 41)[:, None]  # 41 examples of one number
y = 2 * np.tanh(1.5 * x)
model = Sequential(Dense(1, bias=False), Tanh(), Dense(1, bias=False))  # v tanh(w x): theta is (w, v), a place on a map
model.build((1,), dtype=np.float64)
criterion = MSE()


def altitude(place):
    """The loss, averaged over all examples, with these parameters."""
    model.theta = place
    return criterion.forward(model.forward(x), y)


def walk(optimizer, start=(-0.4, 1.2), steps=300):
    """The places that an optimizer passes."""
    model.theta = start
    places = [np.array(start)]
    for _ in range(steps):
        criterion.forward(model.forward(x), y)  # altitude
        model.backward(criterion.backward())
        model.update()  # slope
        optimizer.step(model.theta, model.gradient)  # displacement
        places.append(model.theta.copy())
    return np.array(places)


paths = {  # each step is taken on all examples at once, so nothing is stochastic here
    "SGD": walk(SGD(lr=0.05)),
    "SGD, momentum 0.9": walk(SGD(lr=0.02, momentum=0.9)),
    "RMSprop": walk(RMSprop(lr=0.05)),
    "Adam": walk(Adam(lr=0.05)),
}

print("altitude after       0 steps    10        50        300      ends at")
for name, path in paths.items():
    heights = [altitude(path[step]) for step in (0, 10, 50, 300)]
    print(f"{name:<20}", *(f"{height:<9.2g}" for height in heights), f"w = {path[-1][0]:.2f}, v = {path[-1][1]:.2f}")

# The picture
w, v = np.linspace(-3, 4, 101), np.linspace(-3.2, 3.2, 101)
heights = np.array([[altitude((a, b)) for a in w] for b in v])


def draw(figure):
    axes = figure.subplots()
    levels = (0.01, 0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 12, 16, 20)
    lines = axes.contour(w, v, heights, levels, colors="0.6", linewidths=0.8)
    axes.clabel(lines, levels[2:], fmt="%g")
    for name, path in paths.items():
        axes.plot(path[:, 0], path[:, 1], ".-", markersize=3, linewidth=1, label=name)
    axes.plot(-0.4, 1.2, "ko")
    axes.annotate("start", (-0.4, 1.2), xytext=(-0.75, 0.95))
    axes.plot([1.5, -1.5], [2, -2], "k*", markersize=10, label="loss 0")
    axes.plot(0, 0, "kx")
    axes.annotate("saddle", (0, 0), xytext=(0.1, 0.05))
    axes.set(xlabel="w", ylabel="v", title="altitude: the mean squared error of v tanh(w x)")
    axes.legend(loc="lower right", frameon=True, framealpha=1)


save_picture("01_loss_as_a_walk.png", draw, size=(7.5, 6))
