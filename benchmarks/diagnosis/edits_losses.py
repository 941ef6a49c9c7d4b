"""Changed lines of losses/: rows of the table in mutants.py."""

SHARE = "return slope * (1 / self.n)"
ADMIT = "self.p, self.y = admit_pair(self, prediction, target)"
COUNT = "self.n, self.weights = losses.size, weights"
MEAN = "return float(losses.mean())"
CE_DZ = "return averaged(dz, self.share).reshape(self.shape)"
LABEL = "dz[np.arange(len(dz)), self.target] -= 1"
SHIFT = "z = z - np.maximum.reduce(z, axis=1, keepdims=True)"
HARD = "np.log(self.total[:, 0]) - z[np.arange(len(z)), self.target]"
NLL_DX = "return averaged(-y, self.share).reshape(self.shape)"
HINGE_DX = "return averaged(dx, self.share).reshape(self.shape)"
BCE_LOGS = "yes, no = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)"
BCE_SLOPE = "return (p - y) / np.maximum(p * (1 - p), 1e-12)"
KL_LOG, KL_SUM = "np.log(y, out=np.zeros_like(y), where=y > 0)", "times(y, log_y - x).sum(axis=-1)"
MSE_EACH = "difference = p - y\n        return difference * difference"

EDITS = {
    ("entrywise", "regression"): [row for call in ("MSE()", "MAE()") for row in (
        (call, "mean-left-out", SHARE, "return slope"),
        (call, "mean-over-wrong-count", SHARE, "return slope / len(slope)"),
        (call, "divided-by-n-twice", SHARE, "return slope * (1 / self.n) / len(slope)"),
        (call, "sign-flipped", SHARE, "return -slope * (1 / self.n)"),
        (call, "promoted-to-float64", SHARE, "return slope.astype(np.float64) * (1 / self.n)", "from .loss import Loss",
         "import numpy as np\n\nfrom .loss import Loss"),
        (call, "batch-size-frozen", COUNT, 'self.n, self.weights = getattr(self, "n", losses.size), weights'),
    )],
    ("entrywise", "binary"): [
        ("BinaryCrossEntropyWithLogits()", "mean-left-out", SHARE, "return slope"),
        ("BinaryCrossEntropyWithLogits()", "mean-over-wrong-count", SHARE, "return slope / len(slope)"),
        ("BinaryCrossEntropyWithLogits()", "divided-by-n-twice", SHARE, "return slope * (1 / self.n) / len(slope)"),
        ("BinaryCrossEntropy()", "sign-flipped", SHARE, "return -slope * (1 / self.n)"),
        ("BinaryCrossEntropy()", "factor-of-two", SHARE, "return 2 * slope * (1 / self.n)"),
        ("BinaryCrossEntropy()", "mean-left-out", MEAN, "return float(losses.sum())", SHARE, "return slope"),
    ],
    ("entrywise", "divergence"): [
        ("KLDivergence()", "mean-over-wrong-count", SHARE, "return slope * (1 / slope.size)"),
        ("KLDivergence()", "mean-left-out", SHARE, "return slope"),
    ],
    ("regression",): [
        ("MSE()", "factor-of-two", "return 2 * (p - y)", "return p - y"),
        ("MSE()", "sign-flipped", "return 2 * (p - y)", "return 2 * (y - p)"),
        ("MSE()", "factor-of-two", MSE_EACH, MSE_EACH + " / 2", "return 2 * (p - y)", "return p - y"),
        ("MSE()", "factor-of-two", MSE_EACH, MSE_EACH + " / 2"),
        ("MSE()", "writes-into-input", MSE_EACH, "self.d = p - y\n        p *= 0\n        p += y\n"
         "        return self.d * self.d", "return 2 * (p - y)", "return 2 * self.d"),
        ("MAE()", "sign-flipped", "return np.sign(p - y)", "return np.sign(y - p)"),
        ("MAE()", "integers", "return np.sign(p - y)", "return np.sign(p - y).astype(int)",
         "class MAE(Entrywise):", "class MAE(Entrywise):\n    def backward(self):\n"
         "        return self.slope(self.p, self.y) // self.n\n"),
        ("Huber(0.5)", "factor-of-two", "return np.clip(p - y,", "return 2 * np.clip(p - y,"),
        ("Huber(0.5)", "sign-flipped", "return np.clip(p - y,", "return np.clip(y - p,"),
        ("PoissonNLL()", "sign-flipped", "return np.exp(x) - y if", "return y - np.exp(x) if"),
    ],
    ("binary",): [
        ("BinaryCrossEntropy()", "log-of-zero", BCE_LOGS, "yes, no = np.log(p), np.log(1 - p)"),
        ("BinaryCrossEntropy()", "sign-flipped", BCE_SLOPE, BCE_SLOPE.replace("(p - y) /", "(y - p) /")),
        ("BinaryCrossEntropyWithLogits()", "sign-flipped", "return sigmoid - y\n", "return y - sigmoid\n"),
        ("BinaryCrossEntropyWithLogits()", "one-hot-not-subtracted", "return sigmoid - y\n", "return sigmoid\n"),
        # exp overflows for a large logit, and the loss is infinite: both rows say so
        ("BinaryCrossEntropyWithLogits()", ("no-max-shift", "log-of-zero"),
         "losses = np.maximum(z, 0) - y * z + rest", "losses = np.log(1 + np.exp(z)) - y * z"),
        ("BinaryCrossEntropyWithLogits()", ("log-of-zero", "no-max-shift"),
         "losses = np.maximum(z, 0) - y * z + rest",
         "s = 1 / (1 + np.exp(-z))\n        losses = -y * np.log(s) - (1 - y) * np.log(1 - s)"),
    ],
    ("divergence",): [
        ("KLDivergence()", "log-of-zero", KL_LOG, "np.log(y)", KL_SUM, "(y * (log_y - x)).sum(axis=-1)"),
        ("KLDivergence()", "sign-flipped", "return -y", "return y.copy()"),
    ],
    ("classification",): [
        ("CrossEntropy()", "one-hot-not-subtracted", LABEL, "pass"),
        ("CrossEntropy()", "mean-left-out", CE_DZ, "return dz.reshape(self.shape)"),
        ("CrossEntropy()", "mean-over-wrong-count", CE_DZ, CE_DZ + " / dz.shape[1]"),
        ("CrossEntropy()", "divided-by-n-twice", CE_DZ, CE_DZ + " / len(dz)"),
        ("CrossEntropy()", "factor-of-two", CE_DZ, CE_DZ + " / 2"),
        ("CrossEntropy()", "sign-flipped", CE_DZ, CE_DZ.replace("averaged", "-averaged")),
        ("CrossEntropy()", "no-max-shift", SHIFT, "pass"),
        ("CrossEntropy()", "softmax-over-wrong-axis", "np.add.reduce(self.e, axis=1, keepdims=True)  # (L, 1)",
         "np.add.reduce(self.e, axis=0, keepdims=True)", HARD,
         "np.log(self.total[0])[self.target] - z[np.arange(len(z)), self.target]"),
        ("CrossEntropy()", "log-of-zero", HARD, "-np.log((self.e / self.total)[np.arange(len(z)), self.target])"),
        ("CrossEntropy()", "integers", CE_DZ, CE_DZ + ".astype(int)"),
        ("CrossEntropy()", "promoted-to-float64", CE_DZ, CE_DZ + ".astype(np.float64)"),
        ("CrossEntropy()", "stale-cache", LABEL, 'self.label = getattr(self, "label", self.target)\n'
         "            self.label = self.label if len(self.label) == len(dz) else self.target\n"
         "            dz[np.arange(len(dz)), self.label] -= 1"),
        ("NLL()", "sign-flipped", NLL_DX, NLL_DX.replace("-y", "y")),
        ("NLL()", "mean-left-out", NLL_DX, "return -y.reshape(self.shape)"),
        ("NLL()", "mean-over-wrong-count", NLL_DX, NLL_DX + " / y.shape[1]"),
        ("NLL()", "divided-by-n-twice", NLL_DX, NLL_DX + " / len(y)"),
        ("Hinge()", "sign-flipped", HINGE_DX, HINGE_DX.replace("averaged", "-averaged")),
        ("Hinge(p=2)", "factor-of-two", "self.missing * (2 / classes)", "self.missing / classes"),
        ("Hinge()", "mean-left-out", HINGE_DX, "return dx.reshape(self.shape)"),
    ],
    ("labels", "classification"): [
        ("CrossEntropy()", "mean-left-out", "slopes /= len(slopes)", "pass"),
        ("CrossEntropy()", "mean-over-wrong-count", "slopes /= len(slopes)", "slopes /= slopes.size"),
        ("NLL()", "mean-left-out", "float(np.add.reduce(losses)) / len(losses)", "float(np.add.reduce(losses))",
         "slopes /= len(slopes)", "pass"),
        ("CrossEntropy()", "mean-left-out", "float(np.add.reduce(losses)) / len(losses)",
         "float(np.add.reduce(losses))"),
    ],
}  # fmt: skip
EDITS["entrywise", "regression"] += [
    ("MSE()", "broadcast-to-square", ADMIT, ADMIT + "\n        self.y = self.y[:, None]"),
    ("MAE()", "broadcast-to-square", ADMIT, ADMIT + "\n        self.y = self.y[:, None]"),
    ("MSE()", "mean-left-out", MEAN, "return float(losses.sum())"),
    ("Huber(0.5)", "mean-over-wrong-count", MEAN, "return float(losses.sum() / len(losses))", SHARE,
     "return slope / len(slope)"),
    ("Huber(0.5)", "divided-by-n-twice", SHARE, "return slope * (1 / self.n) / len(slope)"),
    ("PoissonNLL()", "mean-left-out", SHARE, "return slope"),
]  # fmt: skip
