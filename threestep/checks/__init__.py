"""Is it right? Finite differences, the linear approximation, and the contract of a layer."""

from .contract import check_contract
from .gradients import check_gradients, numerical_gradient
from .report import Report
from .taylor import Taylor, taylor_test

__all__ = ["Report", "Taylor", "check_contract", "check_gradients", "numerical_gradient", "taylor_test"]
