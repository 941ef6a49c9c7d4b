"""The impact of a parameter: change it a little and see what the loss does; or one forward and one backward for all.

Slides "Module definition: dense module", "Impact of a parameter", "Cost function definition" and "Impact of all
parameters".
"""

from time import perf_counter

import numpy as np

from layers import Dense, Flatten, Sequential, Tanh
from losses import CrossEntropy
from threestep.checks import numerical_gradient
from threestep.see import save_picture

rng = np.random.default_rng(0)
model = Sequential(Flatten(), Dense(16), Tanh(), Dense(16), Tanh(), Dense(10))  # dense modules: W x + b
model.build((28, 28), rng, dtype=np.float64)
images, labels = rng.random((10, 28, 28)), np.arange(10)
criterion, theta = CrossEntropy(), model.theta.copy()
losses = []


def loss_at(place):
    """l(theta), the average over N examples: one propagation through the network."""
    model.theta = place
    losses.append(criterion.forward(model.forward(images), labels))
    return losses[-1]


start = perf_counter()
differences = numerical_gradient(loss_at, theta)  # (l(theta + e_i) - l(theta - e_i)) / 2 |e_i| for each i
slow, propagations = perf_counter() - start, len(losses)

start = perf_counter()
loss_at(theta)  # forward
model.backward(criterion.backward())
model.update()
fast, gradient = perf_counter() - start, model.gradient.copy()
apart = abs(differences - gradient).max()

print(f"{theta.size:,} parameters                   seconds")
print(f"{propagations:,} propagations          {slow:14.4f}")
print(f"forward, backward, update    {fast:14.4f}, {slow / fast:,.0f} times faster")
print(f"largest difference of the two gradients: {apart:.0e}, largest entry {abs(gradient).max():.0e}\n")

# How large a step? The error of the two quotients for the ten biases of the last layer, and the largest of them
steps = 10.0 ** -np.arange(1, 13)
one_sided, two_sided = np.zeros(12), np.zeros(12)
for k, h in enumerate(steps):
    for i in range(theta.size - 10, theta.size):
        e = np.zeros(theta.size)
        e[i] = h
        right = (loss_at(theta + e) - loss_at(theta)) / h
        both = (loss_at(theta + e) - loss_at(theta - e)) / (2 * h)
        one_sided[k] = max(one_sided[k], abs(right - gradient[i]))
        two_sided[k] = max(two_sided[k], abs(both - gradient[i]))
    print(f"step {h:.0e}   error, one-sided {one_sided[k]:.1e}   two-sided {two_sided[k]:.1e}")


# The picture
def draw(figure):
    axes = figure.subplots()
    axes.loglog(steps, one_sided, "o-", label="(l(θ + ε) - l(θ)) / ε")
    axes.loglog(steps, two_sided, "o-", label="(l(θ + ε) - l(θ - ε)) / 2ε")
    axes.annotate("rounding: as 1/ε", (2e-12, 1e-8))
    axes.annotate("truncation: as ε", (2e-5, 2e-4), ha="center")
    axes.annotate("truncation: as ε²", (3e-3, 1e-10), ha="center")
    axes.set(
        xlabel="step ε", ylabel="largest error, of ten biases", title="a difference quotient beside the derivative"
    )
    axes.legend(loc="upper center")


save_picture("07_impact_of_a_parameter.png", draw, size=(7, 4.5))
