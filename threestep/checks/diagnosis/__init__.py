"""Which bug is it? A script of calls, what the right one makes of it, and what the difference says."""

from .diagnose import diagnose
from .finding import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
