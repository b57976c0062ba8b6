"""Connect to a cluster of Ray, or start one on this machine, quietly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

from ..errors import RunError

_CLIENT: Final = "ray://"

_PATIENCE: Final = 5.0
"""Seconds in which a cluster must answer."""

_CRITICAL: Final = 50
"""The level of that name in logging, which takes a while to import."""

_SETTINGS: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else it warns that it will become the default
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else its workers start by `uv run`, in a copy of the folder
    "RAY_kill_child_processes_on_worker_exit": "0",  # else it kills a step's process before that has ended what it started
}
"""What a Ray that is started here finds in its environment, where the user says nothing else."""


def connect(address: str | None) -> bool:
    """Be connected to the cluster at an address, or to the one that Ray finds, or starts where there is none.

    Says whether this process has started it, so that all of it is here. Raises RunError where Ray is not installed or no cluster answers.
    """
    if (address or os.environ.get("RAY_ADDRESS") or "").startswith(_CLIENT):
        raise RunError(
            f"a driver must be on a node of the cluster or in its network, and {_CLIENT} leads through a proxy. Start it on the "
            "cluster (`ray job submit -- python flow.py`), or give the address of the head node: Ray(address='HOST:6379')"
        )
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise RunError(
            f'Ray is not installed where the run was started ({error}): pip install "penstock[ray]"'
        ) from error
    if ray.is_initialized():
        _check_that_it_is(address or "")
        return _is_started_here()
    _check_that_it_answers(address or os.environ.get("RAY_ADDRESS") or "")
    with _handlers_kept():
        try:
            ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=_CRITICAL)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            where = f"the cluster of Ray at {address}" if address else "a cluster of Ray"
            raise RunError(f"{where} cannot be reached: {_first_line(error)}") from error
    # What Ray would print of workers that died is what a failure of their steps says.
    ray._private.worker._worker_logs_enabled = False
    return _is_started_here()


def _check_that_it_is(address: str) -> None:
    """Raise RunError where this process is connected to a cluster at another port; of hosts one has several names."""
    import ray

    place, current = _place(address), str(ray.get_runtime_context().gcs_address)
    if place is not None and place[1] != int(current.rpartition(":")[2]):
        raise RunError(
            f"this process is connected to the cluster of Ray at {current}, and the run is to be on the one at {address}. A process has "
            "one at a time: call ray.shutdown() before, or start the run in a process of its own"
        )


def _place(address: str) -> tuple[str, int] | None:
    """Read HOST:PORT; Ray has other forms too."""
    host, colon, port = address.rpartition(":")
    return (host.strip("[]"), int(port)) if colon and port.isdecimal() else None


def _check_that_it_answers(address: str) -> None:
    """Raise RunError where nobody listens at HOST:PORT: Ray itself would try for minutes, and print of it."""
    place = _place(address)
    if place is None:
        return
    try:
        socket.create_connection(place, timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise RunError(
            f"no cluster of Ray answers at {address} ({error}): is it the address of the head node, as `ray start --head` tells it?"
        ) from error


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


def _is_started_here() -> bool:
    import ray

    node: Any = None
    with contextlib.suppress(AttributeError):  # a part of Ray that it does not promise to keep
        node = ray._private.worker._global_node
    return node is not None and node.is_head() and len(ray.nodes()) == 1
