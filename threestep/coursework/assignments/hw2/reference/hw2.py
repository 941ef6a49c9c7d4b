"""Assignment 2: images, normalization, noise and graphs, in NumPy alone.

README.md says what each class has to do. What is yours to write raises NotImplementedError; the rest is given.
"""

import numpy as np

from layers import Layer


def window_count(size, kernel_size, stride, padding=0):
    """Given: how many windows fit along an axis of `size` entries, with `padding` zeros on each side."""
    return (size + 2 * padding - kernel_size) // stride + 1


def seen(k, count, stride):
    """Given: the entries along a padded axis that are entry k of each of the `count` windows, as a slice."""
    return slice(k, k + stride * count, stride)


class Conv2d(Layer):
    """y[n, i, j, o] = b[o] + sum over k, m, c of W[o, k, m, c] x[n, s i + k - p, s j + m - p, c]; x is 0 outside.

    Shapes: x (N, H, W, C) to y (N, H', W', O), with W (O, K, K, C) and b (O,), kernel size K, stride s, padding p.
    """

    def __init__(self, out_channels, kernel_size, stride=1, padding=0):
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding

    def build(self, input_shape, rng=0, dtype=np.float32):
        """Given: W starts normal with variance 2 / (K K C) (He et al., 2015), b at 0."""
        shape = (self.out_channels, self.kernel_size, self.kernel_size, input_shape[-1])
        self.params["W"] = (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(dtype)
        self.params["b"] = np.zeros(self.out_channels, dtype)
        return (*self.sides(input_shape[:2]), self.out_channels)

    def sides(self, sizes):
        """Given: (H', W') of (H, W)."""
        return tuple(window_count(size, self.kernel_size, self.stride, self.padding) for size in sizes)

    def forward(self, x):
        """y (N, H', W', O) of x (N, H, W, C)."""
        ### BEGIN SOLUTION
        p = self.padding
        self.x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        rows, columns = self.sides(x.shape[1:3])
        y = np.zeros((len(x), rows, columns, self.out_channels), x.dtype)
        for k, m in np.ndindex(self.kernel_size, self.kernel_size):
            taken = self.x[:, seen(k, rows, self.stride), seen(m, columns, self.stride)]  # (N, H', W', C)
            y += taken @ self.params["W"][:, k, m].T
        return y + self.params["b"]
        ### END SOLUTION

    def backward(self, g):
        """dx (N, H, W, C) of g (N, H', W', O)."""
        ### BEGIN SOLUTION
        self.g = g
        dx = np.zeros_like(self.x)  # with the padding around
        rows, columns = g.shape[1:3]
        for k, m in np.ndindex(self.kernel_size, self.kernel_size):
            dx[:, seen(k, rows, self.stride), seen(m, columns, self.stride)] += g @ self.params["W"][:, k, m]
        height, width = (size - self.padding for size in dx.shape[1:3])
        return dx[:, self.padding : height, self.padding : width].copy()
        ### END SOLUTION

    def update(self):
        """Sets self.grads["W"] (O, K, K, C) and self.grads["b"] (O,)."""
        ### BEGIN SOLUTION
        dW = np.empty_like(self.params["W"])
        rows, columns = self.g.shape[1:3]
        for k, m in np.ndindex(self.kernel_size, self.kernel_size):
            taken = self.x[:, seen(k, rows, self.stride), seen(m, columns, self.stride)]  # (N, H', W', C)
            dW[:, k, m] = np.tensordot(self.g, taken, axes=([0, 1, 2], [0, 1, 2]))  # (O, C)
        self.grads["W"] = dW
        self.grads["b"] = self.g.sum(axis=(0, 1, 2))
        ### END SOLUTION


class MaxPool2d(Layer):
    """The largest entry of each window, channel by channel; among equal ones the first in reading order counts.

    Shapes: x (N, H, W, C) to y (N, H', W', C). Windows overlap where stride < kernel_size; stride None is kernel_size.
    """

    def __init__(self, kernel_size, stride=None):
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride

    def sides(self, sizes):
        """Given: (H', W') of (H, W)."""
        return tuple(window_count(size, self.kernel_size, self.stride) for size in sizes)

    def output_shape(self, input_shape):
        """Given: one example's shape, (H', W', C) of (H, W, C); a training run asks for it."""
        return (*self.sides(input_shape[:2]), input_shape[-1])

    def forward(self, x):
        """y (N, H', W', C) of x (N, H, W, C)."""
        ### BEGIN SOLUTION
        self.x = x
        rows, columns = self.sides(x.shape[1:3])
        self.y = np.full((len(x), rows, columns, x.shape[-1]), -np.inf, x.dtype)
        for k, m in np.ndindex(self.kernel_size, self.kernel_size):
            self.y = np.maximum(self.y, x[:, seen(k, rows, self.stride), seen(m, columns, self.stride)])
        return self.y
        ### END SOLUTION

    def backward(self, g):
        """dx (N, H, W, C) of g (N, H', W', C)."""
        ### BEGIN SOLUTION
        dx = np.zeros_like(self.x)
        open_ = np.ones(g.shape, bool)  # the windows whose largest entry is not met yet
        rows, columns = g.shape[1:3]
        for k, m in np.ndindex(self.kernel_size, self.kernel_size):
            places = (slice(None), seen(k, rows, self.stride), seen(m, columns, self.stride))
            first = open_ & (self.x[places] == self.y)
            open_ &= ~first
            dx[places] += g * first
        return dx
        ### END SOLUTION


class BatchNorm(Layer):
    """y = gamma xhat + beta with xhat = (x - mean) / sqrt(var + eps), and one mean and one var for each channel.

    Shapes: (N, C) or (N, H, W, C), kept, with gamma (C,) and beta (C,). In training mean and var are those of the
    batch, in evaluation those in self.state: "running_mean" (C,) and "running_var" (C,).
    """

    def __init__(self, eps=1e-5, momentum=0.1):
        self.eps = eps
        self.momentum = momentum

    def build(self, input_shape, rng=0, dtype=np.float32):
        """Given: gamma starts at 1, beta at 0, the running statistics at 0 and 1."""
        channels = input_shape[-1]
        self.params.update(gamma=np.ones(channels, dtype), beta=np.zeros(channels, dtype))
        self.state.update(running_mean=np.zeros(channels, dtype), running_var=np.ones(channels, dtype))
        return input_shape

    def forward(self, x):
        """y, in the shape of x; in training also moves the running statistics."""
        values = x[..., 0].size  # in each channel
        if self.training and values < 2:
            raise ValueError(f"BatchNorm expected two values or more in each channel in training, got x {x.shape}")
        ### BEGIN SOLUTION
        self.axes, self.by_batch = tuple(range(x.ndim - 1)), self.training
        mean, var = self.state["running_mean"], self.state["running_var"]
        if self.training:
            old_mean, old_var, m = mean, var, self.momentum
            mean, var = x.mean(axis=self.axes), x.var(axis=self.axes)
            self.state["running_mean"] = (1 - m) * old_mean + m * mean
            self.state["running_var"] = (1 - m) * old_var + m * var * (values / (values - 1))
        self.std = np.sqrt(var + self.eps)  # (C,)
        centred = x - mean
        self.xhat = centred / self.std
        return self.params["gamma"] * self.xhat + self.params["beta"]
        ### END SOLUTION

    def backward(self, g):
        """dx, in the shape of g, for the mode in which the last forward was."""
        ### BEGIN SOLUTION
        self.g = g
        dxhat = g * self.params["gamma"]
        if self.by_batch:  # mean and var depend on each x
            along = (dxhat * self.xhat).mean(axis=self.axes)
            dxhat = dxhat - dxhat.mean(axis=self.axes) - self.xhat * along
        return dxhat / self.std
        ### END SOLUTION

    def update(self):
        """Sets self.grads["gamma"] (C,) and self.grads["beta"] (C,)."""
        ### BEGIN SOLUTION
        self.grads["gamma"] = (self.g * self.xhat).sum(axis=self.axes)
        self.grads["beta"] = self.g.sum(axis=self.axes)
        ### END SOLUTION


class Dropout(Layer):
    """In training y = x m / (1 - p), where each entry of m is 0 with probability p and else 1; in evaluation y = x.

    Shapes: any, kept. p is from 0 to below 1.
    """

    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x):
        """y, in the shape and dtype of x; chance comes from self.rng alone."""
        ### BEGIN SOLUTION
        self.m = np.ones_like(x)
        if self.training:
            kept = self.rng.random(x.shape) >= self.p
            self.m = kept.astype(x.dtype) / (1 - self.p)
        return x * self.m
        ### END SOLUTION

    def backward(self, g):
        """dx, in the shape of g."""
        ### BEGIN SOLUTION
        return g * self.m
        ### END SOLUTION


class Piece:
    """Given: what stands at a node of a graph.

    forward takes one array for each source of the node. backward returns a tuple with one gradient for each source. A
    piece with a name has a parameter of that name in self.params, which is the graph's; update sets self.grads[name].
    """

    def __init__(self, name=None):
        self.name, self.params, self.grads = name, {}, {}

    def update(self):
        """Nothing to calculate without a parameter."""


class Tanh(Piece):
    """Given: y = tanh(x)."""

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, g):
        return (g - g * self.y**2,)


class Scale(Piece):
    """Given: y = a x, where a is the parameter; pieces of one name have one parameter in common."""

    def forward(self, x):
        self.x = x
        return self.params[self.name] * x

    def backward(self, g):
        self.g = g
        return (self.params[self.name] * g,)

    def update(self):
        self.grads[self.name] = np.einsum("n...,n...->...", self.x, self.g)  # sum over the examples


class Add(Piece):
    """Given: y = the sum of the sources' values."""

    def forward(self, *xs):
        self.count = len(xs)
        return np.sum(xs, axis=0)

    def backward(self, g):
        return (g,) * self.count  # the same array, several times


class Graph(Layer):
    """Pieces, wired in any way that has no cycle; x goes in at the name `inputs`, y is the value of `outputs`.

    nodes: {name: (sources, piece)}, with sources a list of names. They are listed such that what a node takes stands
    before it. Shapes: any, kept.
    """

    def __init__(self, inputs, nodes, outputs):
        self.inputs = inputs
        self.nodes = nodes
        self.pieces = [piece for _, piece in nodes.values()]
        self.outputs = outputs

    def build(self, input_shape, rng=0, dtype=np.float32):
        """Given: draws each parameter, in the shape of an example, and shows the pieces the graph's parameters."""
        for piece in self.pieces:
            piece.params = self.params
            if piece.name is not None:
                self.params[piece.name] = rng.normal(1, 0.5, input_shape).astype(dtype)
        return input_shape

    def forward(self, x):
        """The value of the node `outputs`."""
        ### BEGIN SOLUTION
        values = {self.inputs: x}
        for name, (sources, piece) in self.nodes.items():
            values[name] = piece.forward(*[values[source] for source in sources])
        return values[self.outputs]
        ### END SOLUTION

    def backward(self, g):
        """dl/dx of g = dl/dy: visits each node once."""
        ### BEGIN SOLUTION
        gradients = {self.outputs: g}
        for name, (sources, piece) in reversed(self.nodes.items()):
            for source, part in zip(sources, piece.backward(gradients[name]), strict=True):
                gradients[source] = gradients[source] + part if source in gradients else part
        return gradients[self.inputs]
        ### END SOLUTION

    def update(self):
        """Sets self.grads[name] for each parameter: the sum over all pieces of that name."""
        ### BEGIN SOLUTION
        totals = {}
        for part in self.pieces:
            part.update()
            for name, gradient in part.grads.items():
                totals[name] = totals.get(name, 0) + gradient
        for name, total in totals.items():
            self.grads[name] = total
        ### END SOLUTION


def fan_out():
    """Given: a graph in which x, u and s fan out, and "a" is a parameter of two nodes."""
    nodes = {
        "u": (["x"], Scale("a")),
        "v": (["x"], Tanh()),
        "s": (["u", "v", "x"], Add()),
        "w": (["s"], Scale("a")),
        "t": (["s"], Tanh()),
        "r": (["t"], Scale("b")),
        "y": (["w", "r", "u"], Add()),
    }
    return Graph("x", nodes, "y")


def total_derivative(outer, inner):
    """The list of all dz/dx_j, where outer[i] is dz/dy_i and inner[i][j] is dy_i/dx_j."""
    ### BEGIN SOLUTION
    return [sum(dz * row[j] for dz, row in zip(outer, inner, strict=True)) for j in range(len(inner[0]))]
    ### END SOLUTION


def count_paths(edges, source, target):
    """How many paths lead from source to target; edges are [from, to], those into a node before those out of it."""
    ### BEGIN SOLUTION
    count = {source: 1}
    for before, after in edges:
        count[after] = count.get(after, 0) + count.get(before, 0)
    return count.get(target, 0)
    ### END SOLUTION
