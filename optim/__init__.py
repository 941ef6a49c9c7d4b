"""How a network moves: optimizers that take steps on theta, schedules of their lr, limits to the gradient."""

from .adagrad import Adadelta, Adagrad, RMSprop
from .adam import Adam, AdamW
from .clipping import clip_norm, clip_value
from .optimizer import Optimizer
from .plateau import Plateau
from .schedule import Schedule
from .schedules import Cosine, Exponential, Linear, MultiStep, OneCycle, Step
from .sgd import SGD
from .sign import Lion, Rprop
from .variants import Adamax, NAdam, RAdam

__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "AdamW",
    "Cosine",
    "Exponential",
    "Linear",
    "Lion",
    "MultiStep",
    "NAdam",
    "OneCycle",
    "Optimizer",
    "Plateau",
    "RAdam",
    "RMSprop",
    "Rprop",
    "Schedule",
    "SGD",
    "Step",
    "clip_norm",
    "clip_value",
]
