"""Find the folder that a project's paths are written relative to."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

MARKERS = ("penstock.toml", "pyproject.toml", ".git", "setup.py", "setup.cfg")
"""What marks the top of a project."""


def project_root(folder: Path) -> Path:
    """Return the nearest folder upward that holds one of :data:`MARKERS`, or ``folder`` itself."""
    start = folder.resolve()
    for candidate in (start, *start.parents):
        if any((candidate / marker).exists() for marker in MARKERS):
            return candidate
    return start


def relative_to_root(path: Path, root: Path) -> Path:
    """Write a path that lies under the root relative to it; any other path absolute."""
    absolute = path if path.is_absolute() else Path.cwd() / path  # the working folder may be gone
    try:
        return absolute.relative_to(root)
    except ValueError:
        pass
    try:
        return absolute.resolve().relative_to(root)
    except ValueError:
        return absolute


def posix(path: Path, root: Path) -> str:
    """Write a source file as the graph names it: relative to the root, or its bare name where it lies outside."""
    relative = relative_to_root(path, root)
    return relative.name if relative.is_absolute() else PurePosixPath(*relative.parts).as_posix()
