"""A YAML file -> a trained run; and its parts, for scripts: fit, evaluate, predict, save, load."""

from .callbacks import Callback, Progress
from .config import Config, load_config
from .errors import CheckpointError, ConfigError, Diverged
from .loop import evaluate, fit, predict
from .metrics import METRICS
from .run import load_run, train
from .storage import load, save

__all__ = [
    "METRICS",
    "Callback",
    "CheckpointError",
    "Config",
    "ConfigError",
    "Diverged",
    "Progress",
    "evaluate",
    "fit",
    "load",
    "load_config",
    "load_run",
    "predict",
    "save",
    "train",
]
