"""Take a pipeline from Python code to a run or to a document: what ``penstock.run`` and ``penstock.compile`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import runtime
from ..compilers import fingerprints, lowering
from . import bundles
from .errors import RunFailed
from .frames import ours_hidden
from .runners.local import Local

if TYPE_CHECKING:
    from .runs import Run


def run(pipeline: Callable[..., object], *args: Any, **kwargs: Any) -> Run:
    """Run a pipeline here: tracked, in parallel, with every result kept. Returns when it has ended.

    The arguments are the pipeline's own parameters; how to run is said with :class:`Local`. Raises what compiling
    raises, RunFailed with the user's exception as its cause, and KeyboardInterrupt after Ctrl-C has cancelled the run.
    """
    with ours_hidden(KeyboardInterrupt, RunFailed):
        return Local().run(pipeline, *args, **kwargs)


def compile(
    pipeline: Callable[..., object],
    target: str = "json",
    to: str | Path | None = None,
    parameters: Mapping[str, object] | None = None,
) -> str:
    """Write a pipeline as a document, without running anything, and return the text; ``to`` also writes it to a file.

    Where a document names the code of the steps, as that for ``"azureml"`` does, their code is written beside the file.
    ``"bundle"`` is an archive of graph and code, and what is returned is its path; ``to`` is a file or a folder.
    ``parameters`` gives values for those annotated ``Static``; the others stay symbolic. Raises DefinitionError,
    TypeMismatch, UnknownTarget and UnsupportedByTarget.
    """
    compiled = lowering.compile_pipeline(pipeline, (), parameters)
    found = runtime.settings_upward(compiled.root)
    compiled = compiled.identified(fingerprints.Fingerprinter(ignore_calls=found[1].ignore_calls if found else ()))
    if target == "bundle":
        return str(bundles.pack(compiled).write(Path.cwd() if to is None else Path(to)))
    return runtime.document(compiled.graph, compiled.manifests, compiled.root, target, None if to is None else Path(to))
