"""Pools, padding and merges as students write them, each with one bug."""
# ruff: noqa: F811 - classes have the library's names

import numpy as np

from benchmarks.diagnosis.tables import bug
from layers import Layer


class Windows(Layer):
    """What the pools of this student share: sizes, and the slices of each window."""

    def __init__(self, kernel_size, stride=None):
        self.kernel_size, self.stride = kernel_size, stride

    def build(self, input_shape, rng=0, dtype=np.float32):
        H, W, C = input_shape
        return (*self.counts(H, W), C)

    def output_shape(self, input_shape):
        H, W, C = input_shape
        return (*self.counts(H, W), C)

    def counts(self, H, W):
        k, s = self.kernel_size, self.stride or self.kernel_size
        return (H - k) // s + 1, (W - k) // s + 1

    def windows(self, H, W):
        k, s = self.kernel_size, self.stride or self.kernel_size
        rows, columns = self.counts(H, W)
        for i in range(rows):
            for j in range(columns):
                yield i, j, (slice(None), slice(i * s, i * s + k), slice(j * s, j * s + k))


class Maximum(Windows):
    def forward(self, x):
        self.x = x
        y = np.zeros((len(x), *self.counts(*x.shape[1:3]), x.shape[3]), x.dtype)
        for i, j, window in self.windows(*x.shape[1:3]):
            y[:, i, j] = x[window].max(axis=(1, 2))
        return y


@bug(30, "overlaps-overwritten", "= for +=", 3, 2)
class MaxPool2d(Maximum):
    def backward(self, g):
        dx = np.zeros_like(self.x)
        N, H, W, C = self.x.shape
        for i, j, window in self.windows(H, W):
            part = self.x[window].reshape(N, -1, C)
            first = np.arange(part.shape[1])[None, :, None] == part.argmax(axis=1)[:, None]
            dx[window] = (first * g[:, i, j][:, None]).reshape(self.x[window].shape)
        return dx


@bug(30, "overlaps-overwritten", "= for +=", 2, 1)
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
            dx[window] = g[:, i : i + 1, j : j + 1] / self.kernel_size**2
        return dx


@bug(50, "pool-ties", "every maximum gets g", 2)
class MaxPool2d(Maximum):
    def backward(self, g):
        dx = np.zeros_like(self.x)
        for i, j, window in self.windows(*self.x.shape[1:3]):
            part = self.x[window]
            largest = part == part.max(axis=(1, 2), keepdims=True)
            dx[window] += largest * g[:, i : i + 1, j : j + 1]
        return dx


@bug(50, "pool-ties", "g split among the maxima", 2)
class MaxPool2d(Maximum):
    def backward(self, g):
        dx = np.zeros_like(self.x)
        for i, j, window in self.windows(*self.x.shape[1:3]):
            part = self.x[window]
            largest = (part == part.max(axis=(1, 2), keepdims=True)).astype(g.dtype)
            largest /= largest.sum(axis=(1, 2), keepdims=True)
            dx[window] += largest * g[:, i : i + 1, j : j + 1]
        return dx


@bug(50, "pool-ties", "the last maximum gets g", 2)
class MaxPool2d(Maximum):
    def backward(self, g):
        dx = np.zeros_like(self.x)
        N, H, W, C = self.x.shape
        for i, j, window in self.windows(H, W):
            part = self.x[window]
            best, place = np.full((N, C), -np.inf), np.zeros((N, C), int)
            for entry in range(part.shape[1] * part.shape[2]):
                a, b = divmod(entry, part.shape[2])
                better = part[:, a, b] >= best
                best[better], place[better] = part[:, a, b][better], entry
            for a in range(part.shape[1]):
                for b in range(part.shape[2]):
                    here = place == a * part.shape[2] + b
                    dx[window][:, a, b] += here * g[:, i, j]
        return dx


@bug(50, "pool-ties", "every maximum gets g, a plain class")
class GlobalMaxPool:
    def forward(self, x):
        self.x, self.axes = x, tuple(range(1, x.ndim - 1))
        self.y = x.max(axis=self.axes, keepdims=True)
        return x.max(axis=self.axes)

    def backward(self, g):
        return (self.x == self.y) * g.reshape(self.y.shape)

    def update(self):
        pass


@bug(31, "integers", "means in an array of whole numbers", 2)
class AvgPool2d(Windows):
    def forward(self, x):
        self.shape = x.shape
        y = np.zeros((len(x), *self.counts(*x.shape[1:3]), x.shape[3]), dtype=int)
        for i, j, window in self.windows(*x.shape[1:3]):
            y[:, i, j] = x[window].mean(axis=(1, 2))
        return y

    def backward(self, g):
        dx = np.zeros(self.shape)
        for i, j, window in self.windows(*self.shape[1:3]):
            dx[window] += g[:, i : i + 1, j : j + 1] / self.kernel_size**2
        return dx


@bug(32, "promoted-to-float64", "dx in np.zeros(x.shape)", 2)
class MaxPool2d(Maximum):
    def backward(self, g):
        dx = np.zeros(self.x.shape)
        N, H, W, C = self.x.shape
        for i, j, window in self.windows(H, W):
            part = self.x[window].reshape(N, -1, C)
            first = np.arange(part.shape[1])[None, :, None] == part.argmax(axis=1)[:, None]
            dx[window] += (first * g[:, i, j][:, None]).reshape(self.x[window].shape)
        return dx


@bug(4, "mean-over-wrong-count", "g divided by the channels too")
class GlobalAvgPool(Layer):
    def output_shape(self, input_shape):
        return input_shape[-1:]

    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=tuple(range(1, x.ndim - 1)))

    def backward(self, g):
        count = int(np.prod(self.shape[1:]))
        g = g.reshape(len(g), *[1] * (len(self.shape) - 2), g.shape[-1])
        return np.ones(self.shape, g.dtype) * g / count


@bug(26, "shares-memory", "dx is a view of a part of g", 1)
class Pad(Layer):
    def __init__(self, padding):
        self.padding = padding

    def output_shape(self, input_shape):
        return (*(size + 2 * self.padding for size in input_shape[:-1]), input_shape[-1])

    def forward(self, x):
        ends = [(self.padding, self.padding)] * (x.ndim - 2)
        return np.pad(x, [(0, 0), *ends, (0, 0)])

    def backward(self, g):
        inside = slice(self.padding, -self.padding)
        return g[(slice(None), *[inside] * (g.ndim - 2))]


@bug(48, "padding-off-by-one", "dx begins one too late", 1)
class Pad(Layer):
    def __init__(self, padding):
        self.padding = padding

    def output_shape(self, input_shape):
        return (*(size + 2 * self.padding for size in input_shape[:-1]), input_shape[-1])

    def forward(self, x):
        self.axes = tuple(range(1, x.ndim - 1))
        return np.pad(x, [(self.padding, self.padding) if axis in self.axes else (0, 0) for axis in range(x.ndim)])

    def backward(self, g):
        for axis in self.axes:
            g = np.roll(g, -self.padding - 1, axis).take(range(g.shape[axis] - 2 * self.padding), axis)
        return g


@bug(26, "shares-memory", "each dx is a view of a part of g")
class Concat(Layer):
    several_inputs = True

    def output_shape(self, input_shape):
        return (*input_shape[0][:-1], sum(shape[-1] for shape in input_shape))

    def forward(self, x):
        self.stops = np.cumsum([part.shape[-1] for part in x])[:-1]
        return np.concatenate(x, axis=-1)

    def backward(self, g):
        return tuple(np.split(g, self.stops, axis=-1))


@bug(28, "batch-size-frozen", "the first x's shape for good, a plain class")
class Flatten:
    def __init__(self):
        self.shape = None

    def forward(self, x):
        if self.shape is None:
            self.shape = x.shape
        return x.reshape(self.shape[0], -1)

    def backward(self, g):
        return g.reshape(self.shape)

    def update(self):
        pass
