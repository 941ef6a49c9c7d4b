"""The derivative as a linear approximation: f(x + h) is f(x) + <f'(x), h>, up to a remainder that falls as h squared.

Slides "Function approximation", "Multivariate function" and "Differentiable function at x".
"""

import numpy as np

from layers import Dense, Sequential, Tanh
from losses import MSE
from threestep.checks import taylor_test
from threestep.see import save_picture

rng = np.random.default_rng(0)
model = Sequential(Dense(8), Tanh(), Dense(1))
model.build((3,), rng, dtype=np.float64)
criterion, data, target = MSE(), rng.normal(size=(20, 3)), rng.normal(size=(20, 1))


def loss_at(theta):
    """A function of n inputs with 1 output: the loss as the parameters go."""
    model.theta = theta
    return criterion.forward(model.forward(data), target)


theta = model.theta.copy()
loss_at(theta)
model.backward(criterion.backward())
model.update()
gradient = model.gradient.copy()  # n partial derivatives, one for each coordinate of theta

right = taylor_test(loss_at, theta, gradient)
wrong = taylor_test(loss_at, theta, 1.01 * gradient)
print(f"a network's loss, {theta.size} parameters, a step of length h in a random direction\n")
print(f"with the gradient of backward and update:\n{right}\n")
print(f"with a gradient that is 1 % too long:\n{wrong}\n")

a = 0.5  # one input, one output: the tangent of sin at a
h = np.linspace(-2, 2, 200)
tangent = np.sin(a) + np.cos(a) * h


def draw(figure):
    left, center = figure.subplots(1, 2)
    left.plot(a + h, np.sin(a + h), label="f(a + h)")
    left.plot(a + h, tangent, label="f(a) + f'(a) h")
    left.fill_between(a + h, np.sin(a + h), tangent, color="0.9", label="remainder")
    left.plot(a, np.sin(a), "ko")
    left.set(title="sin and its tangent at a = 0.5", xlabel="a + h", ylim=(-1.5, 2))
    left.legend()
    for label, errors in (
        ("without the gradient: falls as h", right.changes),
        ("with a gradient 1 % too long", wrong.remainders),
        ("with the gradient: falls as h²", right.remainders),
    ):
        center.loglog(right.steps, errors, "o-", label=label)
    center.set(title="what a network's loss is off by", xlabel="length of the step h")
    center.legend()


save_picture("02_linear_approximation.png", draw, size=(10, 4))
