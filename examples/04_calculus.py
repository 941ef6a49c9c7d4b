"""Composition and the total derivative: the chain rule along one path, and the sum over several paths.

Slides "Calculus 101" and "Total derivative (example)".
"""

import numpy as np

from layers import Graph, Multiply, Sequential, Sigmoid, Tanh
from threestep.checks import numerical_gradient
from threestep.see import draw_graph, save_picture

t = np.array([[0.7]])


def derivative(layer, at):
    """A layer's derivative: forward, then backward of 1."""
    layer.forward(at)
    return layer.backward(np.ones((1, 1)))[0, 0]


def difference_quotient(layer, at):
    return numerical_gradient(lambda value: layer.forward(value)[0, 0], at)[0, 0]


# Composition: (g o f)'(t) = g'(f(t)) f'(t)
both = Sequential(Tanh(), Sigmoid())
composed = derivative(both, t)
by_chain_rule = derivative(Sigmoid(), Tanh().forward(t)) * derivative(Tanh(), t)

# Total derivative: z = x(t) y(t), so dz/dt = dz/dx dx/dt + dz/dy dy/dt
nodes = {"x": ("t", Tanh()), "y": ("t", Sigmoid()), "z": (["x", "y"], Multiply())}
product = Graph(inputs="t", nodes=nodes, outputs="z")
total = derivative(product, t)
x, y = Tanh().forward(t)[0, 0], Sigmoid().forward(t)[0, 0]
through_x = y * derivative(Tanh(), t)  # dz/dx = y
through_y = x * derivative(Sigmoid(), t)  # dz/dy = x

print(f"at t = {t[0, 0]}                 backward     by the rule   difference quotient")
print(f"sigmoid(tanh(t))'       {composed:.9f}   {by_chain_rule:.9f}   {difference_quotient(both, t):.9f}")
print(f"(tanh(t) sigmoid(t))'   {total:.9f}   {through_x + through_y:.9f}   {difference_quotient(product, t):.9f}")
print(f"through tanh {through_x:.9f} and through sigmoid {through_y:.9f}: the total is their sum")

save_picture("04_total_derivative.svg", draw_graph(product, x=t))
