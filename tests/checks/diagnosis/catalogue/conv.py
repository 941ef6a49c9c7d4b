"""Conv2d as students write it with loops over the windows, each time with one bug."""
# ruff: noqa: F811 - every class here is called Conv2d

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


def pad(x, p):
    return np.pad(x, [(0, 0), (p, p), (p, p), (0, 0)])


@bug(1, "gradient-transposed", "dW as (KH, KW, in, out), a plain class", 2, 3, in_channels=3)
class Conv2d:
    def __init__(self, out_channels, kernel_size, in_channels):
        self.out_channels, self.kernel_size, self.in_channels = out_channels, kernel_size, in_channels
        shape = (out_channels, kernel_size, kernel_size, in_channels)
        self.params = {"W": np.random.default_rng(0).normal(size=shape), "b": np.zeros(out_channels)}
        self.grads = {}

    def forward(self, x):
        self.x, k = x, self.kernel_size
        N, H, W, _ = x.shape
        y = np.zeros((N, H - k + 1, W - k + 1, self.out_channels))
        for i in range(y.shape[1]):
            for j in range(y.shape[2]):
                y[:, i, j] = np.tensordot(x[:, i : i + k, j : j + k], self.params["W"], axes=([1, 2, 3], [1, 2, 3]))
        return y + self.params["b"]

    def backward(self, g):
        self.g, k = g, self.kernel_size
        dx = np.zeros(self.x.shape)
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i : i + k, j : j + k] += np.tensordot(g[:, i, j], self.params["W"], axes=1)
        return dx

    def update(self):
        k, (_, rows, columns, _) = self.kernel_size, self.g.shape
        dW = np.zeros((k, k, self.x.shape[-1], self.out_channels))
        for a in range(k):
            for b in range(k):
                window = self.x[:, a : a + rows, b : b + columns]
                dW[a, b] = np.tensordot(window, self.g, axes=([0, 1, 2], [0, 1, 2]))
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(3, "divided-by-n-twice", "dW and db averaged", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window) / len(window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2)) / len(self.g)


@bug(8, "bias-gradient-averaged", "over examples and places", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.mean(axis=(0, 1, 2))


@bug(7, "bias-gradient-not-summed", "summed over the examples only", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=0)


@bug(9, "bias-gradient-over-wrong-axis", "the channels summed, and one axis of the image left", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 3))


@bug(29, "accumulates", "dW added to the one of before", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] += dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(30, "overlaps-overwritten", "windows of dx assigned", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s, p = g, self.kernel_size, self.stride, self.padding
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] = np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))
