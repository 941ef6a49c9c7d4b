"""Is it right? Finite differences and the contract of a layer."""

from .contract import check_contract
from .gradients import check_gradients, numerical_gradient
from .report import Report

__all__ = ["Report", "check_contract", "check_gradients", "numerical_gradient"]
