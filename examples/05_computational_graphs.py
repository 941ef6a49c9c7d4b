"""Computational graphs: a chain, a fan-out, and many paths at once, with the value and the gradient on every edge.

Slides "Computational graph: Ex. 1", "Computational graph: Ex. 2" and "Computational graph: Ex. 3".
"""

import numpy as np

from layers import Add, Graph, Sigmoid, Softplus, Tanh
from threestep.see import draw_graph, save_picture


def derivative(function, x):
    """f'(x), for a function given as a layer: forward, then backward of 1."""
    return function.backward(np.ones_like(function.forward(x)))


x = np.array([[0.7]])  # one example of one number

# Ex. 1: z = g(y), y = f(x)
f, g = Tanh(), Sigmoid()
chain = Graph(inputs="x", nodes={"y": ("x", f), "z": ("y", g)}, outputs="z")
y = f.forward(x)
chain_slope = derivative(g, y) * derivative(f, x)

# Ex. 2: z = sum_i g_i(y_i), y_i = f_i(x)
f1, f2, g1, g2 = Tanh(), Sigmoid(), Softplus(), Tanh()
nodes = {"y1": ("x", f1), "y2": ("x", f2), "g1": ("y1", g1), "g2": ("y2", g2), "z": (["g1", "g2"], Add())}
fan = Graph(inputs="x", nodes=nodes, outputs="z")
y1, y2 = f1.forward(x), f2.forward(x)
fan_slope = derivative(g1, y1) * derivative(f1, x) + derivative(g2, y2) * derivative(f2, x)

# Ex. 3: z = sum_i g_i(y_i), y_i = sum_j f_ji(x_j)
x1, x2 = np.array([[0.7]]), np.array([[-0.4]])
f11, f12, f21, f22 = Tanh(), Sigmoid(), Softplus(), Tanh()
nodes = {"f11": ("x1", f11), "f12": ("x1", f12), "f21": ("x2", f21), "f22": ("x2", f22)}
nodes |= {"y1": (["f11", "f21"], Add()), "y2": (["f12", "f22"], Add()), "g1": ("y1", g1), "g2": ("y2", g2)}
web = Graph(inputs=["x1", "x2"], nodes={**nodes, "z": (["g1", "g2"], Add())}, outputs="z")
y1, y2 = f11.forward(x1) + f21.forward(x2), f12.forward(x1) + f22.forward(x2)
slope_1 = derivative(g1, y1) * derivative(f11, x1) + derivative(g2, y2) * derivative(f12, x1)
slope_2 = derivative(g1, y1) * derivative(f21, x2) + derivative(g2, y2) * derivative(f22, x2)

chain_dx = chain.backward(np.ones_like(chain.forward(x)))
fan_dx = fan.backward(np.ones_like(fan.forward(x)))
web_dx1, web_dx2 = web.backward(np.ones_like(web.forward((x1, x2))))

print("         (paths, edges)   by backward   by the slide's formula")
print(f"Ex. 1    {chain.paths()!s:<17}{chain_dx[0, 0]:.9f}   {chain_slope[0, 0]:.9f}")
print(f"Ex. 2    {fan.paths()!s:<17}{fan_dx[0, 0]:.9f}   {fan_slope[0, 0]:.9f}")
print(f"Ex. 3    {web.paths()!s:<17}{web_dx1[0, 0]:.9f}   {slope_1[0, 0]:.9f}    with respect to x1")
print(f"{web_dx2[0, 0]:37.9f}   {slope_2[0, 0]:.9f}    with respect to x2")

# The change of z in Ex. 3 for a small change of x1 and x2: forward by the derivatives, or as <gradient, change of x>
d1, d2 = 1e-4, -2e-4
dy1, dy2 = derivative(f11, x1) * d1 + derivative(f21, x2) * d2, derivative(f12, x1) * d1 + derivative(f22, x2) * d2
forward = (derivative(g1, y1) * dy1 + derivative(g2, y2) * dy2)[0, 0]
backward = (web_dx1 * d1 + web_dx2 * d2)[0, 0]
true = (web.forward((x1 + d1, x2 + d2)) - web.forward((x1, x2)))[0, 0]
print(f"change of z: forward {forward:.4e}, <gradient, change of x> {backward:.4e}, true {true:.4e}")

save_picture("05_graph_1.svg", draw_graph(chain, x=x))
save_picture("05_graph_2.svg", draw_graph(fan, x=x))
save_picture("05_graph_3.svg", draw_graph(web, x=(x1, x2)))
