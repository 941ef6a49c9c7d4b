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
predicted = scores.argmax(axis=1)  # what the network takes each image for
_, dx = input_gradient(model, x, class_score(predicted))  # ds/dx, s the score of that class
saliency = abs(dx)


def probability(images):
    """The mean probability that the network gives to its first answers."""
    return Softmax().forward(model.forward(images))[np.arange(len(x)), predicted].mean()


def drop_without(order):
    """How far the probability falls when the last six of each image's 64 pixels, in this order, are set to 0."""
    images = x.reshape(len(x), 64).copy()
    places = order.reshape(len(x), 64).argsort(axis=1)[:, -6:]
    np.put_along_axis(images, places, 0, axis=1)
    return probability(x) - probability(images.reshape(x.shape))


at_random = np.random.default_rng(0).random(x.shape)
drops = {
    "six at random": drop_without(at_random),
    "six inked ones at random": drop_without(at_random * (x > 0)),
    "the six darkest": drop_without(x),
    "the six most salient, |ds/dx|": drop_without(saliency),
    "the six largest x ds/dx": drop_without(x * dx),  # the linear approximation of the score's fall without a pixel
}
print(f"mean probability of the network's answers: {probability(x):.3f}; with six of 64 pixels set to 0 it falls by")
for pixels, value in drops.items():
    print(f"{pixels:<32}{value:.3f}")

# The picture: a column for each digit
untrained = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
untrained.build(x.shape[1:], rng=1)
control = abs(input_gradient(untrained, x, class_score(predicted))[1])
shown = [np.flatnonzero((predicted == digit) & (y == digit))[0] for digit in range(10)]


def draw(figure):
    rows = figure.subplots(4, 10)
    for column, i in enumerate(shown):
        show_image(rows[0, column], x[i], f'"{predicted[i]}"\nscore {scores[i].max():.1f}')
        show_image(rows[1, column], saliency[i] / saliency[shown].max())
        show_image(rows[2, column], x[i] * dx[i], scale=abs(x * dx)[shown].max())
        show_image(rows[3, column], control[i] / control[shown].max())
    for row, name in zip(rows, ("image", "|ds/dx|", "x ds/dx\nblue > 0", "untrained\n|ds/dx|"), strict=True):
        row[0].set_ylabel(name)


save_picture("12_saliency_map.png", draw, size=(11, 5))
