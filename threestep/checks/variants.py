"""Variants: what the right layer gives when it is used wrongly, to hold a wrong layer against."""

import numpy as np

ACTIVATIONS = [
    "ReLU",
    "LeakyReLU",
    "ELU",
    "SELU",
    "CELU",
    "GELU",
    "SiLU",
    "Mish",
    "Softplus",
    "Sigmoid",
    "HardSigmoid",
    "Tanh",
    "Hardtanh",
    "Softsign",
    "Softmax",
    "LogSoftmax",
]
WINDOWS = ("Conv1d", "Conv2d", "ConvTranspose2d", "MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d")


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
    if name == "dx" and case.name in ACTIVATIONS:
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


def hits(case):
    """How many windows see each entry of x (a maximum: choose it), or None where that is not known."""
    if case.name not in WINDOWS or case.name.startswith("ConvTranspose"):
        return None
    changes = {"a.g": np.ones_like(case.arrays["a.g"])}
    changes |= {key: np.ones_like(a) for key, a in case.arrays.items() if key == "a.params.W"}
    dx = case.replay("main", changes).get("dx")
    if dx is None or not dx.any():
        return None
    unit = 1.0
    if case.name.startswith("Conv"):
        unit = case.arrays["a.params.W"].shape[0] / case.settings.get("groups", 1)
    if case.name.startswith("Avg"):
        kernel = case.settings.get("kernel_size", 1)
        unit = 1 / np.prod(kernel if np.iterable(kernel) else [kernel] * (dx.ndim - 2))
    return np.round(dx / unit)


def border(shape, width=1):
    """A mask of the entries within `width` of the border of the axes between the first and the last."""
    inner = (slice(None), *[slice(width, -width)] * (len(shape) - 2), slice(None))
    mask = np.ones(shape, bool)
    mask[inner] = False
    return mask
