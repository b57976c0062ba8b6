"""Run a graph somewhere: one graph in, one run out. What carries a run out is loaded when one begins.

A worker imports :mod:`.local` where the module of a step names ``Local``, and starts no run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .early import early_workers
    from .execution import Execution
    from .portions import regenerated_from, run_alone, run_until

__all__ = [
    "Execution",
    "early_workers",
    "regenerated_from",
    "run_alone",
    "run_until",
]

_HOMES = {
    "Execution": "execution",
    "early_workers": "early",
    "regenerated_from": "portions",
    "run_alone": "portions",
    "run_until": "portions",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
