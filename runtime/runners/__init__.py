"""Run a graph somewhere: one graph in, one run out. What carries a run out is loaded when one begins.

A worker imports :mod:`.local` where the module of a step names ``Local``, and starts no run; so it is with ``AzureML``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .azure_execution import reconnect, submit
    from .azure_executor import MixedExecutor
    from .azure_publishing import AzureEndpoint, endpoint_name, publish_pipeline
    from .early import early_workers, prime_workers
    from .execution import Execution
    from .explaining import explained
    from .portions import regenerated_from, run_alone, run_until
    from .replaying import replayed

__all__ = [
    "AzureEndpoint",
    "Execution",
    "MixedExecutor",
    "early_workers",
    "endpoint_name",
    "explained",
    "prime_workers",
    "publish_pipeline",
    "reconnect",
    "regenerated_from",
    "replayed",
    "run_alone",
    "run_until",
    "submit",
]

_HOMES = {
    "AzureEndpoint": "azure_publishing",
    "Execution": "execution",
    "MixedExecutor": "azure_executor",
    "early_workers": "early",
    "endpoint_name": "azure_publishing",
    "explained": "explaining",
    "prime_workers": "early",
    "publish_pipeline": "azure_publishing",
    "reconnect": "azure_execution",
    "regenerated_from": "portions",
    "replayed": "replaying",
    "run_alone": "portions",
    "run_until": "portions",
    "submit": "azure_execution",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
