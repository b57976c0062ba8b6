"""Find the step of a run that somebody names."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ..history.records import StepRecord
from .errors import TargetNotFound


def checked_step(name: str, steps: Sequence[StepRecord]) -> StepRecord:
    """Return the step of that id. Raises TargetNotFound, which lists what there is."""
    found = {step.id: step for step in steps}
    if name in found:
        return found[name]
    near = get_close_matches(name, found, 1)
    listed = ", ".join(list(found)[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "")
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise TargetNotFound(f"the run has no step {name!r}; {hint}it has {listed}")
