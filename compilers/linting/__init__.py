"""Check what the steps of a pipeline reach for whatever would make their results unstable, or their reuse unsound."""

from .checking import check_subjects
from .findings import Finding, Subject
from .registry import RULES, Rule, UnknownRule, chosen_rules

__all__ = ["RULES", "Finding", "Rule", "Subject", "UnknownRule", "check_subjects", "chosen_rules"]
