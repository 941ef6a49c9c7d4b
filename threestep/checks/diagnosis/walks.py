"""Walks: how an optimizer with a bug moves theta, to compare a walk of several steps with.

Each rule is (bug, what it does, step): step(theta, g, t, memory, settings) returns the new theta and keeps what it
needs in the dict `memory`. t counts from 1; settings has lr, momentum, betas, eps, weight_decay and the like by name.
"""

import numpy as np


def sgd(velocity, move, first=None):
    """A rule of SGD: velocity(v, g, mu, lr), then move(w, v, g, mu, lr)."""

    def step(w, g, t, memory, s):
        g = g + s["weight_decay"] * w
        v = memory["v"] = velocity(memory.get("v", np.zeros_like(w)), g, s["momentum"], s["lr"])
        return move(w, v, g, s["momentum"], s["lr"])

    return step


def adam(m=None, v=None, correct=(True, True), shift=(0, 0), swapped=False, move=None, fixed=None, inside=False):
    """A rule of Adam with one of its parts replaced."""

    def step(w, g, t, memory, s):
        b1, b2 = reversed(s["betas"]) if swapped else s["betas"]
        g = g + (s["weight_decay"] * w if s["coupled"] else 0)
        w = w * (1 - s["lr"] * s["weight_decay"]) if not s["coupled"] else w
        first, second = memory.get("m", np.zeros_like(w)), memory.get("v", np.zeros_like(w))
        memory["m"] = m(first, g, b1) if m else b1 * first + (1 - b1) * g
        memory["v"] = v(second, g, b2) if v else b2 * second + (1 - b2) * g * g
        mhat = memory["m"] / (1 - np.float64(b1) ** (fixed or t + shift[0])) if correct[0] else memory["m"]
        vhat = memory["v"] / (1 - np.float64(b2) ** (fixed or t + shift[1])) if correct[1] else memory["v"]
        if inside:  # eps under the root, before the correction
            return w - s["lr"] * mhat / np.sqrt((memory["v"] + s["eps"]) / (1 - s["betas"][1] ** t))
        return move(w, mhat, vhat, s) if move else w - s["lr"] * mhat / (np.sqrt(vhat) + s["eps"])

    return step


def decaying(coupled):
    """Adam with weight decay in the other place."""
    rule = adam()
    return lambda w, g, t, memory, s: rule(w, g, t, memory, {**s, "coupled": coupled})


def heavy(v, g, mu, lr):
    return mu * v + g


def scaled(v, g, mu, lr):
    return mu * v - lr * g


SGD = [
    ("momentum-sign", "w - (mu v - lr g)", sgd(scaled, lambda w, v, g, mu, lr: w - v)),
    ("momentum-sign", "w + (mu v + lr g)", sgd(lambda v, g, mu, lr: mu * v + lr * g, lambda w, v, g, mu, lr: w + v)),
    (
        "momentum-sign",
        "v <- mu v - g with w - lr v",
        sgd(lambda v, g, mu, lr: mu * v - g, lambda w, v, g, mu, lr: w - lr * v),
    ),
    ("momentum-sign", "v <- g - mu v", sgd(lambda v, g, mu, lr: g - mu * v, lambda w, v, g, mu, lr: w - lr * v)),
    (
        "momentum-convention",
        "v <- mu v + (1 - mu) g, a running mean",
        sgd(lambda v, g, mu, lr: mu * v + (1 - mu) * g, lambda w, v, g, mu, lr: w - lr * v),
    ),
    (
        "momentum-convention",
        "v <- (1 - mu) v + mu g",
        sgd(lambda v, g, mu, lr: (1 - mu) * v + mu * g, lambda w, v, g, mu, lr: w - lr * v),
    ),
    ("momentum-convention", "lr in the velocity and in the step", sgd(scaled, lambda w, v, g, mu, lr: w + lr * v)),
    (
        "momentum-convention",
        "v <- mu v + lr g with w - lr v",
        sgd(lambda v, g, mu, lr: mu * v + lr * g, lambda w, v, g, mu, lr: w - lr * v),
    ),
    ("momentum-convention", "v without lr anywhere", sgd(heavy, lambda w, v, g, mu, lr: w - v)),
    ("momentum-convention", "Nesterov's step", sgd(heavy, lambda w, v, g, mu, lr: w - lr * (g + mu * v))),
    (
        "momentum-convention",
        "Nesterov's step, w + mu v - lr g",
        sgd(scaled, lambda w, v, g, mu, lr: w + mu * v - lr * g),
    ),
    ("momentum-convention", "plain momentum", sgd(heavy, lambda w, v, g, mu, lr: w - lr * v)),
    ("momentum-convention", "no momentum at all", sgd(heavy, lambda w, v, g, mu, lr: w - lr * g)),
    ("momentum-convention", "v <- v + g", sgd(lambda v, g, mu, lr: v + g, lambda w, v, g, mu, lr: w - lr * v)),
    (
        "momentum-sign",
        "v <- mu v - g in Nesterov's step",
        sgd(lambda v, g, mu, lr: mu * v - g, lambda w, v, g, mu, lr: w - lr * (g + mu * v)),
    ),
    ("momentum-convention", "mu twice", sgd(heavy, lambda w, v, g, mu, lr: w - lr * mu * v)),
    (
        "momentum-convention",
        "v <- mu (v + g)",
        sgd(lambda v, g, mu, lr: mu * (v + g), lambda w, v, g, mu, lr: w - lr * v),
    ),
    ("momentum-convention", "w - lr g - mu v", sgd(heavy, lambda w, v, g, mu, lr: w - lr * g - mu * v)),
]
ADAM = [
    ("adam-step-count", "t starts at 2", adam(shift=(1, 1))),
    ("adam-step-count", "t + 1 in the correction of m", adam(shift=(1, 0))),
    ("adam-step-count", "t + 1 in the correction of v", adam(shift=(0, 1))),
    ("adam-step-count", "t - 1 in the correction of m", adam(shift=(-1, 0))),
    ("adam-step-count", "t - 1 in the correction of v", adam(shift=(0, -1))),
    ("adam-step-count", "t starts at 0", adam(shift=(-1, -1))),
    ("adam-step-count", "t stays at 1", adam(fixed=1)),
    ("adam-formula", "v of |g|, not of its square", adam(v=lambda v, g, b: b * v + (1 - b) * np.abs(g))),
    ("adam-formula", "no bias correction", adam(correct=(False, False))),
    ("adam-formula", "no bias correction of m", adam(correct=(False, True))),
    ("adam-formula", "no bias correction of v", adam(correct=(True, False))),
    ("adam-formula", "the betas swapped", adam(swapped=True)),
    ("adam-formula", "no root", adam(move=lambda w, m, v, s: w - s["lr"] * m / (v + s["eps"]))),
    ("adam-formula", "eps under the root", adam(move=lambda w, m, v, s: w - s["lr"] * m / np.sqrt(v + s["eps"]))),
    ("adam-formula", "eps under the root, before the correction", adam(inside=True)),
    ("adam-formula", "no eps", adam(move=lambda w, m, v, s: w - s["lr"] * m / np.sqrt(v))),
    ("adam-formula", "v of g, not of its square", adam(v=lambda v, g, b: b * v + (1 - b) * g)),
    ("adam-formula", "m of the squared gradient", adam(m=lambda m, g, b: b * m + (1 - b) * g * g)),
    ("adam-formula", "m without (1 - b1)", adam(m=lambda m, g, b: b * m + g)),
    ("adam-formula", "v without (1 - b2)", adam(v=lambda v, g, b: b * v + g * g)),
    ("adam-formula", "m <- (1 - b1) m + b1 g", adam(m=lambda m, g, b: (1 - b) * m + b * g)),
    ("adam-formula", "v <- (1 - b2) v + b2 g^2", adam(v=lambda v, g, b: (1 - b) * v + b * g * g)),
    ("adam-formula", "g in the place of m", adam(m=lambda m, g, b: g, correct=(False, True))),
    (
        "adam-formula",
        "the square of the sum, (b2 v + (1 - b2) g)^2",
        adam(v=lambda v, g, b: (b * v + (1 - b) * g) ** 2),
    ),
]


def rmsprop(square, root=np.sqrt, averaged=False):
    """A rule of RMSprop: square(v, g, alpha) is the running mean, root what g is divided by."""

    def step(w, g, t, memory, s):
        g = g + s["weight_decay"] * w
        v = memory["v"] = square(memory.get("v", np.zeros_like(w)), g, s["alpha"])
        mean = memory["mean"] = memory.get("mean", 0) * s["alpha"] + (1 - s["alpha"]) * g * s["centered"]
        part, share = g / (root(v - mean**2) + s["eps"]), 1 - s["momentum"] if averaged else 1
        first = memory["momentum"] = s["momentum"] * memory.get("momentum", np.zeros_like(w)) + share * part
        return w - s["lr"] * (first if s["momentum"] else part)

    return step


def adagrad(total, root=np.sqrt):
    """A rule of Adagrad: total(v, g) is the sum, root what g is divided by."""

    def step(w, g, t, memory, s):
        g = g + s["weight_decay"] * w
        v = memory["v"] = total(memory.get("v", np.full_like(w, s.get("initial_accumulator_value", 0))), g)
        return w - s["lr"] / (1 + (t - 1) * s.get("lr_decay", 0)) * g / (root(v) + s["eps"])

    return step


def plain(v):
    return v


RMSPROP = [
    ("adam-formula", "no root", rmsprop(lambda v, g, a: a * v + (1 - a) * g * g, plain)),
    ("adam-formula", "|g| for its square", rmsprop(lambda v, g, a: a * v + (1 - a) * np.abs(g))),
    ("adam-formula", "g for its square", rmsprop(lambda v, g, a: a * v + (1 - a) * g)),
    ("adam-formula", "(1 - alpha) v + alpha g^2", rmsprop(lambda v, g, a: (1 - a) * v + a * g * g)),
    (
        "momentum-convention",
        "a running mean as momentum",
        rmsprop(lambda v, g, a: a * v + (1 - a) * g * g, averaged=True),
    ),
    ("adam-formula", "no (1 - alpha)", rmsprop(lambda v, g, a: a * v + g * g)),
]
ADAGRAD = [
    ("adam-formula", "no root", adagrad(lambda v, g: v + g * g, plain)),
    ("adam-formula", "|g| for its square", adagrad(lambda v, g: v + np.abs(g))),
    ("adam-formula", "the last square, not the sum", adagrad(lambda v, g: g * g)),
]
WALKS = {
    "SGD": SGD,
    "Adam": [("regularizer", "weight decay apart from the gradient, AdamW's", decaying(coupled=False)), *ADAM],
    "AdamW": [("regularizer", "weight decay added to the gradient, Adam's", decaying(coupled=True)), *ADAM],
    "RMSprop": RMSPROP,
    "Adagrad": ADAGRAD,
}


def walk(step, theta, gradients, settings):
    """theta after each of the steps, (steps, n)."""
    memory, path = {}, []
    with np.errstate(all="ignore"):
        for t, g in enumerate(gradients, start=1):
            theta = step(theta, g, t, memory, settings)
            path.append(theta)
    return np.array(path)
