"""A YAML text -> the objects of a run, or everything that is wrong with it, each at its line and column."""

from .config import Config, load_config

__all__ = ["Config", "load_config"]
