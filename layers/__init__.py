"""What a network is made of: layers with the three steps forward, backward and update."""

from .activations import HardSigmoid, Hardtanh, Identity, Sigmoid, Softsign, Tanh
from .batch_norm import BatchNorm
from .conv import Conv1d, Conv2d
from .conv_transpose import ConvTranspose2d
from .dense import Dense
from .dropout import Dropout, SpatialDropout
from .flatten import Flatten
from .global_pool import GlobalAvgPool, GlobalMaxPool
from .graph import Graph
from .group_norm import GroupNorm, InstanceNorm
from .layer import Layer
from .layer_norm import LayerNorm, RMSNorm
from .merge import Add, Concat, Multiply
from .pad import Pad
from .parallel import Parallel, Residual
from .pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from .rectifiers import CELU, ELU, SELU, LeakyReLU, PReLU, ReLU
from .reshape import Permute, Reshape
from .sequential import Sequential
from .smooth import GELU, Mish, SiLU, Softplus
from .softmax import LogSoftmax, Softmax
from .standardize import Standardize
from .upsample import Upsample

Linear = Dense  # the slides' name for it

__all__ = [
    "Add",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm",
    "CELU",
    "Concat",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "Dense",
    "Dropout",
    "ELU",
    "Flatten",
    "GELU",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "Graph",
    "GroupNorm",
    "HardSigmoid",
    "Hardtanh",
    "Identity",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "Mish",
    "Multiply",
    "Pad",
    "Parallel",
    "Permute",
    "PReLU",
    "ReLU",
    "Reshape",
    "Residual",
    "RMSNorm",
    "SELU",
    "Sequential",
    "Sigmoid",
    "SiLU",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpatialDropout",
    "Standardize",
    "Tanh",
    "Upsample",
]
