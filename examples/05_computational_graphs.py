"""Computational graphs: a chain, a fan-out, and both at once, drawn with the value and the gradient on every edge.

Slides "Computational graph: Ex. 1", "Computational graph: Ex. 2" and "Computational graph: Ex. 3".
"""

import numpy as np

from layers import Add, Graph, Sigmoid, Softplus, Tanh
from threestep.see import draw_graph, save_picture


def value(function, x):
    return function().forward(x)


def slope(function, x):
    """f'(x), for a function given as a layer's class."""
    layer = function()
    return layer.backward(np.ones_like(layer.forward(x)))


x = np.array([[0.7]])  # one example of one number

# Ex. 1: z = g(y), y = f(x)
f, g = Tanh, Sigmoid
chain = Graph("x", {"y": ("x", f()), "z": ("y", g())}, "z")
chain_slope = slope(g, value(f, x)) * slope(f, x)

# Ex. 2: z = sum_i g_i(y_i), y_i = f_i(x)
fs, gs = (Tanh, Sigmoid, Softplus), (Sigmoid, Softplus, Tanh)
nodes = {f"y{i}": ("x", fs[i]()) for i in range(3)} | {f"g{i}": (f"y{i}", gs[i]()) for i in range(3)}
fan = Graph("x", {**nodes, "z": (["g0", "g1", "g2"], Add())}, "z")
fan_slope = sum(slope(gs[i], value(fs[i], x)) * slope(fs[i], x) for i in range(3))

# Ex. 3: z = sum_i g_i(y_i), y_i = sum_j f_ji(x_j)
xs = tuple(np.array([[number]]) for number in (0.7, -0.4, 1.2))
fs, gs = ((Tanh, Sigmoid), (Softplus, Tanh), (Sigmoid, Softplus)), (Sigmoid, Tanh)
nodes = {f"f{j}{i}": (f"x{j}", fs[j][i]()) for j in range(3) for i in range(2)}
nodes |= {f"y{i}": ([f"f{j}{i}" for j in range(3)], Add()) for i in range(2)}
nodes |= {f"g{i}": (f"y{i}", gs[i]()) for i in range(2)}
web = Graph(["x0", "x1", "x2"], {**nodes, "z": (["g0", "g1"], Add())}, "z")
y = [sum(value(fs[j][i], xs[j]) for j in range(3)) for i in range(2)]
web_slopes = [sum(slope(gs[i], y[i]) * slope(fs[j][i], xs[j]) for i in range(2)) for j in range(3)]

print("graph   paths  edges   off by   gradient of z")
found = {}
for name, graph, at, formula in (("1", chain, x, chain_slope), ("2", fan, x, fan_slope), ("3", web, xs, web_slopes)):
    z = graph.forward(at)
    dx = np.ravel(graph.backward(np.ones_like(z)))
    off = abs(dx - np.ravel(formula)).max()  # from the slide's formula
    found[name] = graph.paths(), dx, off
    print("Ex. {}  {:6} {:6}   {:6.0e}   {}".format(name, *graph.paths(), off, dx))

change = 1e-4 * np.array([1, -2, 3])  # Delta z is about <gradient of z, Delta x>
moved = web.forward(tuple(xs + change[:, None, None])) - web.forward(xs)
print(f"Ex. 3, a small step: z changes by {moved[0, 0]:.4e}, the linear approximation says {dx @ change:.4e}")

for name, graph, at in (("1", chain, x), ("2", fan, x), ("3", web, xs)):
    save_picture(f"05_graph_{name}.svg", draw_graph(graph, x=at))
