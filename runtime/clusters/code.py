"""Lay the code of a run's steps where nodes find it that do not have the driver's files, or have other ones under their paths.

That is the run's folder, which every node sees, and there modules lie under their own names.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...compilers.errors import CompileError
from ...compilers.fingerprints import Manifest
from ..packaging import Packaging
from ..plans import Plan
from ..store.trees import hash_file

FOLDER: Final = "code"
"""Where the code lies in a run's folder while the run has a cluster."""


def lay_out(plan: Plan, manifests: Mapping[str, Manifest]) -> dict[str, str]:
    """Copy the project's code that the steps of a run need, and return the digest of each file by its path here."""
    packaging = Packaging(plan.root, manifests, with_penstock=False)
    files: dict[str, Path] = {}
    for node in {node.fingerprint or node.id: node for node in plan.graph}.values():
        with contextlib.suppress(
            CompileError
        ):  # what it declares lies outside of the project: then it is seen there or not
            files |= {name: file for name, file in packaging.package(node).files.items() if isinstance(file, Path)}
    for name, file in files.items():
        target = plan.folder / FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return {str(file): digest_of(file) for file in files.values()}


def is_here(code: Mapping[str, str]) -> bool:
    """Say whether this machine has the same files under the same paths."""
    try:
        return all(digest_of(Path(file)) == digest for file, digest in code.items())
    except OSError:
        return False


def digest_of(file: Path) -> str:
    """Return the blake3 of a file. Raises OSError."""
    return hash_file(str(file), file.stat().st_size)
