"""The bugs that students write, by name: what each is consistent with.

"Consistent with", since two bugs can overlap, and one symptom may have a cause that is not listed here.
"""

BUGS = {
    # shapes and factors
    "gradient-transposed": "the two factors of the parameter gradient in the wrong order: x.T @ g for g.T @ x",
    "mean-left-out": "a sum over the examples where the loss is their mean: the division by N is missing",
    "divided-by-n-twice": "dividing by N in the layer and again in the loss: 1/N belongs to the loss alone",
    "mean-over-wrong-count": "a mean over the wrong axes, or over all entries: not over the number of examples",
    "factor-of-two": "the 2 of a square's derivative lost, or counted twice",
    "sign-flipped": "the wrong sign, as in target - prediction for prediction - target",
    "bias-gradient-not-summed": "the bias gradient is g itself: each example uses the same b, so g is summed over them",
    "bias-gradient-averaged": "the bias gradient as a mean over the examples: it is a sum, 1/N comes with the loss",
    "bias-gradient-over-wrong-axis": "the bias gradient summed over the features instead of the examples",
    "column-for-vector": "an axis of length 1 too many, or one too few: (M, 1) or (1, M) where (M,) is meant",
    "broadcast-to-square": "(N, 1) beside (N,), which NumPy broadcasts to (N, N)",
    # g, masks and activations
    "g-ignored": "backward returns the local derivative: the factor g of the chain rule is missing",
    "nonlinear-in-g": "backward uses g more than once, or adds something to it: it is J.T @ g, linear in g",
    "mask-from-g": "the mask is taken where g > 0: it belongs where x > 0",
    "mask-missing": "g is handed on where x < 0 too: the mask is missing",
    "derivative-at-zero": "another derivative at the kink: >= for >, or a half",
    "derivative-of-pre-activation": "the derivative's formula in terms of y is given x, before the activation",
    "activation-applied-twice": "the activation is applied to what it returned already",
    "softmax-diagonal-only": "the Jacobian's diagonal alone, as if every output depended on its own input only",
    "softmax-sum-missing": "the sum in the Jacobian is missing: dx = p (g - sum of g p)",
    "softmax-over-wrong-axis": "the sum is taken over the examples, or over everything, instead of the classes",
    "no-max-shift": "exp of large numbers: subtract the row's maximum first, which changes nothing else",
    "log-of-zero": "the logarithm of 0, or a division by it: limit it, or compute from logits",
    "one-hot-not-subtracted": "the 1 of the label is not subtracted: dz = (p - y) / N",
    # memory, state and dtype
    "writes-into-input": "an operation in place (+=, *=, out=, x[mask] = ...) on an array that is only to be read",
    "shares-memory": "an array is handed out that is written into again later: a buffer, a parameter, a view",
    "stale-cache": "something is kept from the first forward, where each forward has to keep its own",
    "batch-size-frozen": "the number of examples is remembered from the first batch, but it changes",
    "accumulates": "the gradient is added to what was there: update assigns",
    "overlaps-overwritten": "= where += is needed: the gradients of all examples, or windows, are summed",
    "integers": "an array of integers: made by zeros_like of integers, dtype=int, // or rounding",
    "promoted-to-float64": "an array or a NumPy number of float64 meets float32: give it x.dtype",
    # optimizers
    "momentum-sign": "the velocity's sign and the step's do not go together: v <- mu v + g with theta <- theta - lr v",
    "momentum-convention": "another definition of momentum: here v <- mu v + g, then theta <- theta - lr v",
    "adam-step-count": "the step count t starts at another number than 1, or is raised at another place",
    "adam-formula": "the moments' formula: a correction, a root, betas in another order, or eps in another place",
    "optimizer-rebinds": "theta is replaced, not changed in place (theta = theta - ...), or g is written into",
    # dropout and normalization
    "dropout-not-rescaled": "what is kept is not divided by 1 - p",
    "dropout-keeps-p": "p is taken as the probability of keeping: it is that of dropping",
    "dropout-mask": "dropout is active in evaluation, or backward uses another mask than forward",
    "batchnorm-mean-term": "the mean depends on every x, and its share of the gradient is missing",
    "batchnorm-variance-term": "the variance depends on every x, and its share of the gradient is missing",
    "batchnorm-constant-statistics": "mean and variance are treated as constants in backward",
    "batchnorm-gamma": "gamma is missing from dx, or its gradient is taken with x in place of the normalized x",
    "batchnorm-formula": "another variance (n - 1), another axis, or eps in another place than under the root",
    "running-statistics": "another formula than (1 - momentum) old + momentum new, with the unbiased variance",
    "mode-ignored": "training and evaluation are not told apart",
    # windows
    "padding-off-by-one": "the padding, or the place where it is cut off again, is off by one",
    "kernel-flipped": "the kernel is turned around or its axes are swapped: a convolution here is a correlation",
    "pool-ties": "of equal entries in a window another one counts than the first",
    # steps
    "update-takes-step": "update moves the parameters: it only calculates the gradient, the optimizer moves them",
    "backward-after-step": "backward moves the parameters and then uses the moved ones for dx",
    "regularizer": "a penalty's gradient, a multiple of the parameters, is missing or counted once too often",
}
