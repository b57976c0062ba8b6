"""Hand the events of a run to whoever listens."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import final

from .events import Event, Listener
from .interruptions import Terminated


@final
class Audience:
    """Who hears the events of a run, in order: the ``first``, which never fails, and the ``others``.

    One of the others that fails is told of in a warning and hears no more; the run goes on. What ends the whole program, such as
    SystemExit, is kept as ``ending`` and goes to ``break_off`` when all have heard the event; who has raised it hears no more, either.
    """

    def __init__(self, first: Listener) -> None:
        self._first = first
        self.others: list[Listener] = []
        self.ending: BaseException | None = None
        self.break_off: Callable[[BaseException], None] = _raise

    def __call__(self, event: Event) -> None:
        """Hand an event on."""
        self._first(event)
        ending: BaseException | None = None
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
            except BaseException as error:
                ending = error
                if isinstance(error, SystemExit) and not isinstance(error, Terminated):
                    self.others.remove(listener)
        if ending is not None:
            self.ending = ending
            self.break_off(ending)


def _raise(error: BaseException) -> None:
    raise error
