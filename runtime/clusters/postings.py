"""Say what each node of a cluster must know of a run, and find out there whether it can perform the run's steps."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from .code import FOLDER, is_here

_LISTED: Final = 6
"""How many differing distributions a message lists."""


@frozen
class Posting:
    """What each node must know of a run; ``token`` tells it from every other.

    ``path`` and ``folder`` are where the driver finds modules and the folder that it is in; ``code`` are the project's files that
    the steps need, by their paths there, with their digests: a node without them uses the copies in ``run_folder``. ``address`` is where it hears what
    steps report, empty where it does not. ``marks`` are files that a node sees which shares the driver's file
    system, by what they lie in. ``distributions`` are those that the code of the steps reaches, with the driver's versions.
    """

    token: str
    path: tuple[str, ...]
    arguments: tuple[str, ...]
    folder: str
    run_folder: str
    address: str = ""
    marks: Mapping[str, str] = field(factory=dict)
    code: Mapping[str, str] = field(factory=dict)
    distributions: Mapping[str, str] = field(factory=dict)
    python: tuple[int, int] = sys.version_info[:2]


def unfitness(posting: Posting) -> str:
    """Say why this node cannot perform the steps of a run; nothing where it can."""
    problem = next(_problems(posting), "")
    return f"node {socket.gethostname()} of the cluster {problem}" if problem else ""


def _problems(posting: Posting) -> Iterator[str]:
    own = sys.version_info[:2]
    if own != posting.python:
        there, here = (".".join(map(str, version)) for version in (own, posting.python))
        yield f"has Python {there}, and the run was started by Python {here}. Start it by the one that the cluster has"
    for what, mark in posting.marks.items():
        if not Path(mark).exists():
            yield (
                f"does not see the run's {what}: {_there(mark)} there. Every node must have it under the same path: put the "
                "workspace on a file system that all nodes share"
            )
    different = [*_differences(posting.distributions)]
    if different:
        more = f" and {len(different) - _LISTED} more" if len(different) > _LISTED else ""
        yield (
            f"has other packages than the run was started with: {', '.join(different[:_LISTED])}{more}. What the steps return "
            "would be kept as the work of the driver's versions: install the same ones on every node"
        )


def _there(mark: str) -> str:
    folder = Path(mark).parent
    return f"{folder} is another folder" if folder.is_dir() else f"there is no {folder}"


def _differences(distributions: Mapping[str, str]) -> Iterator[str]:
    from importlib import metadata  # 0.01 s, and drivers do not need it

    for name, version in distributions.items():
        try:
            own = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield f"{name} (none, {version} here)"
            continue
        if own != version:
            yield f"{name} ({own}, {version} here)"


def settle(posting: Posting) -> Path | None:
    """Find modules where the driver does, as far as that is here, and be in its folder.

    Where the project is not here as it is there, its code is found in the run's folder; which is then returned.
    """
    before = [entry for entry in sys.path if entry not in posting.path]
    sys.path[:] = [*filter(os.path.exists, posting.path), *before]
    sys.argv[:] = posting.arguments
    with contextlib.suppress(OSError):
        os.chdir(posting.folder)
    if is_here(posting.code):
        return None
    copies = Path(posting.run_folder, FOLDER)
    sys.path.insert(0, str(copies))
    return copies
