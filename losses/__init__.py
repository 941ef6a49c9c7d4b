"""How wrong a prediction is: losses with the two steps forward and backward."""

from .binary import BinaryCrossEntropy, BinaryCrossEntropyWithLogits
from .classification import NLL, CrossEntropy, Hinge
from .divergence import KLDivergence
from .loss import Loss
from .regression import MAE, MSE, Huber, PoissonNLL

__all__ = [
    "BinaryCrossEntropy",
    "BinaryCrossEntropyWithLogits",
    "CrossEntropy",
    "Hinge",
    "Huber",
    "KLDivergence",
    "Loss",
    "MAE",
    "MSE",
    "NLL",
    "PoissonNLL",
]
