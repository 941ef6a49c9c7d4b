"""The derivative as a linear approximation: f(x + h) is f(x) + <f'(x), h>, up to a remainder that falls faster than h.

Slides "Function approximation", "Multivariate function" and "Differentiable function at x".
"""

import numpy as np

from layers import Dense, Sequential, Tanh
from losses import MSE
from threestep.checks import taylor_test
from threestep.see import save_picture

# One input, one output: sin and its tangent at a
a, steps = 0.5, 10.0 ** -np.arange(4)
remainders = np.sin(a + steps) - (np.sin(a) + np.cos(a) * steps)
print("f = sin, a = 0.5:   f(a + h)   f(a) + f'(a) h   remainder   remainder / h^2")
for h, remainder in zip(steps, remainders, strict=True):
    tangent = np.sin(a) + np.cos(a) * h
    print(f"h = {h:<5g} {np.sin(a + h):18.6f}{tangent:17.6f}{remainder:12.2e}{remainder / h**2:18.3f}")

# n inputs, one output: the loss as a function of all parameters of a network
rng = np.random.default_rng(0)
model = Sequential(Dense(8), Tanh(), Dense(1))
model.build((3,), rng, dtype=np.float64)  # small differences need more digits than float32 has
criterion, data, target = MSE(), rng.normal(size=(20, 3)), rng.normal(size=(20, 1))


def loss_at(theta):
    model.theta = theta
    return criterion.forward(model.forward(data), target)


theta = model.theta.copy()
loss_at(theta)  # forward
model.backward(criterion.backward())
model.update()
gradient = model.gradient.copy()  # n partial derivatives

right = taylor_test(loss_at, theta, gradient)
wrong = taylor_test(loss_at, theta, 0.9 * gradient)
print(f"\na network's loss l, {theta.size} parameters, a step h in a random direction; order k: falls as |h|^k")
print("change: |l(theta + h) - l(theta)|; remainder: what is left of it after <gradient, h>")
print(f"\nwith the gradient from backward and update: {right}")
print(f"\nwith a gradient that is 10 % too short: {wrong}")


# The picture
def draw(figure):
    one, many = figure.subplots(1, 2)  # inputs
    h = np.linspace(-2, 2)
    one.plot(a + h, np.sin(a + h), label="f(a + h)")
    one.plot(a + h, np.sin(a) + np.cos(a) * h, label="f(a) + f'(a) h")
    one.fill_between(a + h, np.sin(a + h), np.sin(a) + np.cos(a) * h, color="0.9", label="remainder")
    one.plot(a, np.sin(a), "ko")
    one.set(title="sin and its tangent at a = 0.5", xlabel="a + h", ylim=(-1.5, 2))
    one.legend()
    many.loglog(right.steps, right.changes, "o-", label="no gradient: |l(θ + h) - l(θ)| falls as h")
    many.loglog(wrong.steps, wrong.remainders, "o-", label="gradient 10 % too short: falls as h")
    many.loglog(right.steps, right.remainders, "o-", label="right gradient: falls as h²")
    many.set(title="error of the linear approximation of a network's loss", xlabel="length of h", ylim=(1e-14, 30))
    many.legend(loc="upper left")


save_picture("02_linear_approximation.png", draw, size=(11, 4.2))
