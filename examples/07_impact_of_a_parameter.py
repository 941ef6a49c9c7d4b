"""The impact of a parameter: change it a little, and see what the loss does; or one forward and one backward for all.

Slides "Impact of a parameter", "Cost function definition" and "Impact of all parameters".
"""

from time import perf_counter

import numpy as np

from layers import Dense, Flatten, Sequential, Tanh
from losses import CrossEntropy
from threestep.checks import numerical_gradient
from threestep.see import save_picture

rng = np.random.default_rng(0)
model = Sequential(Flatten(), Dense(16), Tanh(), Dense(16), Tanh(), Dense(10))
model.build((28, 28), rng, dtype=np.float64)
images, labels = rng.random((10, 28, 28)), np.arange(10)
criterion, theta = CrossEntropy(), model.theta.copy()
propagations = 0


def loss_at(point):
    """l(theta), the average over N examples: one propagation through the network."""
    global propagations
    propagations += 1
    model.theta = point
    return criterion.forward(model.forward(images), labels)


start = perf_counter()
differences = numerical_gradient(loss_at, theta)  # (l(theta + e_i) - l(theta - e_i)) / 2 |e_i| for each i
slow, needed = perf_counter() - start, propagations

start = perf_counter()
loss_at(theta)
model.backward(criterion.backward())
model.update()
fast, gradient = perf_counter() - start, model.gradient.copy()
apart = abs(differences - gradient).max()

print(f"{theta.size:,} parameters                  propagations     seconds")
print(f"finite differences           {needed:>10,}{slow:16.4f}")
print(f"a forward and a backward     {1 + 1:>10}{fast:16.4f}, {slow / fast:,.0f} times faster")
print(f"largest difference of the two gradients: {apart:.0e}\n")

steps = 10.0 ** -np.arange(1, 13)
last = range(theta.size - 10, theta.size)  # the ten biases of the output


def error(up, down):
    """How far the difference quotients of the last parameters are from backward's derivatives, at most."""
    quotients = []
    for i in last:
        above, below = theta.copy(), theta.copy()
        above[i] += up
        below[i] -= down
        quotients.append((loss_at(above) - loss_at(below)) / (up + down))
    return abs(quotients - gradient[last]).max()


one_sided = np.array([error(h, 0) for h in steps])
two_sided = np.array([error(h, h) for h in steps])
print("step    one-sided  two-sided: largest error for the ten biases of the output")
for h, one, two in zip(steps, one_sided, two_sided, strict=True):
    print(f"{h:.0e}  {one:9.1e}  {two:9.1e}")


def draw(figure):
    axes = figure.subplots()
    axes.loglog(steps, one_sided, "o-", label="(l(θ + ε) - l(θ)) / ε")
    axes.loglog(steps, two_sided, "o-", label="(l(θ + ε) - l(θ - ε)) / 2ε")
    axes.annotate("rounding grows\nas 1/ε", (2e-11, 1e-7), ha="center")
    axes.annotate("falls as ε", (1e-3, 1e-3), ha="center")
    axes.annotate("falls as ε²", (1e-2, 1e-8), ha="center")
    axes.set(xlabel="step ε", ylabel="error", title="The error of a difference quotient against its step")
    axes.legend(loc="upper center")


save_picture("07_impact_of_a_parameter.png", draw, size=(7, 4.5))
