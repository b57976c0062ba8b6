"""Name a cluster of Ray that performs the steps of a run. What performs them is loaded when one begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from attrs import field, frozen

from .. import clusters
from ..errors import RunError

if TYPE_CHECKING:
    from ...compilers.fingerprints import Manifest
    from ..events import Event
    from ..plans import Plan
    from .executors import RayExecutor


def _is_address(_instance: object, _attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value):
        raise RunError(f"Ray(address={value!r}) is wrong; expected HOST:PORT of a cluster, 'auto', or None")


@frozen(kw_only=True)
class Ray:
    """A cluster of Ray that performs steps: ``Local(executor=Ray(address="10.0.0.4:6379"))``.

    Without an address it is the one that RAY_ADDRESS names, or the one of this machine, which is started where there is
    none: ``Local(executor="ray")`` means the same. Raises RunError for an address that is none.
    """

    address: str | None = field(default=None, validator=_is_address)

    def open(
        self, plan: Plan, manifests: Mapping[str, Manifest], jobs: int | None, report: Callable[[Event], None]
    ) -> RayExecutor:
        """Return an executor for a run, which connects when there is a task."""
        return clusters.RayExecutor(self.address, plan, manifests, jobs, report)
