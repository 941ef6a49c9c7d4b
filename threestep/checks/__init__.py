"""Is it right, and if not, which bug is it? Finite differences, the contract of a layer, diagnosis."""

from .contract import check_contract
from .diagnosis import Diagnosis, Finding, diagnose
from .differences import numerical_gradient
from .gradients import check_gradients
from .report import Report
from .taylor import Taylor, taylor_test

__all__ = [
    "Diagnosis",
    "Finding",
    "Report",
    "Taylor",
    "check_contract",
    "check_gradients",
    "diagnose",
    "numerical_gradient",
    "taylor_test",
]
