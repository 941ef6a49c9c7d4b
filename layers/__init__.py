"""What a network is made of: layers with the three steps forward, backward and update."""

from .activations import Identity, ReLU, Sigmoid, Tanh
from .dense import Dense
from .dropout import Dropout
from .flatten import Flatten
from .layer import Layer
from .sequential import Sequential
from .softmax import LogSoftmax, Softmax
from .standardize import Standardize

Linear = Dense  # the slides' name for it

__all__ = [
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LogSoftmax",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Standardize",
    "Tanh",
]
