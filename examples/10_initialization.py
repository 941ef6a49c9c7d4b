"""Understanding initialization: what becomes of the data on its way up, and of the gradient on its way down.

Slide "Understanding parameter initialization", after Glorot and Bengio, "Understanding the difficulty of training deep
feedforward neural networks", 2010, figures 6 and 7. There is no training: one forward and one backward are enough.
"""

import numpy as np

from layers import Dense, Flatten, Sequential, Tanh
from losses import CrossEntropy
from threestep.data import Digits
from threestep.see import save_picture

images, labels = Digits().train
x = (images - images.mean()) / images.std()
depth = 5


def one_forward_one_backward(init):
    """The outputs h of the hidden layers and dl/dh, both from the lowest to the highest, for a way to start W."""
    hidden = [layer for _ in range(depth) for layer in (Dense(500, init=init), Tanh())]
    model, criterion = Sequential(Flatten(), *hidden, Dense(10, init=init)), CrossEntropy()
    model.build(x.shape[1:], rng=0)
    values = [x]
    for layer in model.layers:
        values.append(layer.forward(values[-1]))
    criterion.forward(values[-1], labels)
    gradients = [len(x) * criterion.backward()]  # of each example's own loss, without the mean's 1/N
    for layer in reversed(model.layers):
        gradients.insert(0, layer.backward(gradients[0]))
    return values[3:-1:2], gradients[3:-1:2]  # behind each Tanh


starts = ("standard", "glorot_uniform")  # U[-1/sqrt(n), 1/sqrt(n)], and U[-a, a] with a = sqrt(6 / (n_in + n_out))
found = {init: one_forward_one_backward(init) for init in starts}
spread = {init: [[array.std() for array in arrays] for arrays in both] for init, both in found.items()}

print("standard deviation      layer 1  layer 2  layer 3  layer 4  layer 5")
for row, name in enumerate(("h", "dl/dh")):
    for init in starts:
        print(f"{name:<6} {init:<15}" + "".join(f"{value:9.2g}" for value in spread[init][row]))


def draw(figure):
    axes = figure.subplots(2, 2, sharex="row", sharey="row")
    for column, init in enumerate(starts):
        for row, (name, limit) in enumerate((("outputs h", 0.8), ("gradients dl/dh", 0.12))):
            for k, array in enumerate(found[init][row]):
                share, edges = np.histogram(array, bins=81, range=(-limit, limit))
                axes[row, column].plot((edges[1:] + edges[:-1]) / 2, share / array.size, label=f"layer {k + 1}")
            axes[row, column].set(title=f"{name}, {init} start", ylabel="share of the values")
    axes[0, 0].legend()
    remarks = ("narrower going up", "keep their spread", "narrower going down", "keep their spread")
    for place, remark in zip(axes.flat, remarks, strict=True):
        place.annotate(remark, (0.05, 0.9), xycoords="axes fraction")


save_picture("10_initialization.png", draw, size=(10, 6.5))
