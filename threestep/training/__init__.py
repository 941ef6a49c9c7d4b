"""A YAML file -> a trained run; and its parts, for scripts: fit, evaluate, predict, save, load."""

from .callbacks import Best, Callback, EarlyStop, Progress
from .checkpoint import Saver
from .config import Config, load_config
from .errors import CheckpointError, ConfigError, Diverged
from .loop import evaluate, fit, predict
from .metrics import METRICS
from .run import load_run, resume, train
from .storage import load, read_checkpoint, save

__all__ = [
    "METRICS",
    "Best",
    "Callback",
    "CheckpointError",
    "Config",
    "ConfigError",
    "Diverged",
    "EarlyStop",
    "Progress",
    "Saver",
    "evaluate",
    "fit",
    "load",
    "load_config",
    "load_run",
    "predict",
    "read_checkpoint",
    "resume",
    "save",
    "train",
]
