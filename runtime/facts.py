"""Collect what a run should remember of its surroundings: code, interpreter, machine, user, packages."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .git import git_facts

_SECRET = re.compile(r"(?i)(password|passwd|secret|token|api[-_]?key|credential)")
_USER_INFO = re.compile(r"(\w+://)[^/@\s]+@")
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py[\d.]+.*)?\.(?:dist|egg)-info", re.IGNORECASE)


def collect(root: Path) -> dict[str, str]:
    """Return facts by name, such as ``git.commit``, ``python`` and ``host``. What cannot be found out is left out."""
    facts: dict[str, str] = {}
    for name, find in _FINDERS.items():
        facts.update(_found(name, find, root))
    return facts


def packages() -> dict[str, str]:
    """Return the installed distributions and their versions, by normalised name, in alphabetical order.

    Read from the names of their folders along ``sys.path``, which takes a hundredth of the time that reading their
    metadata does; remembered until one of those folders changes.
    """
    folders = tuple((folder, _modified(folder)) for folder in sys.path)
    return dict(_installed(folders))


def command_line(arguments: list[str]) -> str:
    """Return a command as it would be typed, with whatever looks like a secret blotted out."""
    import shlex

    shown: list[str] = []
    for previous, argument in zip(["", *arguments], arguments, strict=False):
        hidden = _hidden_value(previous, argument)
        shown.append(_USER_INFO.sub(r"\1***@", hidden))
    return shlex.join(shown)


def _hidden_value(previous: str, argument: str) -> str:
    name, equals, _ = argument.partition("=")
    if equals and _SECRET.search(name):
        return f"{name}=***"
    follows = (
        previous.startswith("-") and "=" not in previous and _SECRET.search(previous) and not argument.startswith("-")
    )
    return "***" if follows else argument


def _found(name: str, find: Callable[[Path], str | Mapping[str, str]], root: Path) -> Mapping[str, str]:
    try:
        found = find(root)
    except Exception:  # no fact is worth a run, and machines without a user name or a working folder do exist
        return {}
    return found if isinstance(found, Mapping) else {name: found}


def _git(root: Path) -> dict[str, str]:
    return {f"git.{name}": value for name, value in git_facts(root).items()}


def _python(_: Path) -> str:
    return f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"


def _platform(_: Path) -> str:
    if hasattr(os, "uname"):
        system = os.uname()
        return f"{system.sysname} {system.release} {system.machine}"
    import platform

    return platform.platform()


def _host(_: Path) -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


def _user(_: Path) -> str:
    import getpass

    return getpass.getuser()


def _cpus(_: Path) -> str:
    """Return how many cores this process may use, which is fewer than there are in a container or under ``taskset``."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return str(usable)


def _command(_: Path) -> str:
    return command_line(sys.orig_argv[:1] + sys.argv)


_FINDERS: Mapping[str, Callable[[Path], str | Mapping[str, str]]] = {
    "git": _git,
    "python": _python,
    "platform": _platform,
    "host": _host,
    "cpus": _cpus,
    "user": _user,
    "command": _command,
}


def _modified(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


@functools.lru_cache(maxsize=4)
def _installed(folders: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for folder, _ in folders:
        for name, version in _distributions(folder or "."):
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)  # the first on the path is imported
    return tuple(sorted(found.items()))


def _distributions(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.endswith("-info")]
    except OSError:  # a zip file, a folder that is gone
        return
    for match in filter(None, map(_DISTRIBUTION.fullmatch, sorted(names))):
        yield match["name"], match["version"]
