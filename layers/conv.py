"""Convolutions: one small linear layer, moved over a sequence or an image."""

from math import prod

import numpy as np

from .arguments import flag, positive_int
from .correlate import Geometry, adjoint_W, adjoint_x, correlate
from .guards import batch
from .initializers import initializer
from .sums import sum_rows
from .windows import Windows, channels_first_advice, looks_channels_first, require_axes


class Conv(Windows):
    """What Conv1d and Conv2d share: everything but the number of axes."""

    flops_per_entry = property(lambda self: 2 * prod(self.params["W"].shape[1:]))

    def __init__(
        self,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        init="glorot_uniform",
        in_channels=None,
    ):
        if isinstance(padding, str) and padding != "same":
            raise ValueError(f"padding expected 'same' or whole numbers of 0 or more, got {padding!r}")
        self.set_windows(kernel_size, stride, padding, dilation)
        if padding == "same" and any(step > 1 for step in self._stride):
            raise ValueError(f"padding 'same' expected stride 1, got {stride!r}: give the padding as a number")
        self.out_channels = positive_int("out_channels", out_channels)
        self.groups = positive_int("groups", groups)
        self.bias = flag("bias", bias)
        self.init = init
        self.in_channels = in_channels if in_channels is None else positive_int("in_channels", in_channels)
        initializer(init)
        for name in ("out_channels", "in_channels"):
            if (getattr(self, name) or 0) % self.groups:
                raise ValueError(f"{name} expected a multiple of groups, {groups}, got {getattr(self, name)}")
        self._geometry = Geometry(self._stride, self._padding, self._dilation, self.groups)

    def build(self, input_shape, rng=0, dtype=np.float32):
        output_shape = self.output_shape(input_shape)
        shape = (self.out_channels // self.groups, *self._kernel, input_shape[-1] // self.groups)
        self.params["W"] = np.concatenate([initializer(self.init)(rng, shape) for _ in range(self.groups)])
        if self.bias:
            self.params["b"] = np.zeros(self.out_channels)
        return output_shape

    def output_shape(self, input_shape):
        require_axes(self, input_shape, self.axes)
        require_channels(self, input_shape, self.in_channels)
        return (*self.window_counts(input_shape), self.out_channels)

    def forward(self, x):
        self.x = x  # (N, H, W, C)
        y = correlate(x, self.params["W"], self._geometry)  # (N, H', W', O)
        if self.bias:
            y += self.params["b"]
        return y

    def backward(self, g, input_gradient=True):
        self.g = np.ascontiguousarray(g)  # (N, H', W', O), once in order for all that follows
        return adjoint_x(self.g, self.params["W"], self._geometry, self.x.shape[1:-1]) if input_gradient else None

    def update(self):
        self.grads["W"] = adjoint_W(self.g, self.x, self._geometry, self._kernel)  # (O, KH, KW, C / groups)
        if self.bias:
            sum_rows(self.g.reshape(-1, self.out_channels), out=self.grads["b"])  # (O,)


class Conv1d(Conv):
    """y[i, o] = b[o] + sum over k, c of W[o, k, c] x[s i + d k - p, c]; x is 0 outside.

    Shapes: x (N, T, C) to y (N, T', O), with W (O, K, C / groups), b (O,) and T' = (T + 2 p - d (K - 1) - 1) // s + 1.

    backward, update, arguments, errors: as in Conv2d, with one axis.

    Source: Waibel et al., "Phoneme recognition using time-delay neural networks", 1989.
    """

    axes = 1


class Conv2d(Conv):
    """y[i, j, o] = b[o] + sum over k, l, c of W[o, k, l, c] x[s i + d k - p, s j + d l - p, c]; x is 0 outside.

    s is the stride, d the dilation, p the padding. As everywhere in the field this is a correlation: the kernel is not
    turned around.

    Shapes: x (N, H, W, C) to y (N, H', W', O), with W (O, KH, KW, C / groups), b (O,) and
    H' = (H + 2 p - d (KH - 1) - 1) // s + 1; W' likewise. PyTorch's weight is W.transpose(0, 3, 1, 2).

    backward: dx[u, v, c] = the sum of W[o, k, l, c] g[i, j, o] wherever s i + d k - p = u and s j + d l - p = v.
    update: dW[o, k, l, c] = the sum of g[i, j, o] x[s i + d k - p, s j + d l - p, c] over the examples, i and j;
    db[o] = the sum of g[i, j, o].

    Args:
        out_channels: O. kernel_size, stride, padding, dilation: a number, or one for each axis. padding counts zeros on
            each side; "same" gives y the size of x, with the odd zero at the end. groups: how many parts the channels
            fall into, each part of y seeing its part of x. bias: whether there is a b. init: how W starts, a name from
            layers.initializers; b starts at 0. in_channels: C, known from the input if not given
            (PyTorch has it first).

    Raises ValueError for a kernel larger than the padded input, channels that groups do not divide, "same" with a
    stride, another number of channels, and images with their channels first where that can be told.

    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
    """


def require_channels(layer, input_shape, channels):
    """ValueError unless an example has the layer's channels, last, in as many groups."""
    channels = channels or (layer.input_shape[-1] if layer.built else None)
    if channels not in (None, input_shape[-1]):
        got = batch(input_shape) + channels_first_advice(input_shape, channels)
        raise ValueError(f"{layer.label} expected {channels} channels, got {got}")
    if channels is None and layer._sees_data and looks_channels_first(input_shape):
        got = batch(input_shape) + channels_first_advice(input_shape)
        escape = "If they are {}x{} pixels of {} channels, say in_channels={}".format(*input_shape, input_shape[-1])
        raise ValueError(f"{layer.label} expected images (N, H, W, C), got {got}. {escape}")
    if input_shape[-1] % layer.groups:
        raise ValueError(
            f"{layer.label} expected channels that its {layer.groups} groups divide, got {batch(input_shape)}"
        )
