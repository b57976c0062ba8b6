"""Let projects say what identifies a value of their own types."""

from __future__ import annotations

import functools
from typing import Protocol, runtime_checkable


@runtime_checkable
class Identified(Protocol):
    """A value that says itself what identifies it: plain data that differ whenever it does."""

    def __penstock_digest__(self) -> object:
        """Return the data that identify this value."""


@functools.singledispatch
def digest(value: object) -> object:
    """Return the data (constants, containers, arrays) that identify a value; register a function for a type of your own.

    >>> import fractions
    >>> @digest.register
    ... def _(value: fractions.Fraction) -> object:
    ...     return value.numerator, value.denominator

    Unregistered values are identified by the state that pickling would save. Raises TypeError for those.
    """
    raise TypeError(
        f"no way to identify a {type(value).__qualname__} is registered; see penstock.compilers.fingerprints.digest.register"
    )


def own_identity(value: object) -> object:
    """Return what identifies a value by its own method or a registered function; ``NotImplemented`` if neither exists."""
    if isinstance(value, Identified) and not isinstance(value, type):
        return value.__penstock_digest__()
    registered = digest.dispatch(type(value))
    return NotImplemented if registered is digest.dispatch(object) else registered(value)
