"""The bank: wrong formulas that students write, by class, output and bug.

An output (y, dx, a parameter's gradient, a running statistic) that equals such an expression on two seeds has the bug.
Expressions see x, g, y, dx as they should be (a loss's: z, t), parameters and settings by name, N, np, and what
PRELUDES define for the class. They are text, so that the same line can make a mutant of somebody's class.
"""

import re
from contextlib import suppress

import numpy as np

MEANS = """\
def m(v): return v.mean(axes, keepdims=True)
R = x.size / m(x).size
"""
MEANS_OF_GROUPS = """\
def m(v):
    parts = v.reshape(len(v), -1, num_groups, v.shape[-1] // num_groups)
    return np.broadcast_to(parts.mean((1, 3), keepdims=True), parts.shape).reshape(v.shape)
R = x[0].size / num_groups
"""
MOMENTS = """\
mean = m(x)
var = m((x - mean) ** 2)
inv = 1 / np.sqrt(var + eps)
xhat = (x - mean) * inv
h = g * gamma
"""
FOLLOWED = """\
mu, s2 = mean.ravel(), var.ravel()
old_mean, old_var, rate = running_mean, running_var, momentum
new_mean = (1 - rate) * old_mean + rate * mu
new_var = (1 - rate) * old_var + rate * s2 * R / (R - 1)
"""
PROBABILITIES = """\
q = np.exp(z - z.max(1, keepdims=True))
p = q / q.sum(1, keepdims=True)
y = np.eye(z.shape[1])[t] if t.ndim == 1 else t
"""
PRELUDES = {  # by class: what its expressions are made of
    "Softmax": "p = y\nq = p / p.max(-1, keepdims=True)",
    "LogSoftmax": "p = np.exp(y)",
    "CrossEntropy": PROBABILITIES,
    "BatchNorm": "axes = tuple(range(x.ndim - 1))\n" + MEANS + MOMENTS + FOLLOWED,
    "InstanceNorm": "axes = tuple(range(1, x.ndim - 1))\n" + MEANS + MOMENTS,
    "LayerNorm": "axes = (-1,)\n" + MEANS + MOMENTS,
    "GroupNorm": MEANS_OF_GROUPS + MOMENTS,
}
LEGEND = {  # what the short names stand for
    "h": "h = g * gamma",
    "m": "m(...) the mean over what is normalized together",
    "inv": "inv = 1 / sqrt(var + eps)",
    "R": "R the number of entries of a mean",
    "p": "p the probabilities",
    "q": "q = exp(logits - their maximum)",
    "mu": "mu the batch's mean",
    "s2": "s2 the batch's variance",
    "rate": "rate the momentum",
}

NORMALIZATION = {
    "dx": {
        "batchnorm-mean-term": ["(h - xhat * m(h * xhat)) * inv"],
        "batchnorm-variance-term": ["(h - m(h)) * inv"],
        "batchnorm-constant-statistics": ["h * inv"],
        "batchnorm-gamma": ["(g - m(g) - xhat * m(g * xhat)) * inv"],
    },
    "d.gamma": {
        "batchnorm-gamma": [
            "(g * x).sum(tuple(range(x.ndim - 1)))",
            "(g * (x - mean)).sum(tuple(range(x.ndim - 1)))",
        ],
    },
    "y": {
        "batchnorm-formula": [
            "gamma * (x - mean) / np.sqrt(var * R / (R - 1) + eps) + beta",
            "gamma * (x - mean) / (np.sqrt(var) + eps) + beta",
            "gamma * (x - mean) / np.sqrt(var) + beta",
            "gamma * (x - mean) / (var + eps) + beta",
            "gamma * (x - mean) / (np.sqrt(var * R / (R - 1)) + eps) + beta",
            "gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + eps) + beta",
            "gamma * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) + beta",
            "gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta",
            "gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta",
        ],
    },
}
BANK = {
    "Sigmoid": {
        "dx": {
            "derivative-of-pre-activation": ["g * x * (1 - x)"],
            "activation-applied-twice": ["g / (1 + np.exp(-y)) * (1 - 1 / (1 + np.exp(-y)))"],
        },
    },
    "Tanh": {
        "dx": {
            "derivative-of-pre-activation": ["g * (1 - x**2)"],
            "activation-applied-twice": ["g * (1 - np.tanh(y) ** 2)"],
        },
    },
    "ReLU": {
        "dx": {
            "mask-from-g": ["g * (g > 0)"],
            "mask-missing": ["g"],
            "g-ignored": ["1.0 * (x > 0)"],
        },
    },
    "Softmax": {
        "dx": {
            "softmax-diagonal-only": ["g * p * (1 - p)"],
            "softmax-sum-missing": ["p * g", "p * (g - g.sum(-1, keepdims=True))", "g * p - p**2"],
            "softmax-over-wrong-axis": [
                "p * (g - (g * p).sum(0))",
                "p * (g - (g * p).sum(1, keepdims=True))",
                "p * (g - (g * p).sum())",
            ],
            "derivative-of-pre-activation": ["x * (g - (g * x).sum(-1, keepdims=True))"],
        },
        "y": {
            "softmax-over-wrong-axis": [
                "np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0)",
                "np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)",
                "np.exp(x - x.max()) / np.exp(x - x.max()).sum()",
                "q / q.sum(0)",
                "q / q.sum()",
            ],
        },
    },
    "LogSoftmax": {
        "dx": {
            "softmax-diagonal-only": ["g * (1 - p)"],
            "softmax-sum-missing": ["g", "g - p", "g - p * g"],
            "softmax-over-wrong-axis": ["g - p * g.sum(0)", "g - p * g.sum()"],
        },
        "y": {
            "softmax-over-wrong-axis": [
                "x - x.max(0) - np.log(np.exp(x - x.max(0)).sum(0))",
                "x - x.max() - np.log(np.exp(x - x.max()).sum())",
            ],
        },
    },
    "CrossEntropy": {
        "dp": {
            "one-hot-not-subtracted": ["p / N", "p", "(p - 1) / N"],
            "softmax-over-wrong-axis": [
                "(np.exp(z - z.max(0)) / np.exp(z - z.max(0)).sum(0) - y) / N",
                "(np.exp(z - z.max()) / np.exp(z - z.max()).sum() - y) / N",
                "(q / q.sum(0) - y) / N",
            ],
        },
        "l": {
            "softmax-over-wrong-axis": [
                "-(y * np.log(np.exp(z) / np.exp(z).sum(0))).sum() / N",
                "-(y * np.log(np.exp(z) / np.exp(z).sum())).sum() / N",
                "-(y * np.log(q / q.sum(0))).sum() / N",
            ],
        },
    },
    "BinaryCrossEntropyWithLogits": {
        "dp": {"one-hot-not-subtracted": ["1 / (1 + np.exp(-z)) / z.size", "1 / (1 + np.exp(-z))"]},
    },
    "MSE": {"l": {"broadcast-to-square": ["((z[:, None] - t[None]) ** 2).mean()"]}},
    "MAE": {"l": {"broadcast-to-square": ["np.abs(z[:, None] - t[None]).mean()"]}},
    "Dense": {"d.b": {"bias-gradient-over-wrong-axis": ["g.sum(1)"]}},
    "InstanceNorm": NORMALIZATION,
    "GroupNorm": NORMALIZATION,
    "LayerNorm": NORMALIZATION,
    "BatchNorm": {
        "dx": {**NORMALIZATION["dx"], "mode-ignored": ["h / np.sqrt(running_var + eps)"]},
        "d.gamma": NORMALIZATION["d.gamma"],
        "y": {
            **NORMALIZATION["y"],
            "mode-ignored": [
                "gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta",
                "gamma * (x - new_mean) / np.sqrt(new_var + eps) + beta",
            ],
        },
        "state.running_mean": {
            "running-statistics": [
                "rate * old_mean + (1 - rate) * mu",
                "(1 - rate) * old_mean + mu",
                "old_mean + rate * mu",
                "old_mean",
                "mu",
            ],
        },
        "state.running_var": {
            "running-statistics": [
                "rate * old_var + (1 - rate) * s2 * R / (R - 1)",
                "rate * old_var + (1 - rate) * s2",
                "(1 - rate) * old_var + rate * s2",
                "(1 - rate) * old_var + rate * np.sqrt(s2)",
                "(1 - rate) * old_var + rate * np.sqrt(s2) * R / (R - 1)",
                "(1 - rate) * old_var + rate * np.sqrt(s2 * R / (R - 1))",
                "(1 - rate) * old_var + rate * np.sqrt(s2 + eps)",
                "(1 - rate) * old_var + rate / inv.ravel()",
            ],
        },
    },
}


def formulas(name, output):
    """[(bug, expression)] of a class's wrong formulas for one of its outputs."""
    bugs = BANK.get(name, {}).get(output, {})
    return [(bug, expression) for bug, expressions in bugs.items() for expression in expressions]


def evaluate(name, expression, values):
    """The expression's value for the class `name`, given x, g, the parameters and settings; None where it has none."""
    scope = {"np": np, **values}
    try:
        with np.errstate(all="ignore"):
            with suppress(NameError):  # its last lines, where statistics are kept under names of the subject's own
                exec(PRELUDES.get(name, ""), scope)
            return np.asarray(eval(expression, scope), float)
    except (ValueError, IndexError, KeyError, NameError, TypeError):
        return None  # an expression for other shapes or settings than these


def legend(expression):
    """What the short names in an expression stand for: "; h = g * gamma"."""
    used = [words for name, words in LEGEND.items() if re.search(rf"\b{name}\b", expression)]
    return "".join(f"; {words}" for words in used)
