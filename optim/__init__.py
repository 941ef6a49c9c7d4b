"""How a network moves: optimizers that take steps on theta, and limits to the gradient."""

from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, AdamW
from .clipping import clip_norm, clip_value
from .optimizer import Optimizer
from .sgd import SGD
from .sign import Lion, Rprop
from .variants import Adamax, NAdam, RAdam

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "AdamW",
    "Lion",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SGD",
    "clip_norm",
    "clip_value",
]
