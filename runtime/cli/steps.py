"""Find the step of a run that somebody names."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import StepNotFound
from ..history.records import StepRecord


def checked_step(name: str, steps: Sequence[StepRecord]) -> StepRecord:
    """Return the step of that id. Raises StepNotFound, which lists what there is."""
    found = {step.id: step for step in steps}
    if name not in found:
        raise StepNotFound(name, "the run", tuple(found))
    return found[name]
