"""Assignment 1: layers, losses and optimizers, in NumPy alone.

README.md says what each of them has to do. What is yours to write raises NotImplementedError; the rest is given.
"""

import numpy as np

from layers import Layer
from losses import Loss
from optim import Optimizer


class Dense(Layer):
    """y = W x + b for each example.

    Shapes: x (N, D) to y (N, M), with W (M, D) and b (M,).
    """

    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        """Given: W starts between -a and a with a = sqrt(6 / (D + M)), b at 0 (Glorot & Bengio, 2010)."""
        (features,) = input_shape  # of one example
        a = np.sqrt(6 / (features + self.out_features))
        self.params["W"] = rng.uniform(-a, a, (self.out_features, features)).astype(dtype)
        self.params["b"] = np.zeros(self.out_features, dtype)
        return (self.out_features,)  # the shape of one example's y

    def forward(self, x):
        """y (N, M) of x (N, D)."""
        ### BEGIN SOLUTION
        self.x = x
        return x @ self.params["W"].T + self.params["b"]
        ### END SOLUTION

    def backward(self, g):
        """dx (N, D) of g (N, M)."""
        ### BEGIN SOLUTION
        self.g = g
        return g @ self.params["W"]
        ### END SOLUTION

    def update(self):
        """Sets self.grads["W"] (M, D) and self.grads["b"] (M,); self.params stay as they are."""
        ### BEGIN SOLUTION
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)
        ### END SOLUTION


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), entry by entry, without overflow at any x. Shapes: any, kept."""

    def forward(self, x):
        """y, in the shape of x."""
        ### BEGIN SOLUTION
        e = np.exp(-np.abs(x))  # from 0 to 1, whatever x is
        self.y = np.where(x >= 0, 1, e) / (1 + e)
        return self.y
        ### END SOLUTION

    def backward(self, g):
        """dx, in the shape of g."""
        ### BEGIN SOLUTION
        return g * self.y * (1 - self.y)
        ### END SOLUTION


class ReLU(Layer):
    """y = max(x, 0), entry by entry; the derivative at 0 is 0. Shapes: any, kept."""

    def forward(self, x):
        """y, in the shape of x."""
        ### BEGIN SOLUTION
        self.x = x
        return np.maximum(x, 0)
        ### END SOLUTION

    def backward(self, g):
        """dx, in the shape of g."""
        ### BEGIN SOLUTION
        return g * (self.x > 0)
        ### END SOLUTION


class BinaryCrossEntropy(Loss):
    """The mean of -y ln p - (1 - y) ln(1 - p) over all entries, for probabilities p and targets y.

    Shapes: prediction p and target y (N, M); the target may hold integers.
    """

    def forward(self, prediction, target):
        """The loss, a Python float."""
        ### BEGIN SOLUTION
        self.p, self.y = prediction, target.astype(prediction.dtype)
        with np.errstate(divide="ignore"):  # at ln 0
            yes, no = np.maximum(np.log(self.p), -100), np.maximum(np.log1p(-self.p), -100)
        return float(-np.mean(self.y * yes + (1 - self.y) * no))
        ### END SOLUTION

    def backward(self):
        """dp (N, M), with the mean's factor included."""
        ### BEGIN SOLUTION
        slope = (self.p - self.y) / np.maximum(self.p * (1 - self.p), 1e-12)
        return slope / slope.size
        ### END SOLUTION

    def decide(self, prediction):
        """Given: the answers that probabilities stand for, from which a run calculates its accuracy."""
        return (prediction >= 0.5).astype(int)


class CrossEntropy(Loss):
    """The mean of -ln softmax(z)[label] over the examples, for logits z.

    Shapes: prediction z (N, K), target (N,) with integer labels from 0 to K - 1.
    """

    labels = True  # tells a run that the targets are labels

    def forward(self, prediction, target):
        """The loss, a Python float."""
        ### BEGIN SOLUTION
        z = prediction - prediction.max(axis=1, keepdims=True)  # the softmax stays, and no exp is above 1
        e = np.exp(z)
        total = e.sum(axis=1, keepdims=True)
        self.softmax, self.target = e / total, target
        return float(np.mean(np.log(total[:, 0]) - z[np.arange(len(z)), target]))
        ### END SOLUTION

    def backward(self):
        """dz (N, K), with 1/N included."""
        ### BEGIN SOLUTION
        dz = self.softmax.copy()
        dz[np.arange(len(dz)), self.target] -= 1
        return dz / len(dz)
        ### END SOLUTION

    def decide(self, prediction):
        """Given: the label with the largest logit, from which a run calculates its accuracy."""
        return np.argmax(prediction, axis=1)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum: v <- momentum v + g, then theta <- theta - lr v; v starts at 0."""

    vectors = ("velocity",)  # the arrays in self.state, so that a run can be saved and resumed

    def __init__(self, lr=0.001, momentum=0.0):
        super().__init__(lr, weight_decay=0.0)
        self.momentum = momentum

    def step(self, theta, gradient, segments=None):
        """Moves theta in place, given g = gradient; v is self.state["velocity"]. segments is not needed here."""
        ### BEGIN SOLUTION
        v = self.state.setdefault("velocity", np.zeros_like(theta))
        v *= self.momentum
        v += gradient
        theta -= self.lr * v
        ### END SOLUTION


class Adam(Optimizer):
    """Adam (Kingma & Ba, 2015, algorithm 1), with eps added after the root."""

    vectors = ("m", "v")  # the arrays in self.state, so that a run can be saved and resumed

    def __init__(self, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(lr, weight_decay=0.0)
        self.betas = betas
        self.eps = eps

    def step(self, theta, gradient, segments=None):
        """Moves theta in place. self.state holds "m", "v" and "steps", which is 0 at the start and counts the steps."""
        ### BEGIN SOLUTION
        self.state["steps"] += 1
        t, (b1, b2) = self.state["steps"], self.betas
        m = self.state.setdefault("m", np.zeros_like(theta))
        v = self.state.setdefault("v", np.zeros_like(theta))
        m *= b1
        m += (1 - b1) * gradient
        v *= b2
        v += (1 - b2) * gradient**2
        theta -= self.lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)
        ### END SOLUTION


def propagations(n):
    """How many times central differences send the data through a network of n parameters, for the whole gradient."""
    ### BEGIN SOLUTION
    return 2 * n
    ### END SOLUTION


def paths(widths):
    """How many paths lead from an input to an output of a fully connected network, whose layers have these widths."""
    ### BEGIN SOLUTION
    count = 1
    for width in widths:
        count *= width
    return count
    ### END SOLUTION


def products_by_paths(widths):
    """How many products the gradient takes there, if each path is multiplied out by itself."""
    ### BEGIN SOLUTION
    return paths(widths) * (len(widths) - 1)
    ### END SOLUTION


def products_by_edges(widths):
    """How many products backpropagation takes there."""
    ### BEGIN SOLUTION
    return sum(widths[i] * widths[i + 1] for i in range(len(widths) - 1))
    ### END SOLUTION
