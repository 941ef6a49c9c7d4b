"""How wrong a prediction is: losses with the two steps forward and backward."""

from .binary import BinaryCrossEntropy, BinaryCrossEntropyWithLogits
from .classification import NLL, CrossEntropy
from .loss import Loss
from .regression import MAE, MSE

__all__ = ["BinaryCrossEntropy", "BinaryCrossEntropyWithLogits", "CrossEntropy", "Loss", "MAE", "MSE", "NLL"]
