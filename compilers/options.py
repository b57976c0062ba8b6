"""Hold how a node is run and reused, apart from what it computes."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .travelling import travels


@travels
@frozen
class Resources:
    """What a step asks of the machine that runs it. ``memory`` is in bytes; None leaves a choice to the runtime."""

    cpus: float | None = None
    memory: int | None = None
    gpus: int = 0
    nodes: int = 1


@frozen
class Retry:
    """When a failed node is tried again: ``delay`` seconds later, then ``factor`` times as long, at most ``longest``.

    ``on`` are the classes of exceptions that are followed by another attempt, as ``module:qualname``; empty means any.
    """

    delay: float = 0.5
    factor: float = 2.0
    longest: float = 60.0
    on: tuple[str, ...] = ()


@frozen
class Environment:
    """What must be installed and set where a step runs."""

    packages: tuple[str, ...] = ()
    image: str | None = None
    variables: Mapping[str, str] = field(factory=dict)


@travels
@frozen
class NodeOptions:
    """How a node is run and reused. ``timeout`` is in seconds and holds for one attempt; ``max_age`` is in seconds.

    ``hash_paths`` are relative to the project's root where they lie under it; ``env`` are names of variables.
    """

    allow_reuse: bool = True
    retries: int = 0
    retry: Retry = Retry()
    timeout: float | None = None
    max_age: float | None = None
    resources: Resources = Resources()
    compute: str | None = None
    environment: Environment | None = None
    version: str | None = None
    hash_paths: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(factory=dict)
