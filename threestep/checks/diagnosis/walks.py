"""Walks: how an optimizer with a bug moves the parameters w, as programs of a line, by class and bug.

A program is carried out in each step t, counted from 1, with the gradient g. What it assigns stays for the next step;
v and m start at 0. It sees lr, momentum as mu, weight_decay as decay, betas as b1 and b2, eps, and RMSprop's alpha.
"""

import numpy as np

DECAY = "g = g + decay * w; "
APART = "w = w * (1 - lr * decay); "  # AdamW's
M, V = "m = b1 * m + (1 - b1) * g; ", "v = b2 * v + (1 - b2) * g**2; "
STEP = "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)"

SGD = {
    "momentum-sign": [
        "v = mu * v - lr * g; w = w - v",
        "v = mu * v + lr * g; w = w + v",
        "v = mu * v - g; w = w - lr * v",
        "v = g - mu * v; w = w - lr * v",
        "v = mu * v - g; w = w - lr * (g + mu * v)",
    ],
    "momentum-convention": [
        "v = mu * v + (1 - mu) * g; w = w - lr * v",
        "v = (1 - mu) * v + mu * g; w = w - lr * v",
        "v = mu * v - lr * g; w = w + lr * v",
        "v = mu * v + lr * g; w = w - lr * v",
        "v = mu * v + g; w = w - v",
        "v = mu * v + g; w = w - lr * v",
        "v = mu * v + g; w = w - lr * (g + mu * v)",
        "v = mu * v - lr * g; w = w + mu * v - lr * g",
        "v = mu * v + g; w = w - lr * mu * v",
        "v = mu * v + g; w = w - lr * g - mu * v",
        "v = mu * (v + g); w = w - lr * v",
        "v = v + g; w = w - lr * v",
        "w = w - lr * g",
    ],
}
ADAM = {
    "adam-step-count": [
        M + V + "w = w - lr * (m / (1 - b1 ** (t + 1))) / (np.sqrt(v / (1 - b2 ** (t + 1))) + eps)",
        M + V + "w = w - lr * (m / (1 - b1 ** (t - 1))) / (np.sqrt(v / (1 - b2 ** (t - 1))) + eps)",
        M + V + "w = w - lr * (m / (1 - b1 ** (t + 1))) / (np.sqrt(v / (1 - b2**t)) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2 ** (t + 1))) + eps)",
        M + V + "w = w - lr * (m / (1 - b1 ** (t - 1))) / (np.sqrt(v / (1 - b2**t)) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2 ** (t - 1))) + eps)",
        M + V + "w = w - lr * (m / (1 - b1)) / (np.sqrt(v / (1 - b2)) + eps)",
    ],
    "adam-formula": [
        M + V + "w = w - lr * m / (np.sqrt(v) + eps)",
        M + V + "w = w - lr * m / (np.sqrt(v / (1 - b2**t)) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / (v / (1 - b2**t) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + eps)",
        M + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt((v + eps) / (1 - b2**t))",
        M + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t))",
        M + V + "w = w - lr * g / (np.sqrt(v / (1 - b2**t)) + eps)",
        M + "v = b2 * v + (1 - b2) * np.abs(g); " + STEP,
        M + "v = b2 * v + (1 - b2) * g; " + STEP,
        M + "v = b2 * v + g**2; " + STEP,
        M + "v = (1 - b2) * v + b2 * g**2; " + STEP,
        M + "v = (b2 * v + (1 - b2) * g) ** 2; " + STEP,
        "m = b1 * m + (1 - b1) * g**2; " + V + STEP,
        "m = b1 * m + g; " + V + STEP,
        "m = (1 - b1) * m + b1 * g; " + V + STEP,
    ],
}
SQUARE = "v = alpha * v + (1 - alpha) * g**2; "
RMSPROP = {
    "adam-formula": [
        SQUARE + "w = w - lr * g / (v + eps)",
        "v = alpha * v + (1 - alpha) * np.abs(g); w = w - lr * g / (np.sqrt(v) + eps)",
        "v = alpha * v + (1 - alpha) * g; w = w - lr * g / (np.sqrt(v) + eps)",
        "v = (1 - alpha) * v + alpha * g**2; w = w - lr * g / (np.sqrt(v) + eps)",
        "v = alpha * v + g**2; w = w - lr * g / (np.sqrt(v) + eps)",
    ],
    "momentum-convention": [
        SQUARE + "m = mu * m + (1 - mu) * g / (np.sqrt(v) + eps); w = w - lr * m",
    ],
}
ADAGRAD = {
    "adam-formula": [
        "v = v + g**2; w = w - lr * g / (v + eps)",
        "v = v + np.abs(g); w = w - lr * g / (np.sqrt(v) + eps)",
        "v = g**2; w = w - lr * g / (np.sqrt(v) + eps)",
    ],
}


def with_decay(first, table, **more):
    """The programs of a table, each after a first line, and more of them: {bug: [program]}."""
    return {bug: [first + line for line in lines] for bug, lines in table.items()} | more


WALKS = {
    "SGD": with_decay(DECAY, SGD),
    "Adam": with_decay(DECAY, ADAM, regularizer=[APART + M + V + STEP]),
    "AdamW": with_decay(APART, ADAM, regularizer=[DECAY + M + V + STEP]),
    "RMSprop": with_decay(DECAY, RMSPROP),
    "Adagrad": with_decay(DECAY, ADAGRAD),
}


def walk(program, theta, gradients, settings):
    """theta after each of the steps, (steps, n)."""
    names = {"lr": "lr", "momentum": "mu", "weight_decay": "decay", "eps": "eps", "alpha": "alpha"}
    scope = {"np": np, "w": theta, "v": np.zeros_like(theta), "m": np.zeros_like(theta)}
    scope |= {short: np.float64(settings[name]) for name, short in names.items() if name in settings}
    scope |= dict(zip(("b1", "b2"), map(np.float64, settings.get("betas", ())), strict=False))
    code, path = compile(program, "program", "exec"), []
    with np.errstate(all="ignore"):
        for t, g in enumerate(gradients, start=1):
            scope |= {"t": t, "g": g}
            exec(code, scope)
            path.append(scope["w"])
    return np.array(path)
