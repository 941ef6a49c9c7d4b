"""Backpropagation as dynamic programming: products along every path, or one product for each edge.

Slides "Backpropagation" (Graph traversal problem; Dynamic programming).
"""

from itertools import pairwise, product
from time import perf_counter

import numpy as np

from layers import Dense, Sequential, Sigmoid
from threestep.see import save_picture


def every_path(slopes, sizes):
    """Follows each path from an input to an output; the slopes along it are multiplied, the paths of an input added."""
    gradient, paths, products = [0.0] * sizes[0], 0, 0
    for path in product(*map(range, sizes)):  # one unit of each layer
        along = 1.0
        for layer, (a, b) in enumerate(pairwise(path)):
            along *= slopes[layer][a][b]
            products += 1
        gradient[path[0]] += along
        paths += 1
    return gradient, paths, products


def every_edge(slopes, sizes):
    """Begins at the outputs: all that follows a unit has been added up by the time it is needed."""
    after, products = [1.0] * sizes[-1], 0
    for layer in reversed(slopes):
        before = [0.0] * len(layer)
        for a, edges in enumerate(layer):
            for b, slope in enumerate(edges):
                before[a] += slope * after[b]
                products += 1
        after = before
    return after, products


found = {}
print("                               every path             every edge     backward")
print("units               paths   products       ms      products     ms         ms   off by")
for sizes in [*((4,) * layers for layers in range(2, 9)), (784, 16, 16, 10)]:
    model = Sequential(*(layer for size in sizes[1:] for layer in (Dense(size), Sigmoid())))
    model.build(sizes[:1], dtype=np.float64)
    x = h = np.random.default_rng(0).normal(size=(1, sizes[0]))
    slopes = []  # slopes[layer][a][b] = dh_b / dh_a = W[b, a] sigmoid'(b), for each edge
    for dense, sigmoid in zip(model[::2], model[1::2], strict=True):
        h = sigmoid.forward(dense.forward(h))
        slopes.append((dense.params["W"].T * sigmoid.backward(np.ones_like(h))).tolist())
    model.forward(x)
    times = [perf_counter()]
    naive, paths, many = every_path(slopes, sizes)
    times.append(perf_counter())
    clever, few = every_edge(slopes, sizes)
    times.append(perf_counter())
    dx = model.backward(np.ones_like(h))[0]  # of the sum of all outputs
    times.append(perf_counter())
    off = max(abs(dx - naive).max(), abs(dx - clever).max()) / abs(dx).max()
    found[sizes] = many, few, off
    a, b, c = 1000 * np.diff(times)
    print(f"{'-'.join(map(str, sizes)):<16}{paths:>9,}{many:>11,}{a:>9.2f}{few:>14,}{b:>7.2f}{c:>11.2f}{off:>9.0e}")


def draw(figure):
    left, right = figure.subplots(1, 2)
    for layer, a, b in product(range(3), range(4), range(4)):
        left.plot([layer, layer + 1], [a, b], "o-", color="0.8", markerfacecolor="black", markeredgecolor="black")
    left.plot([0, 1, 2, 3], [0.05, 2.05, 1.05, 2.05], linewidth=2, label="one path")
    left.plot([0, 1, 2, 3], [3, 2, 1, 2], linewidth=2, label="another: its end is known already")
    left.set(title="4-4-4-4: 256 paths along 48 edges", xticks=[], yticks=[], ylim=(-1.2, 3.2), frame_on=False)
    left.legend(loc="lower center", ncols=2)
    for place, label in enumerate(("every path", "every edge")):
        right.semilogy(range(1, 8), [found[(4,) * layers][place] for layers in range(2, 9)], "o-", label=label)
    right.set(title="products needed, 4 units a layer", xlabel="layers of edges")
    right.legend()


save_picture("06_dynamic_programming.png", draw, size=(10, 3.8))
