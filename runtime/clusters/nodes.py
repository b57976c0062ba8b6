"""Ask a cluster of Ray what its nodes have, and which it has lost."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ...compilers.graph import Resources
from ..amounts import size


def processors_there() -> int:
    """Return how many processors the nodes have together, at least one."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def options_of(asked: Resources) -> dict[str, float]:
    """Return what a step asks for as Ray calls it. A step that asks for no processors takes one."""
    options: dict[str, float] = {"num_cpus": 1.0 if asked.cpus is None else float(asked.cpus)}
    if asked.memory:
        options["memory"] = asked.memory
    if asked.gpus:
        options["num_gpus"] = asked.gpus
    return options


def shortage(asked: Resources) -> str:
    """Say why no node of the cluster will ever perform a step that asks for this; nothing where one can."""
    if asked.nodes > 1:
        return f"it asks for nodes={asked.nodes}, and a task of Ray runs on one node"
    nodes = _nodes()
    if any(_has(resources, asked) for resources in nodes.values()) or _may_grow(asked):
        return ""
    listed = "; ".join(f"{name}: {_written(resources)}" for name, resources in nodes.items()) or "none"
    return f"it asks for {_asked(asked)}, and no node of the Ray cluster has that (nodes: {listed})"


def _nodes() -> dict[str, Mapping[str, float]]:
    import ray

    return {
        node["NodeManagerHostname"] + f" {node['NodeID'][:6]}": node["Resources"]
        for node in ray.nodes()
        if node["Alive"]
    }


def _has(resources: Mapping[str, float], asked: Resources) -> bool:
    need = {"CPU": asked.cpus or 0, "memory": asked.memory or 0, "GPU": asked.gpus}
    return all(amount <= resources.get(name, 0) for name, amount in need.items())


def _may_grow(asked: Resources) -> bool:
    """Say whether the cluster adds nodes by itself, and may add one that has this."""
    import ray

    limits: Any = None
    with contextlib.suppress(Exception):  # a part of Ray that it does not promise to keep
        limits = ray._private.state.state.get_max_resources_from_cluster_config()
    return limits is not None and _has(limits, asked)


def _asked(asked: Resources) -> str:
    told = []
    if asked.cpus is not None:
        told.append(f"cpus={asked.cpus:g}")
    if asked.memory is not None:
        told.append(f"memory={size(asked.memory)}")
    if asked.gpus:
        told.append(f"gpus={asked.gpus}")
    return ", ".join(told)


def _written(resources: Mapping[str, float]) -> str:
    gpus = f"{resources['GPU']:g} GPUs" if "GPU" in resources else "no GPU"
    return f"{resources.get('CPU', 0):g} CPUs, {size(int(resources.get('memory', 0)))}, {gpus}"


def lost_nodes() -> dict[str, str]:
    """Return the nodes that have left the cluster, with the reason that Ray knows."""
    import ray

    return {
        node["NodeID"]: f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
        for node in ray.nodes()
        if not node["Alive"]
    }
