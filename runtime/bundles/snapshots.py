"""Gather the files that a pipeline needs: what its code reaches, what it declares, the files that it names; or the whole project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Final, Literal, TypeAlias

from ...compilers.errors import CompileError
from ...compilers.fingerprints.declared import counted_files
from ...compilers.graph import Graph
from ...compilers.graph import Literal as Value
from ...compilers.lowering import Compiled
from ...compilers.traversal import leaves, nodes_within
from ..errors import EndpointError
from ..packaging import Packaging

Extent: TypeAlias = Literal["reached", "project"]
"""Which files: those that the code reaches, or all of the project that no ignore file names."""

LIMIT: Final = 300 << 20
"""Bytes of a snapshot, unless another limit is given: what Azure ML's first SDK allowed."""

_LISTED = 10


def snapshot(
    compiled: Compiled, extent: Extent = "reached", limit: int = LIMIT
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the files of a pipeline by their paths, and the distributions that its code reaches with their versions.

    A module lies where it can be imported from the top. With ``"project"`` come all files under the project's root, honouring ``.amlignore``, else
    ``.gitignore``, in every folder. Raises EndpointError for more than ``limit`` bytes, which names the largest, and CompileError.
    """
    packaging = Packaging(compiled.root, compiled.manifests, with_penstock=False)
    files: dict[str, Path] = {}
    distributions: dict[str, str] = {}
    for node in nodes_within(compiled.graph):
        if node.control is None or node.fingerprint is not None:
            package = packaging.package(node)
            files |= {name: file for name, file in package.files.items() if isinstance(file, Path)}
            distributions |= dict(pin.split("==", 1) for pin in package.lock.packages)
    if extent == "project":
        files |= {name: Path(file) for name, file in counted_files(str(compiled.root)) if Path(file).is_file()}
    files |= dict(_named_files(compiled.graph, compiled.root))
    _check_size(compiled.graph.name, files, limit)
    return files, distributions


def _named_files(graph: Graph, root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of the project that values of the graph name: defaults, and arguments of steps."""
    for path in _paths(graph):
        place = root / path
        if place.is_file():
            yield path.as_posix(), place
        elif place.is_dir():
            yield from ((f"{path.as_posix()}/{name}", Path(file)) for name, file in counted_files(str(place)))


def _paths(graph: Graph) -> Iterator[PurePath]:
    bindings = [binding for node in nodes_within(graph) for binding in node.inputs.values()]
    defaults = [parameter.default for parameter in graph.parameters if parameter.default is not None]
    for binding in (*bindings, *defaults, graph.output):
        for leaf in leaves(binding):
            if isinstance(leaf, Value):
                yield from (path for path in _paths_in(leaf.value) if not path.is_absolute() and ".." not in path.parts)


def _paths_in(value: Any) -> Iterator[PurePath]:
    if isinstance(value, PurePath):
        yield value
    elif type(value) in (list, tuple, set, frozenset):
        for item in value:
            yield from _paths_in(item)
    elif type(value) is dict:
        for item in value.values():
            yield from _paths_in(item)


def _check_size(name: str, files: Mapping[str, Path], limit: int) -> None:
    sizes = {path: file.stat().st_size for path, file in files.items()}
    total = sum(sizes.values())
    if total > limit:
        largest = sorted(sizes.items(), key=lambda item: -item[1])[:_LISTED]
        listed = "\n".join(f"  {size / (1 << 20):8.1f} MiB  {path}" for path, size in largest)
        raise EndpointError(
            f"the files that {name} needs take {total / (1 << 20):.0f} MiB, and at most {limit / (1 << 20):.0f} MiB go along. The "
            f"largest are:\n{listed}\nName data in a datastore instead, or list files in .amlignore"
        )


def read_all(files: Mapping[str, Path]) -> Iterable[tuple[str, bytes]]:
    """Yield files with their contents. Raises CompileError for one that cannot be read."""
    for name, file in sorted(files.items()):
        try:
            yield name, file.read_bytes()
        except OSError as error:
            raise CompileError(
                f"{file} cannot be read, and the pipeline needs it: {error.strerror or error}"
            ) from error
