"""Conv2d as students write it, with bugs of overlaps and padding."""
# ruff: noqa: F811 - every class here is called Conv2d

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


def pad(x, p):
    return np.pad(x, [(0, 0), (p, p), (p, p), (0, 0)])


@bug(30, "overlaps-overwritten", "with a stride smaller than the kernel", 3, 3, stride=2, padding=1)
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


@bug(48, "padding-off-by-one", "one zero less on each side", 2, 3, padding=1)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - 2 - k) // s + 1, (W + 2 * p - 2 - k) // s + 1, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding - 1)
        W = self.params["W"]
        rows, columns = ((size - k) // s + 1 for size in self.x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.einsum("nabc,oabc->no", window, W) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s = g, self.kernel_size, self.stride
        dx, W = np.zeros_like(self.x), self.params["W"]
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.einsum("no,oabc->nabc", g[:, i, j], W)
        return dx.copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(48, "padding-off-by-one", "the last window forgotten", 2, 3)
class Conv2d(Layer):
    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s, (W + 2 * p - k) // s, self.out_channels)

    def forward(self, x):
        k, s = self.kernel_size, self.stride
        self.x = pad(x, self.padding)
        W = self.params["W"]
        rows, columns = ((size - k) // s for size in self.x.shape[1:3])
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
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(48, "padding-off-by-one", "all the padding at the start", 2, 3, padding=1)
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
        self.x = np.roll(pad(x, self.padding), self.padding, axis=(1, 2))
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
        return dx[:, 2 * p :, 2 * p :].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(48, "padding-off-by-one", "dx is cropped one too early", 2, 3, padding=1)
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
        return dx[:, p - 1 : dx.shape[1] - p - 1, p - 1 : dx.shape[2] - p - 1].copy()

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                window = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.einsum("no,nabc->oabc", self.g[:, i, j], window)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@bug(48, "padding-off-by-one", "the last row of windows left out of dx", 2, 3)
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
        for i in range(g.shape[1] - 1):
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
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))
