"""Say what a worker answers about a step in place of an outcome."""

from __future__ import annotations

from typing import Final, final

from attrs import frozen

SLOW: Final = 0.05
"""Seconds; a step that takes longer was not the tiny one that it was taken for: what was sent with it or behind it goes back."""


@frozen(eq=False, repr=False)
class Returned:
    """What a worker says of a step that it was sent and has not begun: the driver decides about it."""

    step: str


@frozen(eq=False, repr=False)
class Unreadable:
    """What a worker answers where it cannot read its task, or cannot write how it ended. ``problem`` says why."""

    problem: str


@final
class Spoilt:
    """What a worker says where a library failed, or said something, that it was to import while it waited: a step shall meet that elsewhere."""
