"""Say what a driver asks of the origin of its workers, and what that tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

from attrs import frozen


@frozen(eq=False, repr=False)
class Birth:
    """Asks for a worker of a name that connects to an address, with its driver's environment, folder, and place of modules."""

    name: str
    address: str
    environment: Mapping[str, str]
    folder: str | None
    path: Sequence[str]
    argv: Sequence[str]


@frozen(eq=False, repr=False)
class Death:
    """Asks for the end of a worker."""

    name: str


@frozen(eq=False, repr=False)
class Born:
    """Tells that a worker is there."""

    name: str
    pid: int


@frozen(eq=False, repr=False)
class Dead:
    """Tells how a worker ended: its exit code, the negative number of a signal, or why it could not be forked."""

    name: str
    code: int | None = None
    problem: str = ""


Told: TypeAlias = Union[Born, Dead]
