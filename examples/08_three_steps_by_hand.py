"""The three steps by hand: Linear, Sigmoid and binary cross-entropy, with the numbers of pencil and paper beside them.

Slides "Implementation of a module" and "Example".
"""

from math import log

import numpy as np

from layers import Dense, Sigmoid
from losses import BinaryCrossEntropy

linear, sigmoid, criterion = Dense(1), Sigmoid(), BinaryCrossEntropy()
linear.build((2,), dtype=np.float64)
linear.params["W"] = [[2.0, -1.0]]
linear.params["b"] = [0.0]

x = np.array([[1.0, 2.0]])  # one example
y = np.array([[1.0]])  # its target

# Forward: data transformation
a = linear.forward(x)  # a = W x + b
p = sigmoid.forward(a)  # p = 1 / (1 + exp(-a))
c = criterion.forward(p, y)  # c = -y ln p - (1 - y) ln(1 - p)

# Backward: gradient transformation, from output to input
dp = criterion.backward()  # dc/dp = (p - y) / (p (1 - p))
da = sigmoid.backward(dp)  # dc/da = dc/dp p (1 - p)
dx = linear.backward(da)  # dc/dx = W^T dc/da

# Update: calculation of the parameter gradient; nothing moves
linear.update()
dW = linear.grads["W"]  # dc/dW = dc/da x^T
db = linear.grads["b"]  # dc/db = dc/da

rows = [  # the step, what it gives, on paper, by hand, by the layers
    ("forward", "a", "2 * 1 - 1 * 2 + 0", 0.0, a),
    ("forward", "p", "1 / (1 + exp(0))", 0.5, p),
    ("forward", "c", "-ln 0.5", log(2), c),
    ("backward", "dp", "(0.5 - 1) / (0.5 * 0.5)", -2.0, dp),
    ("backward", "da", "-2 * 0.5 * (1 - 0.5)", -0.5, da),
    ("backward", "dx", "(2 * -0.5, -1 * -0.5)", [-1.0, 0.5], dx),
    ("update", "dW", "(-0.5 * 1, -0.5 * 2)", [-0.5, -1.0], dW),
    ("update", "db", "-0.5", -0.5, db),
]
print("step      what  on paper                 by hand        by the layers")
for step, what, paper, by_hand, computed in rows:
    print(f"{step:<9} {what:<5} {paper:<24} {np.ravel(by_hand).round(4)!s:<14} {np.ravel(computed).round(4)}")

linear.params["W"] -= 0.1 * dW  # displacement is an optimizer's work; here by hand
linear.params["b"] -= 0.1 * db
lower = criterion.forward(sigmoid.forward(linear.forward(x)), y)
print(f"after a step of 0.1 down the slope the loss is {lower:.4f}, before it was {c:.4f}")
