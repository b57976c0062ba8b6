"""Hand the events of a run to whoever listens."""

from __future__ import annotations

import warnings
from typing import final

from .events import Event, Listener


@final
class Audience:
    """Who hears the events of a run, in order: the ``first``, which never fails, and the ``others``.

    One of the others that fails is told of in a warning and hears no more; the run goes on.
    """

    def __init__(self, first: Listener) -> None:
        self._first = first
        self.others: list[Listener] = []

    def __call__(self, event: Event) -> None:
        """Hand an event on."""
        self._first(event)
        for listener in tuple(self.others):
            try:
                listener(event)
            except Exception as error:  # who looks on does not stop the run
                self.others.remove(listener)
                warnings.warn(
                    f"the listener {listener!r} failed at {type(event).__name__} and hears no more: {error!r}",
                    RuntimeWarning,
                    stacklevel=3,
                )
