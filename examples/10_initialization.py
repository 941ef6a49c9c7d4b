"""Understanding initialization: what becomes of the data on its way up, and of the gradient on its way down.

Slide "Understanding parameter initialization", after Glorot and Bengio, "Understanding the difficulty of training deep
feedforward neural networks", 2010. The slide's figure 2 follows a training; here one forward and one backward show
what its figures 6 and 7 do, before any training.
"""

from layers import Dense, Flatten, Sequential, Tanh
from losses import CrossEntropy
from threestep.data import Digits
from threestep.see import save_picture

images, labels = Digits().train
x = (images - images.mean()) / images.std()


def one_forward_one_backward(init):
    """Standard deviations, from the lowest hidden layer to the highest: of its output h, and of dl/dh."""
    hidden = [layer for _ in range(5) for layer in (Dense(500, init=init), Tanh())]
    model, criterion = Sequential(Flatten(), *hidden, Dense(10, init=init)), CrossEntropy()
    model.build(x.shape[1:], rng=0)
    up, down = [], []
    h = x
    for layer in model.layers:
        h = layer.forward(h)
        if isinstance(layer, Tanh):
            up.append(h.std())
    criterion.forward(h, labels)
    g = criterion.backward()
    for layer in reversed(model.layers):
        if isinstance(layer, Tanh):
            down.insert(0, g.std())
        g = layer.backward(g)
    return up, down


starts = {  # names that Dense knows, and how W is drawn for n inputs and m outputs
    "standard": "U(-a, a), a = 1 / sqrt(n)",
    "glorot_uniform": "U(-a, a), a = sqrt(6 / (n + m))",
}
spread = {init: one_forward_one_backward(init) for init in starts}

print("standard deviation    layer 1  layer 2  layer 3  layer 4  layer 5")
for row, name in enumerate(("h", "dl/dh")):
    for init, values in spread.items():
        print(f"{name:<6}{init:<15}", *(f"{value:8.2g}" for value in values[row]))


# The picture
def draw(figure):
    left, right = figure.subplots(1, 2)
    for init, how in starts.items():
        up, down = spread[init]
        left.semilogy(range(1, 6), up, "o-", label=f"{init}: {how}")
        right.semilogy(range(5, 0, -1), down[::-1], "o-", label=init)
    left.set(title="data on its way up: outputs h", ylim=(0.01, 2), xticks=range(1, 6))
    right.set(title="gradient on its way down: dl/dh", xlim=(5.2, 0.8), xticks=range(1, 6))
    for axes in (left, right):
        axes.set(xlabel="hidden layer", ylabel="standard deviation")
        axes.legend()


save_picture("10_initialization.png", draw, size=(10, 3.8))
