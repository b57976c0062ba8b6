"""Compile a pipeline for a bundle, and identify its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...compilers.fingerprints import Fingerprinter
from ...compilers.lowering import Compiled, compile_pipeline
from ..configuration import Settings, settings_upward


def identified(pipeline: Callable[..., object], parameters: Mapping[str, object] | None = None) -> Compiled:
    """Compile a pipeline and identify its code, by the settings of its project."""
    compiled = compile_pipeline(pipeline, (), parameters)
    _, settings = settings_upward(compiled.root) or (None, Settings())
    return compiled.identified(Fingerprinter(ignore_calls=settings.ignore_calls))
