"""Connect to a cluster of Ray, or start one on this machine, quietly; and ask what its nodes have."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...compilers.graph import Resources
from ..amounts import size
from ..errors import RunError

_CLIENT: Final = "ray://"

_CRITICAL: Final = 50
"""The level of that name in logging, which takes a while to import."""

_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns that it will become the default
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else its workers start by `uv run`, in a copy of the folder
}
"""What a Ray that is started here finds in its environment, where the user says nothing else."""


def connect(address: str | None) -> None:
    """Be connected to the cluster at an address, or to the one that Ray finds, or starts where there is none.

    Raises RunError where Ray is not installed or no cluster answers.
    """
    if (address or os.environ.get("RAY_ADDRESS") or "").startswith(_CLIENT):
        raise RunError(
            f"a driver must be on a node of the cluster or in its network, and {_CLIENT} leads through a proxy. Start it on the "
            "cluster (`ray job submit -- python flow.py`), or give the address of the head node: Ray(address='HOST:6379')"
        )
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise RunError(
            f'Ray is not installed where the run was started ({error}): pip install "penstock[ray]"'
        ) from error
    if ray.is_initialized():
        return
    with _handlers_kept():
        try:
            ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=_CRITICAL)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            where = f"the cluster of Ray at {address}" if address else "a cluster of Ray"
            raise RunError(f"{where} cannot be reached: {_first_line(error)}") from error
    ray._private.worker._worker_logs_enabled = (
        False  # what it says of workers that died, a failure of the step says too
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@contextlib.contextmanager
def _handlers_kept() -> Iterator[None]:
    """Leave the program's handling of SIGTERM as it is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
