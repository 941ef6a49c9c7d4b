"""Changed lines of layers/: rows of the table in mutants.py."""

DW = 'np.dot(g.T, x, out=self.grads["W"])'
DB = 'sum_rows(g, out=self.grads["b"])'
DX = 'return g @ self.params["W"] if input_gradient else None'
KEEP_G = "self.g = g  # (N, M)"
Y = 'self.x = x  # (N, D)\n        y = x @ self.params["W"].T  # (N, M)'
RETURN = '            y += self.params["b"]\n        return y'
BUFFER = """self.x = x
        y = x @ self.params["W"].T
        old = getattr(self, "buffer", None)
        if old is not None and old.shape == y.shape and old.dtype == y.dtype:
            old[...] = y
            y = old
        self.buffer = y"""

SIGMOID = "return g * (self.y * (1 - self.y))"
TANH = "return g * (1 - self.y * self.y)"
RELU = "return g * (self.y > 0)"
LEAKY = "return x * self.slope\n\n    def backward(self, g):\n        return g * self.slope"
ELU = "* self.scale\n\n    def backward(self, g):\n        return g * self.slope"
LEAKY_FROM_G = LEAKY.replace("return g * self.slope", "return np.where(g > 0, g, self.negative_slope * g)")
PRELU = 'return np.where(self.x > 0, g, g * self.params["a"])'
DA = 'sum_rows(terms.reshape(-1, self.num_parameters), out=self.grads["a"])'
SOFTMAX = "return self.p * (g - (g * self.p).sum(axis=-1, keepdims=True))"
LOG = "return g - np.exp(self.y) * g.sum(axis=-1, keepdims=True)"
FIRST_Y = "self.y = np.maximum(x, 0)\n        return self.y"

EDITS = {
    ("dense",): [
        ("Dense(3)", "gradient-transposed", DW, 'self.grads["W"] = x.T @ g'),
        ("Dense(7)", "gradient-transposed", DW, 'self.grads["W"] = x.T @ g', (7,)),
        ("Dense(3)", "divided-by-n-twice", DW, 'self.grads["W"] = g.T @ x / len(x)'),
        ("Dense(3)", "mean-over-wrong-count", DW, 'self.grads["W"] = g.T @ x / g.size'),
        ("Dense(3)", "factor-of-two", DW, 'self.grads["W"] = 2 * g.T @ x'),
        ("Dense(3)", "sign-flipped", DW, 'self.grads["W"] = -g.T @ x'),
        ("Dense(3)", "accumulates", DW, 'self.grads["W"] += g.T @ x'),
        ("Dense(3)", "accumulates", DB, 'self.grads["b"] += g.sum(axis=0)'),
        ("Dense(3)", "regularizer", DW, 'self.grads["W"] = g.T @ x + 0.01 * self.params["W"]'),
        ("Dense(3)", "regularizer", DW, 'self.grads["W"] = g.T @ x + 0.5 * self.params["W"]'),
        ("Dense(3)", "update-takes-step", DW, DW + '\n        self.params["W"] -= 0.01 * self.grads["W"]'),
        ("Dense(3)", "bias-gradient-averaged", DB, 'self.grads["b"] = g.mean(axis=0)'),
        ("Dense(3)", "bias-gradient-not-summed", DB, 'self.grads["b"] = g'),
        ("Dense(3)", "bias-gradient-not-summed", DB, 'self.grads["b"] = self.g.sum(axis=0)', (4, 7)),
        ("Dense(3)", "bias-gradient-over-wrong-axis", DB, 'self.grads["b"] = g.sum(axis=1)'),
        ("Dense(3)", "column-for-vector", DB, 'self.grads["b"] = g.sum(axis=0, keepdims=True)'),
        ("Dense(3)", "column-for-vector", DB, 'self.grads["b"] = g.T.sum(axis=1, keepdims=True)'),
        ("Dense(3)", "sign-flipped", DX, DX.replace("g @", "-g @")),
        ("Dense(3)", "g-ignored", DX, DX.replace("g @", "np.ones_like(g) @")),
        ("Dense(3)", "divided-by-n-twice", DX, DX.replace("g @", "g / len(g) @")),
        ("Dense(3)", "nonlinear-in-g", KEEP_G, "self.g = g = np.clip(g, -0.5, 0.5)"),
        ("Dense(3)", "nonlinear-in-g", KEEP_G, "self.g = g = g / (np.linalg.norm(g) + 1e-12)"),
        ("Dense(3)", "backward-after-step", KEEP_G, KEEP_G + '\n        self.params["W"] -= 0.1 * g.T @ self.x'),
        ("Dense(3)", "backward-after-step", KEEP_G, KEEP_G + '\n        self.params["W"] -= 0.01 * g.T @ self.x'),
        ("Dense(3)", "stale-cache", "self.x = x  # (N, D)", 'self.x = getattr(self, "x", x)'),
        ("Dense(3)", "writes-into-input", Y, Y.replace("= x  # (N, D)", "= x.copy()") + "\n        x *= 0"),
        ("Dense(3)", "shares-memory", Y, BUFFER),
        ("Dense(3)", "integers", RETURN, RETURN + ".astype(int)"),
        ("Dense(3)", "promoted-to-float64", RETURN, RETURN + ".astype(np.float64)"),
        ("Dense(1)", "broadcast-to-square", RETURN, RETURN.replace("y += ", "y = y + len(x) * ").replace(
            'len(x) * self.params["b"]', 'self.params["b"].repeat(len(x))')),
    ],
    ("activations",): [
        ("Sigmoid()", "sign-flipped", SIGMOID, "return g * self.y * (self.y - 1)"),
        ("Sigmoid()", "g-ignored", SIGMOID, "return self.y * (1 - self.y)"),
        ("Sigmoid()", "factor-of-two", SIGMOID, "return 0.5 * g * self.y * (1 - self.y)"),
        ("Sigmoid()", "activation-applied-twice", SIGMOID, "s = sigmoid(self.y)\n        return g * s * (1 - s)"),
        ("Sigmoid()", "activation-applied-twice", "self.y = sigmoid(x)", "self.y = sigmoid(sigmoid(x))"),
        ("Tanh()", "activation-applied-twice", "self.y = np.tanh(x)", "self.y = np.tanh(np.tanh(x))"),
        ("Sigmoid()", "derivative-of-pre-activation", "self.y = sigmoid(x)", "self.x = x\n        self.y = sigmoid(x)",
         SIGMOID, "return g * self.x * (1 - self.x)"),
        ("Sigmoid()", "promoted-to-float64", "self.y = sigmoid(x)", "self.y = sigmoid(x.astype(np.float64))"),
        ("Sigmoid()", "stale-cache", SIGMOID, 'self.d = getattr(self, "d", self.y * (1 - self.y))\n'
         "        self.d = self.d if self.d.shape == g.shape else self.y * (1 - self.y)\n        return g * self.d"),
        ("Tanh()", "activation-applied-twice", TANH, "return g * (1 - np.tanh(self.y) ** 2)"),
        ("Tanh()", "derivative-of-pre-activation", "self.y = np.tanh(x)", "self.x, self.y = x, np.tanh(x)", TANH,
         "return g * (1 - self.x * self.x)"),
        ("Tanh()", "writes-into-input", "self.y = np.tanh(x)", "self.y = np.tanh(x, out=x).copy()"),
        ("Tanh()", "nonlinear-in-g", TANH, "return np.tanh(g) * (1 - self.y * self.y)"),
        ("Tanh()", "sign-flipped", TANH, "return g * (self.y * self.y - 1)"),
        ("HardSigmoid()", "mask-missing", "return g * self.between / 6", "return g / 6"),
        ("HardSigmoid()", "g-ignored", "return g * self.between / 6", "return self.between.astype(g.dtype) / 6"),
        ("Hardtanh()", "mask-missing", "return g * self.between\n", "return g.copy()\n"),
        ("Hardtanh()", "mask-from-g", "return g * self.between\n", "return g * (np.abs(g) < 1)\n"),
        ("Softsign()", "sign-flipped", "return g / self.d / self.d", "return -g / self.d / self.d"),
        ("Softsign()", "g-ignored", "return g / self.d / self.d", "return 1 / self.d / self.d"),
    ],
    ("rectifiers",): [
        ("ReLU()", "mask-from-g", RELU, "return g * (g > 0)"),
        ("ReLU()", "mask-from-g", RELU, "return np.maximum(g, 0)"),
        ("ReLU()", "mask-missing", RELU, "return g * (self.y >= 0)"),
        ("ReLU()", "g-ignored", RELU, "return (self.y > 0).astype(g.dtype)"),
        ("ReLU()", "derivative-at-zero", "self.y = np.maximum(x, 0)", "self.x, self.y = x, np.maximum(x, 0)", RELU,
         "return g * (self.x >= 0)"),
        ("ReLU()", "derivative-at-zero", "self.y = np.maximum(x, 0)", "self.x, self.y = x, np.maximum(x, 0)", RELU,
         "return g * np.heaviside(self.x, g.dtype.type(0.5))"),
        ("ReLU()", "writes-into-input", FIRST_Y, "np.maximum(x, 0, out=x)\n        self.y = x.copy()\n"
         "        return self.y"),
        ("ReLU()", "writes-into-input", RELU, "g *= self.y > 0\n        return g.copy()"),
        ("ReLU()", "integers", RELU, "return (g * (self.y > 0)).astype(int)"),
        ("ReLU()", "promoted-to-float64", RELU, "return g * np.where(self.y > 0, 1, 0).astype(np.int64)"),
        ("LeakyReLU(0.1)", "derivative-at-zero", "self.slope = np.where(x > 0,", "self.slope = np.where(x >= 0,"),
        ("LeakyReLU(0.1)", "mask-missing", LEAKY, LEAKY.replace("g * self.slope", "g.copy()")),
        ("LeakyReLU(0.1)", "mask-from-g", LEAKY, LEAKY_FROM_G),
        ("LeakyReLU(0.1)", "promoted-to-float64", "x.dtype.type(1), x.dtype.type(self.negative_slope)",
         "1.0, self.negative_slope"),
        ("PReLU()", "mask-missing", PRELU, "return g.copy()"),
        ("PReLU()", "derivative-at-zero", PRELU, PRELU.replace("self.x > 0", "self.x >= 0")),
        ("PReLU()", "mask-from-g", PRELU, 'return np.where(g > 0, g, g * self.params["a"])'),
        ("PReLU()", "divided-by-n-twice", DA, DA + '\n        self.grads["a"] /= len(self.x)'),
        ("PReLU()", "sign-flipped", DA, DA + '\n        self.grads["a"] *= -1'),
        ("ELU()", "mask-missing", ELU, ELU.replace("g * self.slope", "g.copy()")),
        ("CELU(0.7)", "mask-missing", ELU, ELU.replace("g * self.slope", "g.copy()")),
        ("SELU()", "g-ignored", ELU, ELU.replace("g * self.slope", "self.slope.astype(g.dtype)")),
        ("SELU()", "sign-flipped", ELU, ELU.replace("g * self.slope", "-g * self.slope")),
    ],
    ("softmax",): [
        ("Softmax()", "softmax-diagonal-only", SOFTMAX, "return g * self.p * (1 - self.p)"),
        ("Softmax()", "softmax-diagonal-only", SOFTMAX, "return g * self.p * (1 - self.p)", (4, 6)),
        ("LogSoftmax()", "softmax-diagonal-only", LOG, "return g * (1 - np.exp(self.y))"),
        ("Softmax()", "softmax-sum-missing", SOFTMAX, "return self.p * g"),
        ("Softmax()", "softmax-sum-missing", SOFTMAX, "return self.p * g", (4, 6)),
        ("Softmax()", "softmax-over-wrong-axis", SOFTMAX, SOFTMAX.replace("axis=-1", "axis=1"), (4, 6)),
        ("Softmax()", "softmax-over-wrong-axis", SOFTMAX, SOFTMAX.replace("axis=-1", "axis=0")),
        ("Softmax()", "softmax-over-wrong-axis", "e = np.exp(x - x.max(axis=-1, keepdims=True))",
         "e = np.exp(x - x.max(axis=0))", "e / e.sum(axis=-1, keepdims=True)", "e / e.sum(axis=0)", SOFTMAX,
         SOFTMAX.replace("axis=-1", "axis=0")),
        ("Softmax()", "no-max-shift", "e = np.exp(x - x.max(axis=-1, keepdims=True))", "e = np.exp(x)"),
        ("Softmax()", "g-ignored", SOFTMAX, "return self.p * (1 - self.p)"),
        ("LogSoftmax()", "softmax-sum-missing", LOG, "return g.copy()"),
        ("LogSoftmax()", "softmax-over-wrong-axis", LOG, LOG.replace("axis=-1", "axis=0")),
        ("LogSoftmax()", "no-max-shift", "z = x - x.max(axis=-1, keepdims=True)", "z = x"),
        ("LogSoftmax()", "sign-flipped", LOG, "return np.exp(self.y) * g.sum(axis=-1, keepdims=True) - g"),
    ],
    ("dropout",): [
        ("Dropout(0.3)", "dropout-keeps-p", ">= self.p\n", "< self.p\n"),
        ("Dropout(0.2)", "dropout-keeps-p", "else 1 / (1 - self.p)", "else 1 / self.p"),
        ("Dropout(0.2)", "dropout-keeps-p", ">= self.p\n", "< self.p\n", "else 1 / (1 - self.p)", "else 1 / self.p"),
        ("Dropout(0.3)", "dropout-not-rescaled", "0 if self.p == 1 else 1 / (1 - self.p)", "1"),
        ("SpatialDropout(0.3)", "dropout-not-rescaled", "0 if self.p == 1 else 1 / (1 - self.p)", "1"),
        ("Dropout(0.3)", "dropout-not-rescaled", "else g * self.m", "else g * (self.m > 0)"),
        ("Dropout(0.5)", "dropout-mask", "if not self.training or self.p == 0:", "if self.p == 0:"),
        ("SpatialDropout(0.5)", "dropout-mask", "if not self.training or self.p == 0:", "if self.p == 0:"),
        ("Dropout(0.5)", "dropout-mask", "else g * self.m",
         "else g * (self.rng.random(g.shape) >= self.p).astype(g.dtype) / (1 - self.p)"),
        ("Dropout(0.5)", "dropout-mask", "else g * self.m", "else g / (1 - self.p)"),
        ("Dropout(0.5)", "mode-ignored", "if not self.training or self.p == 0:", "if True:"),
        ("SpatialDropout(0.3)", "dropout-keeps-p", ">= self.p\n", "< self.p\n"),
        ("Dropout(0.5)", "promoted-to-float64", "x.dtype.type(0 if self.p == 1 else 1 / (1 - self.p))",
         "np.full(x.shape, 1 / (1 - self.p))"),
        ("Dropout(0.5)", "writes-into-input", "return x * self.m", "x *= self.m\n        return x.copy()"),
    ],
}  # fmt: skip
