"""Neural networks in three steps: everything around a network. The layers themselves are in the package `layers`."""

from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"

for _name in ("layers", "losses", "optim"):  # common names: make sure that they are ours
    _spec = find_spec(_name)
    _ours = Path(__file__).resolve().parents[1] / _name / "__init__.py"
    if _spec is None or _spec.origin is None or Path(_spec.origin).resolve() != _ours:
        _found = "nothing" if _spec is None else _spec.origin or list(_spec.submodule_search_locations)
        raise ImportError(f"threestep needs its own package {_name!r}, {_ours}, but Python finds {_found}: rename that")
del _name, _spec, _ours
