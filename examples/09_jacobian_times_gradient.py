"""Backward is Jacobian times gradient, from right to left; no layer forms a Jacobian: Dense has its own already, as W.

    dl/dh0 = dh1/dh0 dh2/dh1 dh3/dh2 dh4/dh3 dl/dh4

In this product of the slides a Jacobian's rows are the layer's inputs, so Dense's is W transposed.

Slides "Forward", "Backward", "Update" and "Backpropagation: efficient computation".
"""

import numpy as np

from layers import Dense, ReLU, Sequential, Softmax

layers = Dense(50), ReLU(), Dense(10), Softmax()
Sequential(*layers).build((784,), dtype=np.float64)
rng = np.random.default_rng(0)

h = [rng.normal(size=(32, 784))]  # h0: several examples, stacked
for layer in layers:
    h.append(layer.forward(h[-1]))

dl_dh4 = g = rng.normal(size=(32, 10))  # as some loss might give it
print("step      Jacobian                    entries   gradient: in, out        dW")
for k in (3, 2, 1, 0):
    dx = layers[k].backward(g)
    layers[k].update()
    rows, columns = h[k].shape[1], h[k + 1].shape[1]
    name = f"dh{k + 1}/dh{k}: {rows} x {columns}"
    dW = layers[k].grads["W"].shape if layers[k].grads else ""
    print(f"{layers[k].label:<10}{name:<20}{rows * columns:>15,}   {g.shape!s:<10} {dx.shape!s:<12}  {dW}")
    g = dx


def jacobian(layer, x):
    """The Jacobian at one example, formed for once: column i is what backward makes of the i-th unit vector."""
    y = layer.forward(x[None, :])[0]
    return np.stack([layer.backward(e[None, :])[0] for e in np.eye(len(y))], axis=1)


J1, J2, J3, J4 = (jacobian(layers[k], h[k][0]) for k in range(4))
right_to_left = J1 @ (J2 @ (J3 @ (J4 @ dl_dh4[0])))  # vectors all the way
left_to_right = J1 @ J2 @ J3 @ J4 @ dl_dh4[0]  # matrices, and a vector in the end
few = 784 * 50 + 50 * 50 + 50 * 10 + 10 * 10
many = 784 * 50 * 50 + 784 * 50 * 10 + 784 * 10 * 10 + 784 * 10
print("\nthe first example   multiplications   off from backward")
print(f"right to left       {few:>15,}   {abs(right_to_left - g[0]).max():.0e}")
print(f"left to right       {many:>15,}   {abs(left_to_right - g[0]).max():.0e}\n")

print("Dense's Jacobian is W transposed:", np.array_equal(J1, layers[0].params["W"].T))
print("ReLU's Jacobian is diagonal:", np.array_equal(J2, np.diag(np.diag(J2))), "- backward multiplies entry by entry")
