"""Adversarial examples: every pixel a little along the sign of its gradient, and the network is wrong.

Slide "Adversarial example", after Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples",
arXiv:1412.6572, equation in section 4.
"""

import numpy as np

from layers import Dense, Flatten, ReLU, Sequential, Softmax
from losses import CrossEntropy
from optim import Adam
from threestep.data import Digits
from threestep.see import input_gradient, loss_score, save_picture, show_image
from threestep.training import evaluate, fit

data, criterion = Digits(), CrossEntropy()
model = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
fit(model, criterion, Adam(lr=0.01), *data.train, epochs=15)
x, y = data.test  # pixels in [0, 1]

_, dx = input_gradient(model, x, loss_score(criterion, y))  # forward, and backward down to the pixels
noise = np.random.default_rng(0).choice([-1, 1], x.shape).astype(np.float32)


def error(direction, eps):
    """The share of wrong answers when every pixel has moved by eps, within [0, 1]."""
    return 1 - evaluate(model, criterion, np.clip(x + eps * direction, 0, 1), y)["accuracy"]


steps = (0, 0.05, 0.1, 0.15, 0.2, 0.25)
attacked = [error(np.sign(dx), eps) for eps in steps]
shaken = [error(noise, eps) for eps in steps]

print("error when every pixel moves by  " + "".join(f"{eps:8.2f}" for eps in steps))
print("along the sign of its gradient   " + "".join(f"{100 * value:6.1f} %" for value in attacked))
print("up or down by chance             " + "".join(f"{100 * value:6.1f} %" for value in shaken))


eps = 0.15
moved = np.clip(x + eps * np.sign(dx), 0, 1)
before, after = (Softmax().forward(model.eval().forward(images)) for images in (x, moved))  # probabilities
sure = np.where((before.argmax(axis=1) == y) & (after.argmax(axis=1) != y), before.max(axis=1) * after.max(axis=1), 0)
i = sure.argmax()  # where the network is surest, of the right answer before and of a wrong one after
answers = [f'"{p[i].argmax()}", {100 * p[i].max():.1f} % sure' for p in (before, after)]
print(f"one image: {answers[0]}; with every pixel moved by {eps}: {answers[1]}")


def draw(figure):
    a, b, c, right = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.7))
    show_image(a, x[i], "x")
    show_image(b, np.sign(dx[i]), f"{eps} sign(dl/dx)", scale=1)
    show_image(c, moved[i], f"x + {eps} sign(dl/dx)")
    for axes, text in ((a, answers[0]), (b, "blue up, orange down"), (c, answers[1])):
        axes.set_xlabel(text)
    right.plot(steps, attacked, "o-", label="along the sign of the gradient")
    right.plot(steps, shaken, "o-", label="up or down by chance")
    right.set(title="share of wrong answers", xlabel="how far every pixel moves", ylim=(0, 1.3), yticks=(0, 0.5, 1))
    right.legend(loc="upper left")


save_picture("11_adversarial_example.png", draw, size=(11, 3))
