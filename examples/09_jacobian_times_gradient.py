"""Backward is Jacobian times gradient, from right to left: the Jacobians' shapes, which no layer ever forms.

    dl/dh0 = dh1/dh0 dh2/dh1 dh3/dh2 dh4/dh3 dl/dh4

Slides "Forward", "Backward", "Update" and "Backpropagation: efficient computation".
"""

from functools import reduce

import numpy as np

from layers import Dense, ReLU, Sequential, Softmax

model = Sequential(Dense(50), ReLU(), Dense(10), Softmax())
model.build((784,), dtype=np.float64)
rng = np.random.default_rng(0)
h, g = [rng.normal(size=(32, 784))], [rng.normal(size=(32, 10))]  # several examples, stacked

for layer in model.layers:  # Forward: h1 ... h4
    h.append(layer.forward(h[-1]))
for layer in reversed(model.layers):  # Backward: dl/dh4 ... dl/dh0, a vector for each example
    g.insert(0, layer.backward(g[0]))
for layer in model.layers:  # Update: dl/dW and dl/db, each from the dl/dh of its layer's output
    layer.update()

print("layer       Jacobian               entries for 32 examples   gradient in    gradient out")
for k, layer in enumerate(model.layers):
    rows, columns = h[k].shape[1], h[k + 1].shape[1]
    print(
        f"{k} {layer.label:<9} dh{k + 1}/dh{k}: {f'{rows} x {columns}':<10}{32 * rows * columns:>22,}"
        f"{f'{g[k + 1].shape}':>17}  ->  {g[k].shape}"
    )


def jacobian(layer, x):
    """dy/dx at one example x (1, D), for once formed: (D, M), whose column i is backward of the unit vector e_i."""
    y = layer.forward(x)
    return np.vstack([layer.backward(e[None, :]) for e in np.eye(y.size)]).T


jacobians = [jacobian(layer, value[:1]) for layer, value in zip(model.layers, h, strict=False)]
from_the_right = reduce(lambda vector, matrix: matrix @ vector, reversed(jacobians), g[-1][0])
from_the_left = reduce(np.matmul, jacobians) @ g[-1][0]
vectors = sum(matrix.size for matrix in jacobians)
matrices = sum(len(jacobians[0]) * matrix.size for matrix in jacobians[1:]) + len(jacobians[0]) * len(g[-1][0])

print("\nfor one example             multiplications   off from backward")
print(f"right to left, vectors      {vectors:>15,}   {abs(from_the_right - g[0][0]).max():.0e}")
print(f"left to right, matrices     {matrices:>15,}   {abs(from_the_left - g[0][0]).max():.0e}")
print(f"Linear: its Jacobian is W, the same for all examples: {np.array_equal(jacobians[0], model[0].params['W'].T)}")
off_diagonal = jacobians[1] - np.diag(np.diag(jacobians[1]))
print(f"ReLU: its Jacobian is diagonal, so backward multiplies entry by entry: {not off_diagonal.any()}")
