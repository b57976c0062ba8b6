"""Make ready what a run needs before it exists: identified code, stored inputs, and the results that may be reused."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence

from attrs import frozen

from ...compilers.fingerprints import FileMemo, Fingerprinter, digest_value
from ...compilers.fingerprints.declared import DeclaredPaths
from ...compilers.lowering import Compiled
from ..parameters import Given, take_in
from ..resolution import check_inputs
from ..reuse import Reuse, ReuseWarning
from ..store import ArtifactStore, open_store
from ..workspace import Workspace


@frozen(eq=False)
class Prepared:
    """A graph with its inputs, ready to run in a workspace."""

    workspace: Workspace
    compiled: Compiled
    given: Given
    store: ArtifactStore
    reuse: Reuse
    fingerprinter: Fingerprinter


def prepare(
    compiled: Compiled,
    workspace: Workspace | str | os.PathLike[str] | None,
    regenerate: bool | Sequence[str] = False,  # as Local takes it
) -> Prepared:
    """Identify the code of a graph and store what it was given.

    Raises MissingInput, StoreError and WorkspaceError; warns of code that cannot be identified exactly.
    """
    check_inputs(compiled.graph, compiled.inputs)
    workspace = Workspace.open(workspace)
    workspace.prepare()
    memo = FileMemo(workspace.folder / "memo")
    fingerprinter = Fingerprinter(memo=memo, ignore_calls=workspace.settings.ignore_calls)
    compiled = compiled.identified(fingerprinter)
    for warning in compiled.warnings:
        warnings.warn(warning, ReuseWarning, stacklevel=2)
    store = open_store(workspace.store_location, workspace.cache_folder)
    given = take_in(compiled.graph, compiled.inputs, store, lambda value: digest_value(value, fingerprinter))
    for name in given.unidentified():
        told = f"whatever takes the parameter {name!r} is never reused: its value cannot be identified"
        warnings.warn(told, ReuseWarning, stacklevel=2)
    declared = DeclaredPaths(memo)
    reuse = Reuse(workspace.history.cache, store, compiled.graph.name, compiled.manifests, declared, regenerate)
    return Prepared(workspace, compiled, given, store, reuse, fingerprinter)
