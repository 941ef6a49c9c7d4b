"""A tiny assignment, and a way to perform submissions in this process, for tests that judge and do not confine."""

import json
import sys
import time
from pathlib import Path
from types import ModuleType

import threestep.coursework
from threestep.checks.diagnosis.play import play
from threestep.coursework.sandbox import Performance

STUBS = Path(threestep.coursework.__file__).parent / "sandbox" / "stubs"
DENSE = """
class Dense(Layer):
    def __init__(self, out_features):
        self.out_features = out_features

    def build(self, input_shape, rng=0, dtype=np.float32):
        self.params["W"] = rng.normal(size=(self.out_features, *input_shape)).astype(dtype)
        self.params["b"] = np.zeros(self.out_features, dtype)
        return (self.out_features,)

    def forward(self, x):
        ### BEGIN SOLUTION
        self.x = x
        return x @ self.params["W"].T + self.params["b"]
        ### END SOLUTION

    def backward(self, g):
        ### BEGIN SOLUTION
        self.g = g
        return g @ self.params["W"]
        ### END SOLUTION

    def update(self):
        ### BEGIN SOLUTION
        self.grads["W"] = self.g.T @ self.x
        self.grads["b"] = self.g.sum(axis=0)
        ### END SOLUTION
"""
RELU = """
class ReLU(Layer):
    def forward(self, x):
        ### BEGIN SOLUTION
        self.x = x
        return np.maximum(x, 0)
        ### END SOLUTION

    def backward(self, g):
        ### BEGIN SOLUTION
        return g * (self.x > 0)
        ### END SOLUTION
"""
MSE = """
class MSE(Loss):
    def forward(self, prediction, target):
        ### BEGIN SOLUTION
        self.off = prediction - target.astype(prediction.dtype)
        return float(np.mean(self.off**2))
        ### END SOLUTION

    def backward(self):
        ### BEGIN SOLUTION
        return 2 * self.off / self.off.size
        ### END SOLUTION
"""
SGD = """
class SGD(Optimizer):
    def __init__(self, lr):
        super().__init__(lr, weight_decay=0.0)

    def step(self, theta, gradient, segments=None):
        ### BEGIN SOLUTION
        theta -= self.lr * gradient
        ### END SOLUTION
"""
COUNT = """
def count(n):
    ### BEGIN SOLUTION
    return 2 * n
    ### END SOLUTION
"""
SOURCES = {"Dense": DENSE, "ReLU": RELU, "MSE": MSE, "SGD": SGD, "count": COUNT}
HEAD = """import numpy as np
from layers import Layer
from losses import Loss
from optim import Optimizer
"""
ENTRIES = {  # what assignment.toml says of each item
    "Dense": 'class = "Dense"\narguments = {out_features = 3}\npoints = 16',
    "ReLU": 'class = "ReLU"\npoints = 6',
    "MSE": 'class = "MSE"\npoints = 10',
    "SGD": 'class = "SGD"\narguments = {lr = 0.1}\npoints = 10',
    "count": 'function = "count"\ncalls = [[3], [10000000000]]\npoints = 2',
}


def text_of(*names, **changes):
    """The file with these classes; changes: {class: (what is there once, what replaces it)}."""
    sources = {name: SOURCES[name] for name in names or SOURCES}
    for name, (old, new) in changes.items():
        assert sources[name].count(old) == 1, old
        sources[name] = sources[name].replace(old, new)
    return HEAD + "\n".join(sources.values())


def settings(*names, top="", **more):
    """The text of assignment.toml; more: {class: lines for its item}."""
    entries = [f"[[items]]\n{ENTRIES[name]}\n{more.get(name, '')}\n" for name in names or SOURCES]
    return "\n".join(['title = "Tiny"', 'file = "tiny.py"', top, *entries])


def write_assignment(folder, toml=None, reference=None, mutants=None):
    (folder / "reference").mkdir(parents=True, exist_ok=True)
    (folder / "assignment.toml").write_text(settings() if toml is None else toml)
    (folder / "reference" / "tiny.py").write_text(text_of() if reference is None else reference)
    if mutants is not None:
        (folder / "mutants.py").write_text(f"MUTANTS = {mutants!r}\n")
    return folder


def perform_here(submission, script, arrays, limits=None, hidden=()):
    """As sandbox.perform, with the same stubs, in this process: for submissions that do no harm."""
    started, kept = time.monotonic(), {name: sys.modules.get(name) for name in ("layers", "losses", "optim")}
    namespace = {"__name__": "submission", "__file__": str(submission)}
    try:
        for name in kept:
            sys.modules[name] = module = ModuleType(name)
            exec((STUBS / f"{name}.py").read_text(), vars(module))
        exec(compile(Path(submission).read_bytes(), str(submission), "exec"), namespace)
    except Exception as error:
        return Performance({}, {}, f"raised {type(error).__name__}: {error}", "", time.monotonic() - started)
    finally:
        sys.modules.update(kept)
    answers, notes = play(script, arrays, namespace)
    return Performance(answers, json.loads(json.dumps(notes)), None, "", time.monotonic() - started)
