"""What a network is made of: layers with the three steps forward, backward and update."""

from .activations import Identity, ReLU, Sigmoid, Tanh
from .dense import Dense
from .dropout import Dropout
from .flatten import Flatten
from .graph import Graph
from .layer import Layer
from .merge import Add, Concat, Multiply
from .parallel import Parallel, Residual
from .sequential import Sequential
from .softmax import LogSoftmax, Softmax
from .standardize import Standardize

Linear = Dense  # the slides' name for it

__all__ = [
    "Add",
    "Concat",
    "Dense",
    "Dropout",
    "Flatten",
    "Graph",
    "Identity",
    "Layer",
    "LogSoftmax",
    "Multiply",
    "Parallel",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Standardize",
    "Tanh",
]
