"""Let the machines of a cluster perform the steps of a run. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .executors import RayExecutor
    from .ray import Ray

__all__ = ["Ray", "RayExecutor"]

_HOMES = {"Ray": "ray", "RayExecutor": "executors"}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
