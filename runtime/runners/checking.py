"""Check a pipeline's steps before a run: what would make their results unstable, or their reuse unsound."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ... import runtime
from ...compilers import fingerprints, linting, lowering

if TYPE_CHECKING:
    from ...compilers.linting import Finding, Rule, Subject
    from ...compilers.lowering import Compiled
    from ..workspace import Workspace


def check(
    pipeline: Callable[..., object],
    *args: Any,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    workspace: Workspace | str | None = None,
    **kwargs: Any,
) -> tuple[Finding, ...]:
    """Return what makes the steps of a pipeline unstable or unsound for reuse, in the order of the source; runs nothing.

    ``select`` and ``ignore`` name rules, by name or code; the other arguments are the pipeline's own, of which only those annotated
    ``Static`` are needed. Raises what compiling raises, and UnknownRule.
    """
    chosen = linting.chosen_rules(select, ignore)
    compiled = lowering.compile_pipeline(pipeline, args, kwargs)
    opened = runtime.Workspace.open(workspace)
    return check_compiled(compiled, opened, chosen)


def check_compiled(compiled: Compiled, workspace: Workspace, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Apply rules to a compiled pipeline. What the workspace knows of parsed files is used; nothing is written for a new one."""
    memo = fingerprints.FileMemo(workspace.folder / "memo") if workspace.folder.is_dir() else None
    return linting.check_subjects(tuple(subjects_of(compiled)), fingerprints.Fingerprinter(memo=memo), rules)


def subjects_of(compiled: Compiled) -> Iterator[Subject]:
    """Yield the functions of a compiled pipeline with what is declared for them; equal ones once, for all their steps."""
    recording = compiled.recording
    if recording is None:
        return
    found: dict[object, Subject] = {}
    for step, node, call in lowering.steps_called(compiled.graph, recording):
        options, settings = node.options, call.step.settings
        given = frozenset(options.environment.variables) if options.environment else frozenset()
        subject = linting.Subject(
            call.step.function,
            (step,),
            frozenset(options.env) | given,
            tuple(str(Path(compiled.root, path)) for path in options.hash_paths),
            settings.modules,
            options.version is not None or options.max_age is not None,
            options.allow_reuse,
        )
        key = (
            id(subject.function),
            subject.env,
            subject.hash_paths,
            subject.modules,
            subject.is_renewed,
            subject.is_reused,
        )
        found[key] = attrs.evolve(subject, steps=(*found[key].steps, step)) if key in found else subject
    yield from found.values()
    bodies = {id(each.function): each for each in lowering.pipelines_called(recording)}
    steps = {inspect.unwrap(subject.function) for subject in found.values()}
    for body in bodies.values():
        if inspect.unwrap(body.function) not in steps:  # a step that is run alone is its own body
            yield linting.Subject(body.function, (body.name,), is_pipeline=True)
