"""Changed lines of layers/ for images, norms and graphs: rows of the table in mutants.py."""

CONV_DB = 'sum_rows(self.g.reshape(-1, self.out_channels), out=self.grads["b"])'
CONV_DW = 'self.grads["W"] = adjoint_W(self.g, self.x, self._geometry, self._kernel)'
CONV_Y = 'correlate(x, self.params["W"], self._geometry)'
CONV_DX = 'return adjoint_x(self.g, self.params["W"], self._geometry, self.x.shape[1:-1]) if input_gradient else None'
KEEP_G = "self.g = np.ascontiguousarray(g)  # (N, H', W', O), once in order for all that follows"
STEP = 'self.params["W"] -= 0.1 * adjoint_W(self.g, self.x, self._geometry, self._kernel)'
CONV_LOOP = """dx, k = np.zeros_like(self.x), self.kernel_size
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                dx[:, i : i + k, j : j + k] = np.tensordot(g[:, i, j], self.params["W"], 1)
        return dx"""
PADS = "tuple((p, p) for p in"
CROP = "padding = ((last - k) * d // s - i, i + count - n)"
LATE = "padding = ((last - k) * d // s - i + 1, i + count - n - 1)"
TURNED = "slice(last, None, -q)"
FREE = "(self.x[entries] == self.y[windows]) & free[windows]"
MAX_LOOP = "for windows, entries in self.taps(dx, self.y):"
MAX_DX, AVG_DX = "dx[entries] += g[windows] * first", "dx[entries] += g[windows]\n"
AVG_ZEROS, MAX_ZEROS = "np.zeros(self.shape, g.dtype), g / self.counts", "np.zeros(self.x.shape, self.x.dtype)"
COUNT = "count = room // stride + 1"

MEAN_TERM = "dx -= cut.over_sets(cut.mean(dxhat))"
VARIANCE_TERM = "dx = xhat * cut.over_sets(-cut.mean(dxhat * xhat))"
INV, VAR = "inv_std = 1 / np.sqrt(var + eps)", "var = cut.mean(np.square(xhat))"
DXHAT = 'dxhat = scale_and_shift(g, self.cut, self.params.get("gamma"))'
HAT = "self.xhat = self.hat(x)"
DGAMMA = "g * self.xhat.reshape(g.shape)"
SUM = "sum_rows(terms, out=self.grads[name].reshape(-1))"
RUNNING_MEAN = '(1 - m) * self.state["running_mean"] + m * mean[0]'
RUNNING_VAR = '(1 - m) * self.state["running_var"] + m * var[0] * (n / (n - 1))'
BY_BATCH = "self.by_batch = self.training and not self.frozen"
HAT_BACK = "return super().hat_backward(dxhat) if self.by_batch else dxhat * self.inv_std"
CUT = "Cut(1, prod(shape[:-1]), shape[-1], groups=shape[-1])"
GN = "GroupNorm(2)"
PAIR = ((4,), (4,))
FAN_OUT = 'Graph("x", {"a": ("x", Tanh()), "y": (["x", "a"], Multiply())}, "y")'

EDITS = {
    ("conv",): [
        ("Conv2d(2, 3)", "bias-gradient-averaged", CONV_DB, 'self.grads["b"] = self.g.mean(axis=(0, 1, 2))'),
        ("Conv2d(2, 3)", "bias-gradient-not-summed", CONV_DB, 'self.grads["b"] = self.g.sum(axis=0)'),
        ("Conv2d(2, 3)", "bias-gradient-over-wrong-axis", CONV_DB, 'self.grads["b"] = self.g.sum(axis=(0, 1, 3))'),
        ("Conv2d(2, 3)", "column-for-vector", CONV_DB, 'self.grads["b"] = self.g.sum(axis=(0, 1, 2))[:, None]'),
        ("Conv2d(2, 3)", "backward-after-step", KEEP_G, KEEP_G + "\n        " + STEP),
        ("Conv2d(2, 3)", "gradient-transposed", CONV_DW, CONV_DW + ".transpose(1, 2, 3, 0)"),
        ("Conv2d(2, 3)", "divided-by-n-twice", CONV_DW, CONV_DW + " / len(self.x)"),
        ("Conv2d(2, 3)", "factor-of-two", CONV_DW, CONV_DW + " / 2"),
        ("Conv2d(2, 3)", "sign-flipped", CONV_DW, CONV_DW.replace("adjoint", "-adjoint")),
        ("Conv2d(2, 3)", "accumulates", CONV_DW, CONV_DW.replace("] = ", "] += ")),
        ("Conv2d(2, 3)", "regularizer", CONV_DW, CONV_DW + ' + 0.1 * self.params["W"]'),
        ("Conv2d(2, 3)", "update-takes-step", CONV_DW, CONV_DW + '\n        self.params["W"] -= 0.1 * self.grads["W"]'),
        ("Conv2d(2, 3)", "kernel-flipped", CONV_Y, CONV_Y.replace('["W"]', '["W"][:, ::-1, ::-1]')),
        ("Conv2d(2, 3, padding=1)", "kernel-flipped", CONV_DX, CONV_DX.replace('["W"]', '["W"][:, ::-1, ::-1]')),
        ("Conv2d(2, 3)", "kernel-flipped", CONV_Y, CONV_Y.replace('["W"]', '["W"].swapaxes(1, 2)')),
        ("Conv1d(2, 3)", "kernel-flipped", CONV_Y, CONV_Y.replace('["W"]', '["W"][:, ::-1]')),
        ("Conv2d(2, 3)", "overlaps-overwritten", CONV_DX, CONV_LOOP),
        ("Conv2d(2, 2)", "overlaps-overwritten", CONV_DX, CONV_LOOP),
        ("Conv2d(2, 3)", "stale-cache", "self.x = x  # (N, H, W, C)", 'self.x = getattr(self, "x", x)'),
        ("Conv1d(2, 3)", "bias-gradient-averaged", CONV_DB, 'self.grads["b"] = self.g.mean(axis=(0, 1))'),
        ("Conv1d(2, 3)", "g-ignored", CONV_DX, CONV_DX.replace("self.g, ", "np.ones_like(self.g), ")),
        ("Conv1d(2, 3)", "divided-by-n-twice", CONV_DW, CONV_DW + " / len(self.x)"),
    ],
    ("windows", "conv"): [
        ("Conv2d(2, 3, padding=1)", "padding-off-by-one", PADS, "tuple((p - 1, p - 1) for p in"),
        ("Conv2d(2, 3, padding=1)", "padding-off-by-one", PADS, "tuple((p + 1, p - 1) for p in"),
        ("Conv1d(2, 3, padding=1)", "padding-off-by-one", PADS, "tuple((p, p - 1) for p in"),
    ],
    ("correlate", "conv"): [
        ("Conv2d(2, 3, padding=1)", "padding-off-by-one", CROP, LATE),
        ("Conv2d(2, 3)", "kernel-flipped", TURNED, "slice(k, last + 1, q)"),
        ("Conv1d(2, 3)", "kernel-flipped", TURNED, "slice(k, last + 1, q)"),
    ],
    ("correlate", "conv", "conv_transpose"): [
        ("ConvTranspose2d(2, 3)", "kernel-flipped", TURNED, "slice(k, last + 1, q)"),
        ("ConvTranspose2d(2, 3)", "padding-off-by-one", CROP, LATE),
    ],
    ("conv_transpose",): [
        ("ConvTranspose2d(2, 2)", "bias-gradient-averaged", CONV_DB, 'self.grads["b"] = self.g.mean(axis=(0, 1, 2))'),
        ("ConvTranspose2d(2, 2)", "bias-gradient-not-summed", CONV_DB, 'self.grads["b"] = self.g.sum(axis=0)'),
        ("ConvTranspose2d(2, 2)", "accumulates", 'self.grads["W"] = exchange', 'self.grads["W"] += exchange'),
        ("ConvTranspose2d(2, 2)", "gradient-transposed", "exchange(dW, self.groups)", "dW"),
        ("ConvTranspose2d(2, 2)", "divided-by-n-twice", "exchange(dW, self.groups)",
         "exchange(dW, self.groups) / len(self.x)"),
        ("ConvTranspose2d(2, 2)", "sign-flipped", "return correlate(g,", "return correlate(-g,"),
    ],
    ("pool",): [
        ("MaxPool2d(3, 2)", "overlaps-overwritten", MAX_DX, MAX_DX.replace("+=", "=")),
        ("MaxPool2d(2, 1)", "overlaps-overwritten", MAX_DX, MAX_DX.replace("+=", "=")),
        ("MaxPool1d(3, 1)", "overlaps-overwritten", MAX_DX, MAX_DX.replace("+=", "=")),
        ("AvgPool2d(3, 2)", "overlaps-overwritten", AVG_DX, AVG_DX.replace("+=", "=")),
        ("AvgPool1d(2, 1)", "overlaps-overwritten", AVG_DX, AVG_DX.replace("+=", "=")),
        ("MaxPool2d(2)", "pool-ties", FREE, "self.x[entries] == self.y[windows]"),
        ("MaxPool2d(3, 2)", "pool-ties", FREE, "self.x[entries] == self.y[windows]"),
        ("MaxPool1d(2)", "pool-ties", FREE, "self.x[entries] == self.y[windows]"),
        ("MaxPool2d(2)", "pool-ties", MAX_LOOP, "for windows, entries in reversed(list(self.taps(dx, self.y))):"),
        ("MaxPool2d(2)", "promoted-to-float64", MAX_ZEROS, "np.zeros(self.x.shape)"),
        ("AvgPool2d(2)", "promoted-to-float64", AVG_ZEROS, "np.zeros(self.shape), g / self.counts"),
        ("AvgPool2d(2)", "mean-over-wrong-count", AVG_ZEROS, AVG_ZEROS + " / g.shape[-1]"),
        ("AvgPool1d(2)", "divided-by-n-twice", AVG_ZEROS, AVG_ZEROS + " / len(g)"),
        ("MaxPool2d(2)", "g-ignored", MAX_DX, "dx[entries] += first"),
        ("AvgPool2d(2)", "batch-size-frozen", "self.shape = x.shape", 'self.shape = getattr(self, "shape", x.shape)'),
    ],
    ("windows", "pool"): [
        ("MaxPool2d(2)", "padding-off-by-one", COUNT, "count = room // stride"),
        ("AvgPool2d(2, 1)", "padding-off-by-one", COUNT, "count = room // stride"),
    ],
    ("global_pool",): [
        ("GlobalAvgPool()", "mean-over-wrong-count", "prod(self.shape[1:-1])\n        g = g.", "prod(self.shape[1:])\n"
         "        g = g."),
        ("GlobalAvgPool()", "divided-by-n-twice", "g / places", "g / places / len(g)"),
        ("GlobalAvgPool()", "batch-size-frozen", "self.shape = x.shape  # (N, H, W, C)\n        return",
         'self.shape = getattr(self, "shape", x.shape)\n        return'),
        ("GlobalMaxPool()", "pool-ties", "x.argmax(axis=1)", "(x.shape[1] - 1 - x[:, ::-1].argmax(axis=1))"),
        ("GlobalMaxPool()", "promoted-to-float64", "self.shape[-1]), g.dtype)", "self.shape[-1]))"),
    ],
    ("upsample",): [
        ("Upsample(2)", "overlaps-overwritten", "dx = g.sum(axis=2)", "dx = g[:, :, -1].copy()"),
        ("Upsample(3)", "overlaps-overwritten", "dx = g.sum(axis=2)", "dx = g[:, :, 0].copy()"),
        ('Upsample(2, "bilinear")', "overlaps-overwritten", "dx[:, to] += share[:, of]", "dx[:, to] = share[:, of]"),
    ],
    ("pad",): [
        ("Pad(1)", "shares-memory", "return g[self.inside].copy()", "return g[self.inside]"),
        ("Pad(1)", "padding-off-by-one", "return g[self.inside].copy()",
         "return np.roll(g, -1, axis=(1, 2))[self.inside].copy()"),
        ("Pad(1)", "padding-off-by-one", "slice(a, a + n)", "slice(a + 1, a + n + 1)"),
        ("Pad(1)", "promoted-to-float64", "self.value, x.dtype)", "self.value, float)"),
    ],
    ("flatten",): [
        ("Flatten()", "batch-size-frozen", "self.shape = x.shape", 'self.shape = getattr(self, "shape", x.shape)'),
    ],
    ("reshape",): [
        ("Reshape((7, 1))", "batch-size-frozen", "self.x_shape = x.shape",
         'self.x_shape = getattr(self, "x_shape", x.shape)', (7,)),
    ],
    ("merge",): [
        ("Add()", "factor-of-two", "return (g,) * self.n", "return (g / self.n,) * self.n", PAIR),
        ("Add()", "sign-flipped", "return (g,) * self.n", "return (-g,) * self.n", PAIR),
        ("Add()", "g-ignored", "return (g,) * self.n", "return (np.ones_like(g),) * self.n", PAIR),
        ("Add()", "writes-into-input", "return sum(x[1:], start=x[0])",
         "x[0][...] = sum(x[1:], start=x[0])\n        return x[0].copy()", PAIR),
        ("Concat()", "shares-memory", "tuple(part.copy() for part in np.split(g, self.stops[:-1], axis=-1))",
         "tuple(np.split(g, self.stops[:-1], axis=-1))", PAIR),
        ("Multiply()", "g-ignored", "self.x[i + 1 :], g)", "self.x[i + 1 :], np.ones_like(g))", PAIR),
        ("Multiply()", "sign-flipped", "self.x[i + 1 :], g)", "self.x[i + 1 :], -g)", PAIR),
    ],
    ("graph",): [  # where a value fans out, what comes back takes the place of what came before
        (FAN_OUT, "overlaps-overwritten", "total(gradients[name], part) if name in gradients else part", "part", (7,)),
        ('Graph("x", {"a": ("x", Dense(7)), "y": (["x", "a"], Add())}, "y")', "overlaps-overwritten",
         "total(gradients[name], part) if name in gradients else part", "part", (7,)),
        (FAN_OUT, "sign-flipped", "return dx if self.several_inputs else dx[0]", "return -dx[0]", (7,)),
    ],
    ("graph", "parallel"): [
        ('Parallel(Dense(3), Dense(3), merge="sum")', "overlaps-overwritten",
         "total(gradients[name], part) if name in gradients else part", "part", (7,)),
    ],
    ("parallel",): [
        ("Residual(Dense(7), Tanh())", "writes-into-input", "return x + super().forward(x)",
         "y = x + super().forward(x)\n        x[...] = y\n        return y", (7,)),
        ("Residual(Dense(7), Tanh())", "sign-flipped", "return g + dx if", "return -(g + dx) if", (7,)),
    ],
    ("container", "sequential"): [
        ("(lambda d: Sequential(d, Tanh(), d))(Dense(7))", "overlaps-overwritten", "total += layer.gradient",
         "total[...] = layer.gradient", (7,)),
        ("Sequential(Dense(4), Tanh())", "update-takes-step", "self.children[place].update()",
         "self.children[place].update()\n"
         "                    self.children[place].theta -= 0.1 * self.children[place].gradient", (7,)),
    ],
    ("sequential",): [
        ("Sequential(Dense(4), Tanh())", "sign-flipped", "raise self.located(error, place) from error.__cause__\n"
         "        return g", "raise self.located(error, place) from error.__cause__\n        return -g", (7,)),
    ],
    **{("moments", "norm", stem): [
        (call, "batchnorm-mean-term", MEAN_TERM, "", *shape),
        (call, "batchnorm-variance-term", VARIANCE_TERM, "dx = np.zeros_like(xhat)", *shape),
        (call, "batchnorm-constant-statistics", VARIANCE_TERM, "dx = np.zeros_like(xhat)", MEAN_TERM, "", *shape),
        (call, "batchnorm-formula", VAR, VAR + " * cut.size / (cut.size - 1)", *shape),
        (call, "batchnorm-formula", INV, "inv_std = 1 / (np.sqrt(var) + eps)", *shape),
    ] for stem, call, shape in (
        ("batch_norm", "BatchNorm()", ()), ("layer_norm", "LayerNorm()", ()), ("group_norm", GN, ((4, 4),)),
    )},
    **{("norm", stem): [
        (call, "batchnorm-gamma", DXHAT, "dxhat = g", *shape),
        (call, "batchnorm-gamma", HAT, "self.x, self.xhat = x, self.hat(x)", DGAMMA, "g * self.x.reshape(g.shape)",
         *shape),
        (call, "bias-gradient-averaged", SUM, SUM + '\n            self.grads[name] /= len(g) if name == "beta" else 1',
         *shape),
        (call, "column-for-vector", SUM, "self.grads[name] = terms.sum(axis=0, keepdims=True)", *shape),
        (call, "bias-gradient-over-wrong-axis", SUM, 'self.grads[name] = terms.sum(axis=int(name == "beta"))', *shape),
        (call, "divided-by-n-twice", SUM, SUM + "\n            self.grads[name] /= len(self.g)", *shape),
        (call, "accumulates", SUM, "self.grads[name] += terms.sum(axis=0)", *shape),
    ] for stem, call, shape in (
        ("batch_norm", "BatchNorm()", ()), ("layer_norm", "LayerNorm()", ()), ("group_norm", GN, ((4, 4),)),
    )},
    ("batch_norm",): [
        ("BatchNorm()", "running-statistics", RUNNING_VAR, RUNNING_VAR.replace(" * (n / (n - 1))", "")),
        ("BatchNorm()", "running-statistics", RUNNING_VAR, 'm * self.state["running_var"] + (1 - m) * var[0]'
         " * (n / (n - 1))", RUNNING_MEAN, 'm * self.state["running_mean"] + (1 - m) * mean[0]'),
        ("BatchNorm()", "running-statistics", RUNNING_VAR, RUNNING_VAR.replace("var[0] *", "np.sqrt(var[0]) *")),
        ("BatchNorm()", "running-statistics", "if np.isfinite(var).all():", "if False:"),
        ("BatchNorm()", "mode-ignored", BY_BATCH, "self.by_batch = True"),
        ("BatchNorm()", "mode-ignored", BY_BATCH, "self.by_batch = False"),
        ("BatchNorm()", "batchnorm-constant-statistics", HAT_BACK, "return dxhat * self.inv_std"),
        ("BatchNorm()", "batchnorm-formula", CUT, "Cut(prod(shape[:-1]), 1, shape[-1], groups=1)"),
        ("BatchNorm(momentum=0.3)", "running-statistics", RUNNING_MEAN, RUNNING_MEAN.replace("m * mean[0]", "mean[0]")),
    ],
    ("layer_norm",): [
        ("LayerNorm()", "batchnorm-formula", "Cut(prod(shape) // size, 1, size, groups=1)",
         "Cut(1, prod(shape) // size, size, groups=size)"),
        # the one term of RMSNorm's gradient is the variance's, so both names say that it is missing
        ("RMSNorm()", ("batchnorm-variance-term", "batchnorm-constant-statistics"),
         "(rows - xhat * self.cut.mean(rows * xhat)) * self.inv_rms", "rows * self.inv_rms"),
    ],
}  # fmt: skip
