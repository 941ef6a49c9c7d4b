"""Adversarial examples: every pixel by at most eps along the sign of its gradient, and the network is often wrong.

Slide "Adversarial example", after Goodfellow, Shlens and Szegedy, "Explaining and harnessing adversarial examples",
arXiv:1412.6572: x + eps sign(dl/dx).
"""

import numpy as np

from layers import Dense, Flatten, ReLU, Sequential, Softmax
from losses import CrossEntropy
from optim import Adam
from threestep.data import Digits
from threestep.see import input_gradient, loss_score, save_picture, show_image
from threestep.training import fit

data, criterion = Digits(), CrossEntropy()
model = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
fit(model, criterion, Adam(lr=0.01), *data.train, epochs=15)
x, y = data.test  # pixels from 0 to 1

_, dx = input_gradient(model, x, loss_score(criterion, y))  # forward, and backward down to the pixels
random_sign = np.random.default_rng(0).choice([-1, 1], x.shape).astype(np.float32)


def probabilities(images):
    return Softmax().forward(model.eval().forward(images))


def moved(direction, eps):
    """The images with every pixel moved by eps, but not out of [0, 1]."""
    return np.clip(x + eps * direction, 0, 1)


def error(images):
    """The share of wrong answers."""
    return np.mean(probabilities(images).argmax(axis=1) != y)


steps = (0, 0.05, 0.1, 0.15, 0.2, 0.25)
attacked = [error(moved(np.sign(dx), eps)) for eps in steps]
shaken = [error(moved(random_sign, eps)) for eps in steps]

print("wrong answers, eps                   ", *(f"{eps:8.2f}" for eps in steps))
print("along the sign of its gradient       ", *(f"{100 * value:6.1f} %" for value in attacked))
print("up or down at random                 ", *(f"{100 * value:6.1f} %" for value in shaken))

# The picture: of the images that are right at first and wrong after, the first one
eps = 0.15
before, after = probabilities(x), probabilities(moved(np.sign(dx), eps))
fooled = (before.argmax(axis=1) == y) & (after.argmax(axis=1) != y)
i = np.flatnonzero(fooled)[0]
print(f"eps = {eps} turns {fooled.sum()} of {(before.argmax(axis=1) == y).sum()} right answers wrong, ", end="")
print(f"of which the network then is {100 * np.median(after[fooled].max(axis=1)):.0f} % sure (median)")


def draw(figure):
    a, b, c, right = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.7))
    show_image(a, x[i], "x")
    show_image(b, eps * np.sign(dx[i]), f"{eps} sign(dl/dx)", scale=eps)
    show_image(c, moved(np.sign(dx), eps)[i], "their sum, within [0, 1]")
    a.set_xlabel(f'"{before[i].argmax()}", {100 * before[i].max():.1f} % sure')
    b.set_xlabel("blue: up, orange: down")
    c.set_xlabel(f'"{after[i].argmax()}", {100 * after[i].max():.1f} % sure')
    right.plot(steps, attacked, "o-", label="along the sign of the gradient")
    right.plot(steps, shaken, "o-", label="up or down at random")
    right.set(
        title="share of wrong answers", xlabel="eps: the most that a pixel moves", ylim=(0, 1.3), yticks=(0, 0.5, 1)
    )
    right.legend(loc="upper left")


save_picture("11_adversarial_example.png", draw, size=(11, 3))
