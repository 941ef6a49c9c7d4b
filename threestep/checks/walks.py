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


def adam(m=None, v=None, correct=(True, True), shift=(0, 0), swapped=False, move=None, fixed=None):
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
        return move(w, mhat, vhat, s) if move else w - s["lr"] * mhat / (np.sqrt(vhat) + s["eps"])

    return step


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


def decayed(rule, **other):
    """The rule with another weight decay: `factor` times as much, or inside or outside of the moments."""

    def step(w, g, t, memory, s):
        decay = s["weight_decay"] * other.get("factor", 1)
        return rule(w, g, t, memory, {**s, "weight_decay": decay, "coupled": other.get("coupled", s["coupled"])})

    return step


PLAIN = sgd(heavy, lambda w, v, g, mu, lr: w - lr * v)
for rules, rule in ((SGD, PLAIN), (ADAM, adam())):
    rules += [
        ("regularizer", "no weight decay", decayed(rule, factor=0)),
        ("regularizer", "twice the weight decay", decayed(rule, factor=2)),
        ("regularizer", "half the weight decay", decayed(rule, factor=0.5)),
        ("regularizer", "weight decay with its sign turned", decayed(rule, factor=-1)),
        ("regularizer", "weight decay that passes through the moments", decayed(rule, coupled=True)),
        ("regularizer", "weight decay outside of the moments", decayed(rule, coupled=False)),
    ]
WALKS = {"SGD": SGD, "Adam": ADAM, "AdamW": ADAM}


def walk(step, theta, gradients, settings):
    """theta after each of the steps, (steps, n)."""
    memory, path = {}, []
    with np.errstate(all="ignore"):
        for t, g in enumerate(gradients, start=1):
            theta = step(theta, g, t, memory, settings)
            path.append(theta)
    return np.array(path)
