"""Manage the compute of a workspace: make it, wait for it, look at it, delete it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import final

from attrs import field, frozen

from ..amounts import duration
from .computes import CLUSTER, KINDS, Cluster, Compute, Priority, read_compute, scale
from .connections import Connection
from .errors import NotFoundRemotely, RemoteError, SubmissionRejected
from .inside import refuse_inside
from .operations import PATIENCE, Tell, awaited, complete, settled, silent

_PLACE = "computes"


@final
@frozen
class ComputeTarget:
    """One compute target of a workspace, by name."""

    name: str
    _home: ComputeTargets = field(repr=False, alias="home")

    def status(self) -> Compute:
        """Return how it stands now. Raises NotFoundRemotely."""
        return self._home.status(self.name)

    def wait(
        self, min_nodes: int | None = None, timeout: float = PATIENCE, *, show_progress: bool = True
    ) -> ComputeTarget:
        """Wait until it can be used, and with ``min_nodes`` until so many nodes are there; return it.

        ``timeout`` is in seconds. Raises RemoteTimeout, QuotaExceeded or whatever its creation ended with.
        """
        self._home.wait(self.name, min_nodes, timeout, show_progress=show_progress)
        return self

    def update(
        self, *, min_nodes: int | None = None, max_nodes: int | None = None, idle_seconds: int | None = None
    ) -> Compute:
        """Change how a cluster grows and shrinks; what is not given stays as it is. Raises SubmissionRejected."""
        return self._home.update(self.name, min_nodes, max_nodes, idle_seconds)

    def delete(self) -> None:
        """Delete it, and wait until it is gone; an attached compute is only detached."""
        self._home.delete(self.name)


@final
@frozen
class ComputeTargets(Mapping[str, ComputeTarget]):
    """The compute targets of a workspace, by name. Each look-up asks Azure."""

    connection: Connection = field(repr=False)

    def get_or_create(
        self,
        name: str,
        *,
        vm_size: str | None = None,
        min_nodes: int = 0,
        max_nodes: int = 4,
        idle_seconds: int = 1800,
        priority: Priority = "dedicated",
    ) -> ComputeTarget:
        """Return the compute of that name; make a cluster where there is none. Calling it again changes nothing.

        ``vm_size`` is Azure's name for the machines, as in ``"Standard_NC6s_v3"``; a node without work goes after
        ``idle_seconds``. A compute that is there is taken as it is, whatever its limits (:meth:`ComputeTarget.update`
        changes them). It is not waited for. Raises SubmissionRejected where the one that is there has other machines or
        another priority, and InsideRemoteStep in a step on Azure.
        """
        action = f"create the compute {name!r}"
        found = self._find(name)
        if found is None or (found.state in ("Failed", "Canceled") and not found.is_attached and vm_size):
            refuse_inside(action)
            if vm_size is None:
                raise NotFoundRemotely(action, f"there is none of that name, and vm_size is not given; {self._there()}")
            wanted = Cluster(name=name, vm_size=vm_size, min_nodes=min_nodes, max_nodes=max_nodes, idle_seconds=idle_seconds, priority=priority)  # fmt: skip
            self.connection.call(action, "PUT", _PLACE, name, body=wanted.body(self.connection.location))
        elif vm_size is not None:
            _check_same(found, vm_size, priority)
        return ComputeTarget(name, self)

    def status(self, name: str) -> Compute:
        """Return how a compute stands now. Raises NotFoundRemotely, which lists what there is."""
        found = self._find(name)
        if found is None:
            raise NotFoundRemotely(f"find the compute {name!r}", self._there())
        return found

    def wait(
        self, name: str, min_nodes: int | None = None, timeout: float = PATIENCE, *, show_progress: bool = True
    ) -> Compute:
        """Wait until a compute can be used; see :meth:`ComputeTarget.wait`."""
        action = f"wait for the compute {name!r}"
        began = time.monotonic()
        tell = _printer(name) if show_progress else silent
        document = settled(self.connection, action, _PLACE, name, timeout=timeout, tell=tell)
        if not document:
            raise NotFoundRemotely(action, self._there())
        found = read_compute(document)
        if not min_nodes:
            return found
        if found.max_nodes is None or min_nodes > found.max_nodes:
            raise SubmissionRejected(action, f"min_nodes={min_nodes}, and it has {found.max_nodes} at the most")
        return self._with_nodes(name, min_nodes, timeout - (time.monotonic() - began), tell)

    def update(
        self, name: str, min_nodes: int | None = None, max_nodes: int | None = None, idle_seconds: int | None = None
    ) -> Compute:
        """Change how a cluster grows and shrinks, and wait until that is known."""
        action = f"change the compute {name!r}"
        refuse_inside(action)
        now = self.status(name)
        if now.kind != CLUSTER:
            raise SubmissionRejected(action, f"it is {KINDS.get(now.kind, now.kind)}, and only clusters have limits")
        given = {"minNodeCount": min_nodes, "maxNodeCount": max_nodes, "idle": idle_seconds}
        kept = {"minNodeCount": now.min_nodes or 0, "maxNodeCount": now.max_nodes or 1, "idle": now.idle_seconds or 120}
        wanted = {key: kept[key] if value is None else value for key, value in given.items()}
        limits = scale(wanted["minNodeCount"], wanted["maxNodeCount"], wanted["idle"])
        body = {"properties": {"properties": {"scaleSettings": limits}}}
        answer = self.connection.call(action, "PATCH", _PLACE, name, body=body)
        return read_compute(complete(self.connection, action, answer, _PLACE, name))

    def delete(self, name: str, *, timeout: float = PATIENCE) -> None:
        """Delete a compute and wait until it is gone; an attached one is only detached. One that is not there is no error."""
        action = f"delete the compute {name!r}"
        refuse_inside(action)
        found = self._find(name)
        if found is None:
            return
        how = {"underlyingResourceAction": "Detach" if found.is_attached else "Delete"}
        try:
            answer = self.connection.call(action, "DELETE", _PLACE, name, query=how)
        except NotFoundRemotely:  # it went meanwhile, or this was asked twice because an answer was lost
            return
        complete(self.connection, action, answer, _PLACE, name, timeout=timeout)

    def list(self) -> tuple[Compute, ...]:
        """Return every compute of the workspace, attached ones too, sorted by name."""
        found = self.connection.pages("list the compute of the workspace", _PLACE)
        return tuple(sorted(map(read_compute, found), key=lambda one: one.name))

    def __getitem__(self, name: str) -> ComputeTarget:
        """Return a compute target that is there. Raises KeyError."""
        if self._find(name) is None:
            raise KeyError(name)
        return ComputeTarget(name, self)

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in self.list())

    def __len__(self) -> int:
        return len(self.list())

    def _find(self, name: str) -> Compute | None:
        document = self.connection.find(f"find the compute {name!r}", _PLACE, name)
        return read_compute(document) if document is not None else None

    def _there(self) -> str:
        try:
            names = ", ".join(self) or "none"
        except RemoteError:  # the list only helps: what is wrong is told anyway
            return "the workspace has no such compute"
        return f"the workspace has: {names}"

    def _with_nodes(self, name: str, min_nodes: int, timeout: float, tell: Tell) -> Compute:
        def look() -> Compute | None:
            now = self.status(name)
            tell(f"{now.nodes or 0} of {min_nodes} nodes")
            if now.problem and (now.nodes or 0) < min_nodes:
                raise SubmissionRejected(f"get {min_nodes} nodes of the compute {name!r}", now.problem)
            return now if (now.nodes or 0) >= min_nodes else None

        return awaited(look, f"get {min_nodes} nodes of the compute {name!r}", max(0.0, timeout))


def _check_same(found: Compute, vm_size: str, priority: Priority) -> None:
    action = f"use the compute {found.name!r}"
    if found.kind != CLUSTER:
        raise SubmissionRejected(
            action, f"it is there, and is {found.explanation}; leave vm_size out to take it as it is"
        )
    if found.vm_size and found.vm_size.casefold() != vm_size.casefold():
        raise SubmissionRejected(
            action, f"it is there with machines of size {found.vm_size}, not {vm_size}; choose another name, or leave vm_size out"
        )  # fmt: skip
    if found.priority and found.priority != priority:
        raise SubmissionRejected(
            action, f"it is there with the priority {found.priority!r}, not {priority!r}; choose another name"
        )


def _printer(name: str) -> Tell:
    """Return what prints a state when it is another one than before."""
    began, last = time.monotonic(), ""

    def tell(state: str) -> None:
        nonlocal last
        if state != last and sys.stderr is not None:
            sys.stderr.write(f"{name}: {state} ({duration(time.monotonic() - began)})\n")
        last = state

    return tell
