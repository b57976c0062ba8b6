"""Check what the steps of a pipeline reach for whatever would make their results unstable, or their reuse unsound.

All of it is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .checking import check_subjects
    from .findings import Finding, Subject
    from .registry import RULES, Rule, UnknownRule, chosen_rules

__all__ = ["RULES", "Finding", "Rule", "Subject", "UnknownRule", "check_subjects", "chosen_rules"]

_HOMES = {
    "Finding": "findings",
    "RULES": "registry",
    "Rule": "registry",
    "Subject": "findings",
    "UnknownRule": "registry",
    "check_subjects": "checking",
    "chosen_rules": "registry",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)
