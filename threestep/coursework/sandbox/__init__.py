"""A student's file in a process of its own, as confined as this machine allows."""

from .levels import Isolation, isolation, perform
from .process import Limits, Performance, Trouble

__all__ = ["Isolation", "Limits", "Performance", "Trouble", "isolation", "perform"]
