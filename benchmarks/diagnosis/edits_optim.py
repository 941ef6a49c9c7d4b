"""Changed lines of optim/: rows of the table in mutants.py."""

STEP = "theta -= scratch"
AWAY = "theta = theta - scratch"  # what the caller never sees
DECAYED = "g = g + weight_decay * theta"
ADAM_T = 't = self.state["steps"]'
SWAPPED = "b2, b1 = self.betas"
M_CORRECTED, V_CORRECTED = "scratch *= lr / (1 - b1**t)", "scratch *= 1 / sqrt(1 - b2**t)\n        scratch += self.eps"
SQUARE = "blend(v, np.multiply(g, g, out=scratch), b2, scratch)"
LION = "np.sign(direction, out=direction)"
SGD_ROOT = "            np.multiply(g, lr, out=scratch)\n"
SGD_DECAY = "np.multiply(theta, weight_decay, out=scratch)\n            scratch += g"
UP = "theta += scratch"
ADAGRAD_ROOT, RMS_ROOT = "np.sqrt(total, out=scratch)", "np.sqrt(square, out=scratch)"

DECAYING = "SGD(0.1, weight_decay=0.2)"
MOMENTUM = "SGD(0.1, momentum=0.9)"

EDITS = {
    ("sgd",): [
        ("SGD(0.1)", "sign-flipped", STEP, UP),
        (MOMENTUM, "momentum-sign", STEP, UP),
        (MOMENTUM, "momentum-sign", "velocity += g", "velocity -= g"),
        ("SGD(0.1, momentum=0.9, nesterov=True)", "momentum-sign", STEP, UP, "theta -= lr * g", "theta += lr * g"),
        (MOMENTUM, "momentum-convention", "velocity += g", "velocity += (1 - self.momentum) * g"),
        (MOMENTUM, "momentum-convention", "if self.nesterov:", "if True:"),
        ("SGD(0.1, momentum=0.9, nesterov=True)", "momentum-convention", "if self.nesterov:", "if False:"),
        ("SGD(0.1)", "factor-of-two", SGD_ROOT, SGD_ROOT.replace("lr,", "lr / 2,")),
        ("SGD(0.1)", "factor-of-two", SGD_ROOT, SGD_ROOT.replace("lr,", "2 * lr,")),
        ("SGD(0.1)", "optimizer-rebinds", STEP, AWAY),
        (MOMENTUM, "optimizer-rebinds", STEP, AWAY),
        ("SGD(0.1)", "optimizer-rebinds", SGD_ROOT, SGD_ROOT + "            g *= 0\n"),
        (DECAYING, "optimizer-rebinds", SGD_DECAY + "\n            g = scratch", "g += weight_decay * theta"),
        (DECAYING, "regularizer", SGD_DECAY, SGD_DECAY.replace("weight_decay,", "2 * weight_decay,")),
        (DECAYING, "regularizer", SGD_DECAY, SGD_DECAY.replace("weight_decay,", "-weight_decay,")),
        (DECAYING, "regularizer", "if weight_decay:", "if False:"),
    ],
    ("adam",): [
        ("Adam(0.01)", "adam-step-count", ADAM_T, ADAM_T + " + 1"),
        ("Adam(0.01)", "adam-step-count", ADAM_T, ADAM_T + " - 1"),
        ("Adam(0.01)", "adam-step-count", ADAM_T, "t = 1"),
        ("Adam(0.01)", "adam-formula", M_CORRECTED, "scratch *= lr"),
        ("Adam(0.01)", "adam-formula", V_CORRECTED, "scratch += self.eps"),
        ("Adam(0.01)", "adam-formula", M_CORRECTED, "scratch *= lr", V_CORRECTED, "scratch += self.eps"),
        ("Adam(0.01)", "adam-formula", "b1, b2 = self.betas", SWAPPED),
        ("Adam(0.01)", "adam-formula", SQUARE, SQUARE.replace("np.multiply(g, g, out=scratch)", "np.abs(g)")),
        ("Adam(0.01)", "adam-formula", "np.sqrt(v, out=scratch)", "scratch[...] = v", V_CORRECTED,
         "scratch /= 1 - b2**t\n        scratch += self.eps"),
        ("Adam(0.01, eps=0.1)", "adam-formula", "np.sqrt(v, out=scratch)", "np.sqrt(v + self.eps, out=scratch)",
         V_CORRECTED, V_CORRECTED.replace("\n        scratch += self.eps", "")),
        ("Adam(0.01)", "sign-flipped", STEP, UP),
        ("Adam(0.01)", "optimizer-rebinds", STEP, AWAY),
        ("Adam(0.01)", "optimizer-rebinds", SQUARE, "g *= g\n        blend(v, g, b2, scratch)"),
        ("Adam(0.01)", "factor-of-two", M_CORRECTED, "scratch *= lr / 2 / (1 - b1**t)"),
        ("Adam(0.01, weight_decay=0.3)", "regularizer", DECAYED, "g = g + 2 * weight_decay * theta"),
        ("Adam(0.01, weight_decay=0.3)", "regularizer", DECAYED, "pass"),
        ("AdamW(0.01, weight_decay=0.3)", "regularizer", "theta *= 1 - lr * weight_decay", "pass"),
        ("AdamW(0.01, weight_decay=0.3)", "regularizer", "theta *= 1 - lr * weight_decay",
         "theta *= 1 - 2 * lr * weight_decay"),
        ("AdamW(0.01)", "adam-step-count", ADAM_T, ADAM_T + " + 1"),
        ("AdamW(0.01)", "adam-formula", M_CORRECTED, "scratch *= lr", V_CORRECTED, "scratch += self.eps"),
        ("AdamW(0.01)", "adam-formula", "b1, b2 = self.betas", SWAPPED),
    ],
    ("optimizer", "adam"): [
        ("Adam(0.01)", "adam-step-count", 'int(self.state["steps"]) + 1', 'int(self.state["steps"])'),
        ("Adam(0.01)", "adam-step-count", 'int(self.state["steps"]) + 1', 'int(self.state["steps"]) + 2'),
    ],
    ("optimizer", "sgd"): [
        ("SGD(0.1)", "optimizer-rebinds", "gradient = np.asarray(gradient)",
         "gradient, theta = np.asarray(gradient), theta.copy()"),
    ],
    ("adagrad",): [
        ("RMSprop(0.01)", "adam-formula", RMS_ROOT, "scratch[...] = square"),
        ("RMSprop(0.01)", "adam-formula", "blend(square, np.multiply(g, g, out=scratch), self.alpha, scratch)",
         "blend(square, np.abs(g), self.alpha, scratch)"),
        ("Adagrad(0.05)", "adam-formula", ADAGRAD_ROOT, "scratch[...] = total"),
        ("Adadelta()", "sign-flipped", "theta -= delta", "theta += delta"),
        ("Adadelta()", "optimizer-rebinds", "theta -= delta", "theta = theta - delta"),
        ("Adagrad(0.05, weight_decay=0.3)", "regularizer", "        if weight_decay:\n            " + DECAYED + "\n"
         "        total", "        total"),
        ("RMSprop(0.01, weight_decay=0.3)", "regularizer", "        if weight_decay:\n            " + DECAYED + "\n"
         "        blend(square, np.multiply(g, g, out=scratch), self.alpha", "        blend(square, "
         "np.multiply(g, g, out=scratch), self.alpha"),
        ("RMSprop(0.01, momentum=0.9)", "momentum-sign", "velocity += scratch", "velocity -= scratch"),
        ("RMSprop(0.01, momentum=0.9)", "momentum-convention", "velocity += scratch",
         "velocity += (1 - self.momentum) * scratch"),
        ("RMSprop(0.01)", "factor-of-two", "scratch *= lr\n        theta", "scratch *= 2 * lr\n        theta"),
    ],
    ("sign",): [
        ("Lion(0.01)", "sign-flipped", LION, LION + "\n        direction *= -1"),
        ("Lion(0.01)", "adam-formula", "b1, b2 = self.betas", SWAPPED),
        ("Lion(0.01)", "factor-of-two", LION, LION + "\n        direction *= 2"),
        ("Lion(0.01, weight_decay=0.3)", "regularizer", "theta *= 1 - lr * weight_decay", "pass"),
        ("Rprop(0.01)", "sign-flipped", STEP, UP),
    ],
    ("variants",): [
        ("Adamax(0.01)", "adam-step-count", 'scratch *= lr / (1 - b1 ** self.state["steps"])',
         'scratch *= lr / (1 - b1 ** (self.state["steps"] + 1))'),
        ("Adamax(0.01)", "adam-formula", 'scratch *= lr / (1 - b1 ** self.state["steps"])', "scratch *= lr"),
        ("NAdam(0.01)", "sign-flipped", "theta -= ahead", "theta += ahead"),
        ("NAdam(0.01)", "optimizer-rebinds", "theta -= ahead", "theta = theta - ahead"),
        ("RAdam(0.01)", "adam-formula", "lr /= 1 - b1**t", "pass"),
    ],
}  # fmt: skip
