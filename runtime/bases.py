"""Describe what a step run was based on: code, inputs and declarations, each by its identity."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Basis:
    """What went into a step run.

    ``key`` identifies all of it; None where something could not be identified, and then ``problem`` says what.
    ``fingerprint`` identifies the code. ``inputs`` maps names to identity and summary; ``declared`` maps what the step
    declared (files, variables, version, environment) to its content.
    """

    key: str | None = None
    fingerprint: str | None = None
    inputs: Mapping[str, tuple[str | None, str]] = field(factory=dict)
    declared: Mapping[str, str] = field(factory=dict)
    problem: str = ""
