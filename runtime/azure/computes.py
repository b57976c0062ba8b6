"""Describe compute targets, and what to say of those that are no clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, get_args

from attrs import field, frozen

from .durations import iso_duration, seconds_of
from .errors import SubmissionRejected
from .refusals import read_fault

Priority: TypeAlias = Literal["dedicated", "low_priority"]
"""``low_priority`` nodes are cheaper, and Azure may take them back at any time."""

CLUSTER = "AmlCompute"

KINDS: Mapping[str, str] = {
    "AmlCompute": "a cluster that Azure scales",
    "ComputeInstance": "one person's machine; jobs can run on it",
    "Kubernetes": "an attached Kubernetes cluster; jobs can run on it",
    "AKS": "an attached AKS cluster; jobs need it attached as Kubernetes",
    "VirtualMachine": "an attached virtual machine; jobs of today's Azure Machine Learning do not run on it",
    "Databricks": "an attached Databricks workspace; jobs are submitted to Databricks itself",
    "SynapseSpark": "an attached Spark pool; only Spark jobs run on it",
    "HDInsight": "an attached HDInsight cluster; jobs of today's Azure Machine Learning do not run on it",
    "DataFactory": "an attached Data Factory; it ran v1's transfers, and jobs do not run on it",
    "DataLakeAnalytics": (
        "retired by Microsoft on 29 February 2024, and nothing runs on it; Microsoft names Azure Synapse Analytics as its "
        "successor, and U-SQL has to be rewritten"
    ),
}
"""Every kind of compute in Azure's specification (2024-04-01), and what it is good for."""

RUNNABLE = frozenset({"AmlCompute", "ComputeInstance", "Kubernetes"})
"""The kinds that a pipeline's steps run on."""

_PRIORITIES = {"dedicated": "Dedicated", "low_priority": "LowPriority"}


@frozen
class Compute:
    """A compute target as Azure tells it.

    ``kind`` is Azure's (:data:`KINDS`), ``state`` how its creation stands: ``Succeeded`` when it can be used. Of a cluster
    ``min_nodes`` and ``max_nodes`` are its limits, ``nodes`` are there now, of which ``busy`` run something;
    ``idle_seconds`` is how long a node waits for work before it goes. What Azure does not tell is None.
    ``problem`` says what went wrong.
    """

    name: str
    kind: str
    state: str
    location: str = ""
    vm_size: str | None = None
    priority: str | None = None
    min_nodes: int | None = None
    max_nodes: int | None = None
    idle_seconds: int | None = None
    nodes: int | None = None
    busy: int | None = None
    is_attached: bool = False
    problem: str = ""
    id: str = field(default="", repr=False)

    @property
    def is_ready(self) -> bool:
        """Whether it can be used."""
        return self.state == "Succeeded"

    @property
    def explanation(self) -> str:
        """What a compute of this kind is good for."""
        return KINDS.get(self.kind, "a kind of compute that this version of Penstock does not know")


@frozen(kw_only=True)
class Cluster:
    """What a cluster is to be. Raises SubmissionRejected for what Azure would not take."""

    name: str
    vm_size: str
    min_nodes: int = 0
    max_nodes: int = 4
    idle_seconds: int = 1800
    priority: Priority = "dedicated"

    def __attrs_post_init__(self) -> None:
        problem = next(_wrong(self), None)
        if problem:
            raise SubmissionRejected(f"describe the cluster {self.name!r}", problem)

    def body(self, location: str) -> dict[str, object]:
        """Return the body of the request that makes it, in a region."""
        inner = {
            "vmSize": self.vm_size,
            "vmPriority": _PRIORITIES[self.priority],
            "osType": "Linux",
            "scaleSettings": scale(self.min_nodes, self.max_nodes, self.idle_seconds),
            "remoteLoginPortPublicAccess": "NotSpecified",
            "enableNodePublicIp": True,
        }
        outer = {"computeType": CLUSTER, "disableLocalAuth": True, "properties": inner}
        return {"location": location, "identity": {"type": "SystemAssigned"}, "properties": outer}


def _wrong(cluster: Cluster) -> Iterator[str]:
    for name in ("min_nodes", "max_nodes", "idle_seconds"):
        if not is_count(getattr(cluster, name)):
            yield f"{name}={getattr(cluster, name)!r}; expected a whole number from 0"
    if not is_name(cluster.name):
        yield "its name must have 2 to 32 letters, digits and -, a letter first, and no - at the end"
    if not str(cluster.vm_size or "").strip():
        yield f"vm_size={cluster.vm_size!r} names no size of machine, as 'Standard_NC6s_v3' does"
    if cluster.priority not in get_args(Priority):
        yield f"priority={cluster.priority!r}; expected 'dedicated' or 'low_priority'"
    if cluster.max_nodes == 0:
        yield "max_nodes=0 leaves nothing to run on; expected 1 or more"


def is_count(value: object) -> bool:
    """Say whether a value is a whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_name(value: object) -> bool:
    """Say whether a value can be the name of a cluster: the rule is that of Azure's portal."""
    return isinstance(value, str) and re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]", value) is not None


def scale(min_nodes: int, max_nodes: int, idle_seconds: int) -> dict[str, object]:
    """Return Azure's form of how a cluster grows and shrinks. Raises SubmissionRejected for limits the wrong way round."""
    if min_nodes > max_nodes:
        raise SubmissionRejected("scale a cluster", f"min_nodes={min_nodes} is more than max_nodes={max_nodes}")
    return {
        "minNodeCount": min_nodes,
        "maxNodeCount": max_nodes,
        "nodeIdleTimeBeforeScaleDown": iso_duration(idle_seconds),
    }


def read_compute(document: Mapping[str, Any]) -> Compute:
    """Return the record of a compute from Azure's document, whatever is missing in it."""
    outer = _table(document.get("properties"))
    inner, errors = _table(outer.get("properties")), outer.get("provisioningErrors")
    limits, counts = _table(inner.get("scaleSettings")), _table(inner.get("nodeStateCounts"))
    allocation_errors = inner.get("errors")
    faults = [*(errors or ()), *(allocation_errors or ())]
    return Compute(
        name=str(document.get("name") or str(document.get("id") or "").rpartition("/")[2]),
        kind=str(outer.get("computeType") or "unknown"),
        state=str(outer.get("provisioningState") or "Unknown"),
        location=str(outer.get("computeLocation") or document.get("location") or ""),
        vm_size=inner.get("vmSize"),
        priority=next((ours for ours, theirs in _PRIORITIES.items() if theirs == inner.get("vmPriority")), None),
        min_nodes=limits.get("minNodeCount"),
        max_nodes=limits.get("maxNodeCount"),
        idle_seconds=seconds_of(limits.get("nodeIdleTimeBeforeScaleDown")),
        nodes=inner.get("currentNodeCount"),
        busy=counts.get("runningNodeCount"),
        is_attached=bool(outer.get("isAttachedCompute")),
        problem="; ".join(filter(None, (read_fault(one)[1] for one in faults))),
        id=str(document.get("id") or ""),
    )


def _table(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
