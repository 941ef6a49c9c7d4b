"""The bank: wrong formulas that students write, each with the bug's name, as an expression.

An output of a class (y, dx, a parameter's gradient, a running statistic) that equals such an expression on two seeds
has the bug. Expressions see x, g, y, dx as they should be, parameters and settings by name, N, np, and what PRELUDES
define for the class. They are text, so that the same line can make a mutant of somebody's class.
"""

import re
from contextlib import suppress

import numpy as np

PRELUDES = {
    "Softmax": "p = y",
    "LogSoftmax": "p = np.exp(y)",
    "CrossEntropy": "p = np.exp(z - z.max(1, keepdims=True)); p = p / p.sum(1, keepdims=True)\n"
    "q = p / p.max(1, keepdims=True)\n"
    "y = np.eye(z.shape[1])[t] if t.ndim == 1 else t",
    "BatchNorm": "axes = tuple(range(x.ndim - 1))\n",
    "InstanceNorm": "axes = tuple(range(1, x.ndim - 1))\n",
    "LayerNorm": "axes = (-1,)\n",
    "GroupNorm": "axes = None\n",
}
MOMENTS = (
    "mean = m(x); var = m((x - mean) ** 2); inv = 1 / np.sqrt(var + eps); xhat = (x - mean) * inv; h = g * gamma\n"
)
MEAN = "def m(v): return v.mean(axes, keepdims=True)\nR = x.size / x.mean(axes, keepdims=True).size\n"
GROUPS = """
def m(v):
    parts = v.reshape(len(v), -1, num_groups, v.shape[-1] // num_groups)
    return np.broadcast_to(parts.mean((1, 3), keepdims=True), parts.shape).reshape(v.shape)
R = x[0].size / num_groups
"""
for name in ("BatchNorm", "InstanceNorm", "LayerNorm"):
    PRELUDES[name] += MEAN
PRELUDES["GroupNorm"] += GROUPS
for name in ("BatchNorm", "InstanceNorm", "LayerNorm", "GroupNorm"):
    PRELUDES[name] += MOMENTS
PRELUDES["BatchNorm"] += """
new_mean = (1 - momentum) * running_mean + momentum * mean.ravel()
new_var = (1 - momentum) * running_var + momentum * var.ravel() * R / (R - 1)
"""

NORMALIZATION = [  # (output, bug, expression)
    ("dx", "batchnorm-mean-term", "(h - xhat * m(h * xhat)) * inv"),
    ("dx", "batchnorm-variance-term", "(h - m(h)) * inv"),
    ("dx", "batchnorm-constant-statistics", "h * inv"),
    ("dx", "batchnorm-gamma", "(g - m(g) - xhat * m(g * xhat)) * inv"),
    ("d.gamma", "batchnorm-gamma", "(g * x).sum(tuple(range(x.ndim - 1)))"),
    ("d.gamma", "batchnorm-gamma", "(g * (x - mean)).sum(tuple(range(x.ndim - 1)))"),
    ("y", "batchnorm-formula", "gamma * (x - mean) / np.sqrt(var * R / (R - 1) + eps) + beta"),
    ("y", "batchnorm-formula", "gamma * (x - mean) / (np.sqrt(var) + eps) + beta"),
    ("y", "batchnorm-formula", "gamma * (x - mean) / np.sqrt(var) + beta"),
    ("y", "batchnorm-formula", "gamma * (x - mean) / (var + eps) + beta"),
    ("y", "batchnorm-formula", "gamma * (x - mean) / (np.sqrt(var * R / (R - 1)) + eps) + beta"),
    (
        "y",
        "batchnorm-formula",
        "gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta",
    ),
    (
        "y",
        "batchnorm-formula",
        "gamma * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) + beta",
    ),
    ("y", "batchnorm-formula", "gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta"),
    ("y", "batchnorm-formula", "gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta"),
]
BANK = {
    "Sigmoid": [
        ("dx", "derivative-of-pre-activation", "g * x * (1 - x)"),
        ("dx", "activation-applied-twice", "g / (1 + np.exp(-y)) * (1 - 1 / (1 + np.exp(-y)))"),
    ],
    "Tanh": [
        ("dx", "derivative-of-pre-activation", "g * (1 - x**2)"),
        ("dx", "activation-applied-twice", "g * (1 - np.tanh(y) ** 2)"),
    ],
    "ReLU": [
        ("dx", "mask-from-g", "g * (g > 0)"),
        ("dx", "mask-missing", "g"),
        ("dx", "g-ignored", "1.0 * (x > 0)"),
    ],
    "Softmax": [
        ("dx", "softmax-diagonal-only", "g * p * (1 - p)"),
        ("dx", "softmax-sum-missing", "p * g"),
        ("dx", "softmax-sum-missing", "p * (g - g.sum(-1, keepdims=True))"),
        ("dx", "softmax-sum-missing", "g * p - p**2"),
        ("dx", "softmax-over-wrong-axis", "p * (g - (g * p).sum(0))"),
        ("dx", "softmax-over-wrong-axis", "p * (g - (g * p).sum(1, keepdims=True))"),
        (
            "y",
            "softmax-over-wrong-axis",
            "np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)",
        ),
        ("dx", "softmax-over-wrong-axis", "p * (g - (g * p).sum())"),
        ("dx", "derivative-of-pre-activation", "x * (g - (g * x).sum(-1, keepdims=True))"),
        ("y", "softmax-over-wrong-axis", "np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0)"),
        ("y", "softmax-over-wrong-axis", "np.exp(x - x.max()) / np.exp(x - x.max()).sum()"),
        ("y", "softmax-over-wrong-axis", "p / p.max(-1, keepdims=True) / (p / p.max(-1, keepdims=True)).sum(0)"),
        ("y", "softmax-over-wrong-axis", "p / p.max(-1, keepdims=True) / (p / p.max(-1, keepdims=True)).sum()"),
    ],
    "LogSoftmax": [
        ("dx", "softmax-diagonal-only", "g * (1 - p)"),
        ("dx", "softmax-sum-missing", "g"),
        ("dx", "softmax-sum-missing", "g - p"),
        ("dx", "softmax-sum-missing", "g - p * g"),
        ("dx", "softmax-over-wrong-axis", "g - p * g.sum(0)"),
        ("dx", "softmax-over-wrong-axis", "g - p * g.sum()"),
        ("y", "softmax-over-wrong-axis", "x - x.max(0) - np.log(np.exp(x - x.max(0)).sum(0))"),
        ("y", "softmax-over-wrong-axis", "x - x.max() - np.log(np.exp(x - x.max()).sum())"),
    ],
    "CrossEntropy": [
        ("dp", "one-hot-not-subtracted", "p / N"),
        ("dp", "one-hot-not-subtracted", "p"),
        ("dp", "one-hot-not-subtracted", "(p - 1) / N"),
        ("dp", "softmax-over-wrong-axis", "(np.exp(z - z.max(0)) / np.exp(z - z.max(0)).sum(0) - y) / N"),
        ("dp", "softmax-over-wrong-axis", "(np.exp(z - z.max()) / np.exp(z - z.max()).sum() - y) / N"),
        (
            "dp",
            "softmax-over-wrong-axis",
            "(q / q.sum(0) - y) / N",
        ),
        ("l", "softmax-over-wrong-axis", "-(y * np.log(np.exp(z) / np.exp(z).sum(0))).sum() / N"),
        ("l", "softmax-over-wrong-axis", "-(y * np.log(np.exp(z) / np.exp(z).sum())).sum() / N"),
        ("l", "softmax-over-wrong-axis", "-(y * np.log(q / q.sum(0))).sum() / N"),
    ],
    "BinaryCrossEntropyWithLogits": [
        ("dp", "one-hot-not-subtracted", "1 / (1 + np.exp(-z)) / z.size"),
        ("dp", "one-hot-not-subtracted", "1 / (1 + np.exp(-z))"),
    ],
    "MSE": [
        ("l", "broadcast-to-square", "float(((z[:, None] - t[None]) ** 2).mean())"),
    ],
    "MAE": [
        ("l", "broadcast-to-square", "float(np.abs(z[:, None] - t[None]).mean())"),
    ],
    "Dense": [
        ("d.b", "bias-gradient-over-wrong-axis", "g.sum(1)"),
    ],
    "BatchNorm": [
        *NORMALIZATION,
        ("state.running_mean", "running-statistics", "momentum * running_mean + (1 - momentum) * mean.ravel()"),
        (
            "state.running_var",
            "running-statistics",
            "momentum * running_var + (1 - momentum) * var.ravel() * R / (R - 1)",
        ),
        ("state.running_var", "running-statistics", "momentum * running_var + (1 - momentum) * var.ravel()"),
        ("state.running_var", "running-statistics", "(1 - momentum) * running_var + momentum * var.ravel()"),
        ("state.running_var", "running-statistics", "(1 - momentum) * running_var + momentum * np.sqrt(var.ravel())"),
        (
            "state.running_var",
            "running-statistics",
            "(1 - momentum) * running_var + momentum * np.sqrt(var.ravel() * R / (R - 1))",
        ),
        (
            "state.running_var",
            "running-statistics",
            "(1 - momentum) * running_var + momentum * np.sqrt(var.ravel() + eps)",
        ),
        ("state.running_var", "running-statistics", "(1 - momentum) * running_var + momentum / inv.ravel()"),
        ("state.running_mean", "running-statistics", "running_mean"),
        ("state.running_mean", "running-statistics", "(1 - momentum) * running_mean + mean.ravel()"),
        ("state.running_mean", "running-statistics", "running_mean + momentum * mean.ravel()"),
        (
            "state.running_var",
            "running-statistics",
            "(1 - momentum) * running_var + momentum * np.sqrt(var.ravel()) * R / (R - 1)",
        ),
        ("state.running_mean", "running-statistics", "mean.ravel()"),
        ("y", "mode-ignored", "gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"),
        ("y", "mode-ignored", "gamma * (x - new_mean) / np.sqrt(new_var + eps) + beta"),
        ("dx", "mode-ignored", "h / np.sqrt(running_var + eps)"),
    ],
    "InstanceNorm": NORMALIZATION,
    "GroupNorm": NORMALIZATION,
    "LayerNorm": [(output, bug, line) for output, bug, line in NORMALIZATION if "mean(-1" not in line],
}


LEGEND = {
    "h": "h = g * gamma",
    "m": "m(...) the mean over what is normalized together",
    "inv": "inv = 1 / sqrt(var + eps)",
    "R": "R the number of entries of a mean",
    "p": "p the probabilities",
    "q": "q = exp(logits - their maximum)",
}


def legend(expression):
    """What the short names in an expression stand for: "; h = g * gamma"."""
    used = [words for name, words in LEGEND.items() if re.search(rf"\b{name}\b", expression)]
    return "".join(f"; {words}" for words in used)


def formulas(name, output):
    """[(bug, expression)] of a class's wrong formulas for one of its outputs."""
    return [(bug, line) for what, bug, line in BANK.get(name, ()) if what == output]


def evaluate(name, expression, values):
    """The expression's value for the class `name`, given x, g, the parameters and settings; None where it has none."""
    scope = {"np": np, **values}
    try:
        with np.errstate(all="ignore"):
            with suppress(NameError):  # its last lines, where statistics are kept under names of the subject's own
                exec(PRELUDES.get(name, ""), scope)
            return np.asarray(eval(expression, scope), float)
    except (ValueError, IndexError, KeyError, NameError, TypeError, np.exceptions.AxisError):
        return None  # an expression for other shapes or settings than these
