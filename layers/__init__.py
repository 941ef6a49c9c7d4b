"""What a network is made of: layers with the three steps forward, backward and update."""

from .activations import HardSigmoid, Hardtanh, Identity, Sigmoid, Softsign, Tanh
from .dense import Dense
from .dropout import Dropout
from .flatten import Flatten
from .graph import Graph
from .layer import Layer
from .merge import Add, Concat, Multiply
from .parallel import Parallel, Residual
from .rectifiers import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU
from .sequential import Sequential
from .smooth import GELU, Mish, SiLU, Softplus
from .softmax import LogSoftmax, Softmax
from .standardize import Standardize

Linear = Dense  # the slides' name for it

__all__ = [
    "Add",
    "CELU",
    "Concat",
    "Dense",
    "Dropout",
    "ELU",
    "Flatten",
    "GELU",
    "Graph",
    "HardSigmoid",
    "Hardtanh",
    "Identity",
    "Layer",
    "LeakyReLU",
    "LogSoftmax",
    "Mish",
    "Multiply",
    "Parallel",
    "PReLU",
    "ReLU",
    "Residual",
    "SELU",
    "Sequential",
    "Sigmoid",
    "SiLU",
    "Softmax",
    "Softplus",
    "Softsign",
    "Standardize",
    "Tanh",
]
