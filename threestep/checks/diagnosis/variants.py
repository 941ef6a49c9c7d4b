"""Variants: what the right layer gives when it is used wrongly, to hold a wrong layer against."""

from functools import reduce

import numpy as np

BOUNDED = ("Sigmoid", "HardSigmoid", "Tanh", "Hardtanh", "Softsign", "Softmax", "LogSoftmax")
ACTIVATIONS = (*BOUNDED, "ReLU", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus")
POOLS = ("MaxPool1d", "MaxPool2d", "GlobalMaxPool")
WINDOWS = ("Conv1d", "Conv2d", "ConvTranspose2d", "MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d", "Pad")


def forward_variants(case):
    """[(bug, words, y)] for the seed a."""
    if case.name in ACTIVATIONS:
        y = case.true["main.y"]
        yield (
            "activation-applied-twice",
            "is the activation of the activation",
            case.replay("main", {"a.x": y}).get("y"),
        )
    if case.name.startswith("Conv"):
        for words, W in turned(case.arrays["a.params.W"]):
            yield "kernel-flipped", f"is that of {words}", case.replay("main", {"a.params.W": W}).get("y")


def slope_variants(case, name):
    """[(bug, words, array)] for dx or a parameter's gradient."""
    if name == "dx" and case.name == "Upsample":
        yield from (("overlaps-overwritten", words, dx) for words, dx in one_of_each(case))
    if name == "dx" and case.name in (*ACTIVATIONS, "PReLU"):
        x, y, g = case.arrays["a.x"], case.true["main.y"], case.arrays["a.g"]
        yield (
            "activation-applied-twice",
            "is the derivative at y instead of x",
            case.replay("main", {"a.x": y}).get("dx"),
        )
        if g.shape == x.shape:
            yield "mask-from-g", "is the derivative at g instead of x", case.replay("main", {"a.x": g}).get("dx")
        ones = case.replay("main", {"a.g": np.ones_like(g)}).get("dx")
        yield "g-ignored", "is the derivative without the factor g", ones
    if case.name.startswith("Conv") and name == "dx":
        for words, W in turned(case.arrays["a.params.W"]):
            yield "kernel-flipped", f"is that of {words}", case.replay("main", {"a.params.W": W}).get("dx")
    if case.name in WINDOWS and name == "dx" and case.arrays["a.g"].ndim > 2:
        yield from (("padding-off-by-one", words, dx) for words, dx in cut_off(case))
    if case.name.startswith("Conv") and name == "d.W":
        for words, W in turned(case.true["main.d.W"]):
            yield "kernel-flipped", f"is right for {words}", W


def turned(W):
    """[(words, W with its kernel turned)] of a convolution's W, (out, K, in) or (out, KH, KW, in)."""
    axes = tuple(range(1, W.ndim - 1))
    yield "the kernel turned around", np.flip(W, axes)
    for axis in axes[: len(axes) - 1] and axes:
        yield "the kernel mirrored", np.flip(W, axis)
    if len(axes) == 2 and W.shape[1] == W.shape[2]:
        yield "the kernel with its axes swapped", W.swapaxes(1, 2)
    if W.shape[0] == W.shape[-1]:
        yield "the kernel with its channels swapped", W.swapaxes(0, -1)


def overlaps(case):
    """Masks of the entries of x that several windows see: for a maximum, first those that several choose."""
    if case.name in POOLS:
        yield case.replay("main", {"a.g": np.ones_like(case.arrays["a.g"])})["dx"] > 1
    x, y = case.arrays["a.x"], case.true["main.y"]
    if "kernel_size" not in case.settings or case.name.startswith("ConvTranspose"):
        return
    axes = []
    for axis in range(x.ndim - 2):
        kernel, stride, padding, dilation = (
            setting(case, name, axis) for name in ("kernel_size", "stride", "padding", "dilation")
        )
        seen = np.zeros(x.shape[axis + 1])
        for start in stride * np.arange(y.shape[axis + 1]) - padding:
            places = start + dilation * np.arange(kernel)
            seen[places[(places >= 0) & (places < len(seen))]] += 1
        axes.append(seen)
    yield np.broadcast_to(reduce(np.multiply.outer, axes)[..., None], x.shape) > 1


def setting(case, name, axis):
    """A window's setting along an axis."""
    value = case.settings.get(name)
    if value is None:
        return setting(case, "kernel_size", axis) if name == "stride" else {"padding": 0, "dilation": 1}[name]
    if value == "same":
        return (setting(case, "kernel_size", axis) - 1) * setting(case, "dilation", axis) // 2
    return value[axis] if isinstance(value, (tuple, list)) else value


def one_of_each(case):
    """[(words, dx)] where of the several entries of y that come from one of x only the first or last count."""
    g, x = case.arrays["a.g"], case.arrays["a.x"]
    scales = [out // size for out, size in zip(g.shape[1:-1], x.shape[1:-1], strict=True)]
    for axes in ((1,), (2,), (1, 2))[: 3 if g.ndim == 4 else 1]:
        for words, side in (("last", -1), ("first", 0)):
            less = g
            for axis in axes:
                kept = np.arange(g.shape[axis]) % scales[axis - 1] == side % scales[axis - 1]
                less = less * kept.reshape([-1 if a == axis else 1 for a in range(g.ndim)])
            yield (
                f"has only the {words} gradient where several come together",
                case.replay("main", {"a.g": less}).get("dx"),
            )


def cut_off(case):
    """[(words, dx)] with a row or column of g left out, at the end or the beginning."""
    g = case.arrays["a.g"]
    for axes in ((1,), (2,), (1, 2))[: 3 if g.ndim == 4 else 1]:
        for words, side in (("last", -1), ("first", 0)):
            less = g.copy()
            for axis in axes:
                less.swapaxes(0, axis)[side] = 0
            yield f"is that without the {words} windows", case.replay("main", {"a.g": less}).get("dx")


def border(shape, width=1):
    """A mask of the entries within `width` of the border of the axes between the first and the last."""
    inner = (slice(None), *[slice(width, -width)] * (len(shape) - 2), slice(None))
    mask = np.ones(shape, bool)
    mask[inner] = False
    return mask
