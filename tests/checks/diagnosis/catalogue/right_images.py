"""Right convolutions, pools and other layers for images, in the many ways in which students write them."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import right
from layers import Layer


class Kernel(Layer):
    """What the convolutions here have in common: sizes, parameters, padding."""

    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels, self.kernel_size, self.stride, self.padding = out_channels, kernel_size, stride, padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        k, s, p = self.kernel_size, self.stride, self.padding
        self.params["W"] = rng.normal(0, 0.2, (self.out_channels, k, k, C))
        self.params["b"] = np.zeros(self.out_channels)
        return ((H + 2 * p - k) // s + 1, (W + 2 * p - k) // s + 1, self.out_channels)

    def padded(self, x):
        p = self.padding
        return np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))

    def cropped(self, x):
        p = self.padding
        return x[:, p : x.shape[1] - p, p : x.shape[2] - p].copy()


@right("loops over places", 2, 3, padding=1)
class Conv2d(Kernel):
    def forward(self, x):
        self.x, k, s = self.padded(x), self.kernel_size, self.stride
        rows, columns = (self.x.shape[1] - k) // s + 1, (self.x.shape[2] - k) // s + 1
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for i in range(rows):
            for j in range(columns):
                part = self.x[:, i * s : i * s + k, j * s : j * s + k]
                y[:, i, j] = np.tensordot(part, self.params["W"], ([1, 2, 3], [1, 2, 3])) + self.params["b"]
        return y

    def backward(self, g):
        self.g, k, s = g, self.kernel_size, self.stride
        dx = np.zeros_like(self.x)
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i * s : i * s + k, j * s : j * s + k] += np.tensordot(g[:, i, j], self.params["W"], 1)
        return self.cropped(dx)

    def update(self):
        k, s = self.kernel_size, self.stride
        dW = np.zeros_like(self.params["W"])
        for i in range(self.g.shape[1]):
            for j in range(self.g.shape[2]):
                part = self.x[:, i * s : i * s + k, j * s : j * s + k]
                dW += np.tensordot(self.g[:, i, j], part, ([0], [0]))
        self.grads["W"], self.grads["b"] = dW, self.g.sum(axis=(0, 1, 2))


@right("loops over the kernel, with a stride", 3, 2, stride=2)
class Conv2d(Kernel):
    def slices(self, rows, columns):
        s = self.stride
        for a in range(self.kernel_size):
            for b in range(self.kernel_size):
                yield a, b, (slice(None), slice(a, a + s * rows, s), slice(b, b + s * columns, s))

    def forward(self, x):
        self.x = self.padded(x)
        k, s = self.kernel_size, self.stride
        rows, columns = (self.x.shape[1] - k) // s + 1, (self.x.shape[2] - k) // s + 1
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype) + self.params["b"]
        for a, b, part in self.slices(rows, columns):
            y += self.x[part][:, :rows, :columns] @ self.params["W"][:, a, b].T
        return y

    def backward(self, g):
        self.g, dx = g, np.zeros_like(self.x)
        for a, b, part in self.slices(*g.shape[1:3]):
            dx[part] += g @ self.params["W"][:, a, b]
        return self.cropped(dx)

    def update(self):
        for a, b, part in self.slices(*self.g.shape[1:3]):
            self.grads["W"][:, a, b] = np.einsum("nijo,nijc->oc", self.g, self.x[part])
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))


@right("im2col by an index, and np.add.at back", 2, 3)
class Conv2d(Kernel):
    def forward(self, x):
        self.x, k, s = self.padded(x), self.kernel_size, self.stride
        rows, columns = (self.x.shape[1] - k) // s + 1, (self.x.shape[2] - k) // s + 1
        self.i = s * np.arange(rows)[:, None, None, None] + np.arange(k)[None, None, :, None]
        self.j = s * np.arange(columns)[None, :, None, None] + np.arange(k)[None, None, None, :]
        self.cols = self.x[:, self.i, self.j].reshape(len(x), rows, columns, -1)
        return self.cols @ self.params["W"].reshape(self.out_channels, -1).T + self.params["b"]

    def backward(self, g):
        self.g, k = g, self.kernel_size
        dcols = (g @ self.params["W"].reshape(self.out_channels, -1)).reshape(*g.shape[:3], k, k, -1)
        dx = np.zeros_like(self.x)
        np.add.at(dx, (slice(None), self.i, self.j), dcols)
        return self.cropped(dx)

    def update(self):
        g = self.g.reshape(-1, self.out_channels)
        self.grads["W"] = (g.T @ self.cols.reshape(len(g), -1)).reshape(self.params["W"].shape)
        self.grads["b"] = g.sum(axis=0)


@right("windows by stride tricks, and einsum", 2, 3)
class Conv2d(Kernel):
    def forward(self, x):
        k = self.kernel_size
        self.shape = x.shape
        windows = np.lib.stride_tricks.sliding_window_view(self.padded(x), (k, k), axis=(1, 2))
        self.windows = windows  # (N, H', W', C, k, k)
        return np.einsum("nijcab,oabc->nijo", windows, self.params["W"], optimize=True) + self.params["b"]

    def backward(self, g):
        self.g, k = g, self.kernel_size
        wide = np.pad(g, ((0, 0), (k - 1, k - 1), (k - 1, k - 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(wide, (k, k), axis=(1, 2))
        turned = self.params["W"][:, ::-1, ::-1]
        return self.cropped(np.einsum("nijoab,oabc->nijc", windows, turned, optimize=True))

    def update(self):
        self.grads["W"] = np.einsum("nijo,nijcab->oabc", self.g, self.windows, optimize=True)
        self.grads["b"] = np.einsum("nijo->o", self.g)


@right("a plain class, loops over everything", 2, 3, in_channels=3)
class Conv2d:
    def __init__(self, out_channels, kernel_size, in_channels):
        self.out_channels, self.kernel_size, self.in_channels = out_channels, kernel_size, in_channels
        shape = (out_channels, kernel_size, kernel_size, in_channels)
        self.params = {"W": np.random.default_rng(0).normal(size=shape), "b": np.zeros(out_channels)}
        self.grads = {}

    def forward(self, x):
        self.x, k = x, self.kernel_size
        N, H, W, _ = x.shape
        y = np.zeros((N, H - k + 1, W - k + 1, self.out_channels), x.dtype)
        for i in range(H - k + 1):
            for j in range(W - k + 1):
                for o in range(self.out_channels):
                    window = x[:, i : i + k, j : j + k]
                    y[:, i, j, o] = (window * self.params["W"][o]).sum(axis=(1, 2, 3)) + self.params["b"][o]
        return y

    def backward(self, g):
        k = self.kernel_size
        dx, dW = np.zeros_like(self.x), np.zeros_like(self.params["W"])
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                for o in range(self.out_channels):
                    share = g[:, i, j, o][:, None, None, None]
                    dx[:, i : i + k, j : j + k] += share * self.params["W"][o]
                    dW[o] += (share * self.x[:, i : i + k, j : j + k]).sum(axis=0)
        self.kept = dW, g.sum(axis=(0, 1, 2))
        return dx

    def update(self):
        self.grads["W"], self.grads["b"] = self.kept


class Windows(Layer):
    """What the pools here have in common."""

    def __init__(self, kernel_size, stride=None):
        self.kernel_size, self.stride = kernel_size, stride

    def output_shape(self, input_shape):
        return (*self.counts(*input_shape[:2]), input_shape[2])

    def counts(self, H, W):
        k, s = self.kernel_size, self.stride or self.kernel_size
        return (H - k) // s + 1, (W - k) // s + 1

    def windows(self, H, W):
        k, s = self.kernel_size, self.stride or self.kernel_size
        rows, columns = self.counts(H, W)
        for i in range(rows):
            for j in range(columns):
                yield i, j, (slice(None), slice(i * s, i * s + k), slice(j * s, j * s + k))


@right("loops and argmax, overlapping", 3, 2)
class MaxPool2d(Windows):
    def forward(self, x):
        self.x = x
        N, H, W, C = x.shape
        y = np.zeros((N, *self.counts(H, W), C), x.dtype)
        for i, j, window in self.windows(H, W):
            y[:, i, j] = x[window].max(axis=(1, 2))
        return y

    def backward(self, g):
        dx = np.zeros_like(self.x)
        N, H, W, C = dx.shape
        for i, j, window in self.windows(H, W):
            place = self.x[window].reshape(N, -1, C).argmax(axis=1)
            a, b = np.unravel_index(place, self.x[window].shape[1:3])
            n, c = np.indices((N, C))
            dx[window][n, a, b, c] += g[:, i, j]
        return dx


@right("argmax of windows laid out by reshape", 2)
class MaxPool2d(Windows):
    def forward(self, x):
        self.shape, k = x.shape, self.kernel_size
        N, H, W, C = x.shape
        rows, columns = self.counts(H, W)
        x = x[:, : rows * k, : columns * k].reshape(N, rows, k, columns, k, C).transpose(0, 1, 3, 5, 2, 4)
        x = x.reshape(N, rows, columns, C, k * k)
        self.place = x.argmax(axis=-1)[..., None]
        return np.take_along_axis(x, self.place, -1)[..., 0]

    def backward(self, g):
        N, rows, columns, C = g.shape
        k, dx = self.kernel_size, np.zeros(self.shape, g.dtype)
        parts = np.zeros((N, rows, columns, C, k * k), g.dtype)
        np.put_along_axis(parts, self.place, g[..., None], -1)
        parts = parts.reshape(N, rows, columns, C, k, k).transpose(0, 1, 4, 2, 5, 3)
        dx[:, : rows * k, : columns * k] = parts.reshape(N, rows * k, columns * k, C)
        return dx


@right("loops", 2, 1)
class AvgPool2d(Windows):
    def forward(self, x):
        self.shape = x.shape
        y = np.zeros((len(x), *self.counts(*x.shape[1:3]), x.shape[3]), x.dtype)
        for i, j, window in self.windows(*x.shape[1:3]):
            y[:, i, j] = x[window].mean(axis=(1, 2))
        return y

    def backward(self, g):
        dx = np.zeros(self.shape, g.dtype)
        for i, j, window in self.windows(*self.shape[1:3]):
            dx[window] += g[:, i : i + 1, j : j + 1] / self.kernel_size**2
        return dx


@right("a broadcast view of g / places")
class GlobalAvgPool(Layer):
    def output_shape(self, input_shape):
        return input_shape[-1:]

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1, x.shape[-1]).mean(axis=1)

    def backward(self, g):
        places = int(np.prod(self.shape[1:-1]))
        g = (g / places).reshape(len(g), *[1] * (len(self.shape) - 2), -1)
        return np.broadcast_to(g, self.shape)


@right("a view, as reshape gives it, a plain class")
class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, g):
        return g.reshape(self.shape)

    def update(self):
        pass
