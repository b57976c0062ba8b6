"""Identify the value of an input by its content and by the code of its classes."""

from __future__ import annotations

from attrs import frozen

from .encoding import seal
from .fingerprints import Fingerprinter
from .sources import SCHEME


@frozen(eq=False)
class Identity:
    """What identifies a value, or why nothing does."""

    digest: str | None
    reason: str = ""


def digest_value(value: object, fingerprinter: Fingerprinter | None = None) -> str | None:
    """Return the canonical identity of a value; None if it has none, see :func:`identify`."""
    return identify(value, fingerprinter).digest


def identify(value: object, fingerprinter: Fingerprinter | None = None) -> Identity:
    """Identify a value by type and content, whatever process, order of hashing or copy it comes from.

    Arrays and tables count by dtype, shape, labels and content; instances by their state and the code of their class; functions
    by their fingerprint. Without a fingerprinter a new one is made: pass one where many values are to be identified.
    """
    walked = (fingerprinter or Fingerprinter()).value([value])
    problems = [node.problem for node in walked.nodes if node.problem]
    if problems:
        return Identity(None, problems[0])
    return Identity(seal("input", SCHEME.encode(), walked.digest()).hex())
