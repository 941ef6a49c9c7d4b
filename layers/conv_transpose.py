"""Transposed convolution: from a small image to a large one."""

from math import prod

import numpy as np

from .arguments import whole_numbers
from .conv import Conv, require_channels
from .correlate import adjoint_W, adjoint_x, correlate, exchange
from .guards import batch
from .sums import sum_rows
from .windows import require_axes


class ConvTranspose2d(Conv):
    """y[u, v, o] = b[o] + the sum of W[o, k, l, c] x[i, j, c] wherever s i + d k - p = u and s j + d l - p = v.

    It does to data what Conv2d's backward does to gradients, and its backward does what Conv2d's forward does.

    Shapes: x (N, H, W, C) to y (N, H', W', O), with W (O, KH, KW, C / groups), b (O,) and
    H' = s (H - 1) + d (KH - 1) + 1 - 2 p + output_padding; W' likewise. Without groups, PyTorch's
    weight is W.transpose(3, 0, 1, 2).

    backward: dx[i, j, c] = sum over k, l, o of W[o, k, l, c] g[s i + d k - p, s j + d l - p, o].
    update: dW[o, k, l, c] = the sum of x[i, j, c] g[s i + d k - p, s j + d l - p, o] over the examples, i and j;
    db[o] = the sum of g[u, v, o].

    Args: as Conv2d's, but padding takes entries of y away on each side, and output_padding adds some at the end, where
    several sizes of y are taken to one H by a Conv2d with this stride.

    Raises ValueError where y would have no entries, for an output_padding that is less than neither stride nor
    dilation, and as Conv2d does.

    Source: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 4.
    """

    @property
    def flops_per_entry(self):
        products = 2 * prod(self.input_shape[:-1]) * prod(self.params["W"].shape[1:])  # of x's entries, for each o
        return products / prod(self._built_shape[:-1])

    def __init__(
        self,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        dilation=1,
        groups=1,
        bias=True,
        init="glorot_uniform",
        in_channels=None,
    ):
        whole_numbers("padding", padding, least=0, count=self.axes)  # which refuses "same"
        super().__init__(out_channels, kernel_size, stride, padding, dilation, groups, bias, init, in_channels)
        self.output_padding = output_padding
        more = whole_numbers("output_padding", output_padding, least=0, count=self.axes)
        for n, *steps in zip(more, self._stride, self._dilation, strict=True):
            if n >= max(steps):
                raise ValueError(f"output_padding expected less than stride or dilation, {max(steps)}, got {n}")
        self._padding = tuple((p, p - n) for (p, _), n in zip(self._padding, more, strict=True))  # of y
        self._geometry = self._geometry._replace(padding=self._padding)

    def output_shape(self, input_shape):
        require_axes(self, input_shape, self.axes)
        require_channels(self, input_shape, self.in_channels)
        axes = zip(input_shape, self._stride, self._spans, self._padding, strict=False)
        sizes = tuple(step * (n - 1) + span - sum(pads) for n, step, span, pads in axes)
        if min(sizes) < 1:
            raise ValueError(f"{self.label} would give y of {sizes}: padding takes all of y, got {batch(input_shape)}")
        return (*sizes, self.out_channels)

    def forward(self, x):
        self.x = np.ascontiguousarray(x)  # (N, H, W, C), once in order for all that follows
        y = adjoint_x(self.x, self.exchanged(), self._geometry, self.output_shape(x.shape[1:])[:-1])  # (N, H', W', O)
        if self.bias:
            y += self.params["b"]
        return y

    def backward(self, g, input_gradient=True):
        self.g = g  # (N, H', W', O)
        return correlate(g, self.exchanged(), self._geometry) if input_gradient else None

    def update(self):
        dW = adjoint_W(self.x, self.g, self._geometry, self._kernel)  # (C, KH, KW, O / groups)
        self.grads["W"] = exchange(dW, self.groups)
        if self.bias:
            sum_rows(self.g.reshape(-1, self.out_channels), out=self.grads["b"])  # (O,)

    def exchanged(self):
        """W as the convolution from y to x would have it: (C, KH, KW, O / groups)."""
        return exchange(self.params["W"], self.groups)
