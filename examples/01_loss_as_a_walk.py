"""The loss as a walk: altitude and slope at each point of parameter space, and the paths of four optimizers.

Slides "Loss function" and "A walk in a million dimensions".
"""

import numpy as np

from layers import Dense, Sequential, Tanh
from losses import MSE
from optim import SGD, Adam, RMSprop
from threestep.see import save_picture

x = np.linspace(-2, 2, 41)[:, None]
y = 2 * np.tanh(1.5 * x)  # so the valleys' lowest points are (1.5, 2) and, tanh being odd, (-1.5, -2)
model = Sequential(Dense(1, bias=False), Tanh(), Dense(1, bias=False))  # y = v tanh(w x): theta is (w, v), a plane
model.build((1,), dtype=np.float64)
criterion = MSE()


def altitude(theta):
    """The loss, averaged over all examples, at a place of parameter space."""
    model.theta = theta
    return criterion.forward(model.forward(x), y)


def walk(optimizer, start=(-0.4, 1.2), steps=300):
    """The places that an optimizer passes."""
    path = [np.array(start)]
    for _ in range(steps):
        altitude(path[-1])
        model.backward(criterion.backward())
        model.update()  # the slope
        optimizer.step(model.theta, model.gradient)  # the displacement
        path.append(model.theta.copy())
    return np.array(path)


optimizers = {
    "SGD": SGD(lr=0.05),
    "SGD, momentum 0.9": SGD(lr=0.02, momentum=0.9),
    "RMSprop": RMSprop(lr=0.05),
    "Adam": Adam(lr=0.05),
}
paths = {name: walk(optimizer) for name, optimizer in optimizers.items()}

print("altitude after  0 steps        10        50       300   walked   ends at")
for name, path in paths.items():
    heights = "".join(f"{altitude(path[step]):10.2g}" for step in (0, 10, 50, 300))
    walked = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    print(f"{name:<17}{heights:>33} {walked:8.2f}   ({path[-1][0]:.2f}, {path[-1][1]:.2f})")

w, v = np.linspace(-3, 4, 101), np.linspace(-3.2, 3.2, 101)
heights = np.array([[altitude((a, b)) for a in w] for b in v])


def draw(figure):
    axes = figure.subplots()
    lines = axes.contour(
        w, v, heights, levels=(0.01, 0.03, 0.1, 0.3, 1, 2, 3, 4, 6, 8, 12, 16, 20), colors="0.7", linewidths=0.8
    )
    axes.clabel(lines, fmt="%g", fontsize=8)
    for (name, path), color in zip(paths.items(), ("tab:blue", "tab:orange", "tab:green", "tab:purple"), strict=True):
        axes.plot(*path.T, ".-", color=color, markersize=3, linewidth=1, label=name)
    axes.plot(*path[0], "ko")
    axes.annotate("start", path[0], xytext=(-12, -14), textcoords="offset points")
    axes.plot([1.5, -1.5], [2, -2], "k*", markersize=10)
    axes.annotate("lowest", (-1.5, -2), xytext=(-42, -4), textcoords="offset points")
    axes.annotate("saddle", (0, 0), ha="center")
    axes.set(xlabel="w", ylabel="v", title="mean squared error of v tanh(w x): contour lines and four walks")
    axes.legend(loc="lower right", frameon=True)


save_picture("01_loss_as_a_walk.png", draw, size=(7, 6))
