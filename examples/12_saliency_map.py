"""A saliency map: how much the score of a class depends on each pixel, from one forward and one backward.

Slide "Saliency map", after Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", arXiv:1312.6034.
"""

import numpy as np

from layers import Dense, Flatten, ReLU, Sequential, Softmax
from losses import CrossEntropy
from optim import Adam
from threestep.data import Digits
from threestep.see import class_score, input_gradient, save_picture, show_image
from threestep.training import fit

data = Digits()
model = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
fit(model, CrossEntropy(), Adam(lr=0.01), *data.train, epochs=30, l2=3e-3)  # l2 quiets pixels that say nothing
x, y = data.test

scores = model.eval().forward(x)
labels = scores.argmax(axis=1)  # what the network takes each image for
_, dx = input_gradient(model, x, class_score(labels))  # ds/dx, s the score of that class
saliency = abs(dx)


def probability(images):
    """The mean probability that the network gives to its first answers."""
    return Softmax().forward(model.forward(images))[np.arange(len(x)), labels].mean()


def loss_without(order):
    """How much probability is lost without six of the 64 pixels of each image, the last in this order."""
    images = x.reshape(len(x), 64).copy()
    for image, places in zip(images, order.reshape(len(x), 64).argsort(axis=1), strict=True):
        image[places[-6:]] = 0
    return probability(x) - probability(images.reshape(x.shape))


chance = np.random.default_rng(0).random(x.shape)
lost = {
    "six by chance": loss_without(chance),
    "six inked ones by chance": loss_without(chance * (x > 0)),
    "the six darkest": loss_without(x),
    "the six most salient, |ds/dx|": loss_without(saliency),
    "the six largest x ds/dx": loss_without(x * dx),  # the linear approximation of what removing a pixel does
}
print(f"the network gives its answers a probability of {probability(x):.3f}; without some pixels it is less by")
for pixels, value in lost.items():
    print(f"{pixels:<32}{value:.3f}")

# The picture: a column for each digit
untrained = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
untrained.build(x.shape[1:], rng=1)
control = abs(input_gradient(untrained, x, class_score(labels))[1])
shown = [np.flatnonzero((labels == digit) & (y == digit))[0] for digit in range(10)]


def draw(figure):
    rows = figure.subplots(4, 10)
    for column, i in enumerate(shown):
        show_image(rows[0, column], x[i], f'"{labels[i]}"\nscore {scores[i].max():.1f}')
        show_image(rows[1, column], saliency[i] / saliency[shown].max())
        show_image(rows[2, column], x[i] * dx[i], scale=abs(x * dx)[shown].max())
        show_image(rows[3, column], control[i] / control[shown].max())
    for row, name in zip(rows, ("image", "|ds/dx|", "x ds/dx\nblue > 0", "untrained\n|ds/dx|"), strict=True):
        row[0].set_ylabel(name)


save_picture("12_saliency_map.png", draw, size=(11, 5))
