"""A saliency map: the pixels that the score of a class depends on most, from one forward and one backward.

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
fit(model, CrossEntropy(), Adam(lr=0.01), *data.train, epochs=30, l2=3e-3)  # the penalty quiets unused pixels
x, _ = data.test

logits = model.eval().forward(x)
labels = logits.argmax(axis=1)  # what the network takes each image for
_, dx = input_gradient(model, x, class_score(labels))
saliency = abs(dx)  # (N, 8, 8, 1): how much the score changes when a pixel does


def probability(images):
    """The probability that the network gives its first answer."""
    return Softmax().forward(model.forward(images))[np.arange(len(x)), labels]


def without(order, share=0.1):
    """The images with the pixels that come last in the order set to 0."""
    images = x.reshape(len(x), -1).copy()
    removed = np.argsort(order.reshape(len(x), -1), axis=1)[:, -round(share * images.shape[1]) :]
    np.put_along_axis(images, removed, 0, axis=1)
    return images.reshape(x.shape)


before = probability(x).mean()
salient = before - probability(without(saliency)).mean()
chance = before - np.mean([probability(without(np.random.default_rng(i).random(x.shape))) for i in range(5)])
print(f"probability of the answer              {before:.3f}")
print(f"less without the top 10 % of pixels    {salient:.3f}")
print(f"less without a random 10 %             {chance:.3f}")


untrained = Sequential(Flatten(), Dense(64), ReLU(), Dense(10))
untrained.build(x.shape[1:], rng=1)
control = abs(input_gradient(untrained, x, class_score(labels))[1])


def draw(figure):
    rows = figure.subplots(3, 10)
    for digit in range(10):
        i = np.flatnonzero(labels == digit)[0]
        show_image(rows[0, digit], x[i], f'"{digit}"\nscore {logits[i, digit]:.1f}')
        show_image(rows[1, digit], saliency[i] / saliency[i].max())
        show_image(rows[2, digit], control[i] / control[i].max())
    for row, text in zip(rows, ("image", "saliency", "untrained"), strict=True):
        row[0].set_ylabel(text)


save_picture("12_saliency_map.png", draw, size=(11, 4))
