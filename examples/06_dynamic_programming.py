"""Backpropagation as dynamic programming: follow every path, or remember what has been computed on a partial path.

Slides "Backpropagation" (Graph traversal problem, Dynamic programming).
"""

from collections import Counter
from itertools import pairwise, product
from time import perf_counter

import numpy as np

from layers import Dense, Sequential, Sigmoid
from threestep.see import save_picture


def sum_over_paths(slopes, unit, layer, known, count):
    """dy/dx for a unit x and the sum y of all outputs. known: None, or a dict that remembers what has been computed."""
    if layer == len(slopes):
        count["paths"] += 1
        return 1.0
    if known is not None and (layer, unit) in known:
        return known[layer, unit]
    edges = slopes[layer][unit]
    count["products"] += len(edges)
    total = sum(slope * sum_over_paths(slopes, to, layer + 1, known, count) for to, slope in enumerate(edges))
    if known is not None:
        known[layer, unit] = total
    return total


def compare(sizes):
    """(gradient, counts, seconds) of three ways: every path, remembering, and backward."""
    model = Sequential(*(layer for size in sizes[1:] for layer in (Dense(size), Sigmoid())))
    model.build(sizes[:1], dtype=np.float64)
    x = h = np.random.default_rng(0).normal(size=(1, sizes[0]))
    slopes = []  # of every edge: slopes[layer][from][to]
    for dense, activation in zip(model[::2], model[1::2], strict=True):
        h = activation.forward(dense.forward(h))
        slopes.append((dense.params["W"].T * activation.backward(np.ones_like(h))).tolist())
    ways = []
    for known in (None, {}):
        count, start = Counter(), perf_counter()
        gradient = [sum_over_paths(slopes, unit, 0, known, count) for unit in range(sizes[0])]
        ways.append((gradient, count, perf_counter() - start))
    g, start = np.ones_like(model.forward(x)), perf_counter()
    dx = model.backward(g)
    return [*ways, (dx[0], Counter(products=sum(map(np.size, slopes))), perf_counter() - start)]


networks = [*((4,) * depth for depth in range(2, 10)), (784, 16, 16, 10)]
found = {sizes: compare(sizes) for sizes in networks}

print("                           every path             remembering            backward")
print("units                 paths      products      ms      products      ms      products      ms")
for sizes, ways in found.items():
    columns = [f"{count['products']:14,}{1e3 * seconds:8.2f}" for _, count, seconds in ways]
    print(f"{'-'.join(map(str, sizes)):<18}{ways[0][1]['paths']:9,}", *columns, sep="")


def draw(figure):
    left, center, right = figure.subplots(1, 3)
    spots = [[(layer, unit - (size - 1) / 2) for unit in range(size)] for layer, size in enumerate((3, 3, 3, 2))]
    paths = list(product(*spots))
    edges = [edge for here, there in pairwise(spots) for edge in product(here, there)]
    for axes, lines, spread in ((left, paths, 0.4), (center, edges, 0)):
        for i, line in enumerate(lines):
            across, up = np.transpose(line)
            axes.plot(across, up + spread * (0.618 * i % 1 - 0.5), f"C{i % 10 if spread else 0}", linewidth=0.8)
        axes.plot(*np.concatenate(spots).T, "ko", markersize=8)
        axes.set(xticks=[], yticks=[], frame_on=False)
    left.set_title(f"{len(paths)} paths, each followed")
    center.set_title(f"{len(edges)} edges, each used once")
    for way, name in enumerate(("every path", "remembering", "backward")):
        right.semilogy(range(1, 9), [1e3 * found[sizes][way][2] for sizes in networks[:-1]], "o-", label=name)
    right.set(title="milliseconds, 4 units a layer", xlabel="depth")
    right.legend()


save_picture("06_dynamic_programming.png", draw, size=(11, 3.6))
