"""Understand how people name runs: by id, the beginning or the end of one, or ``last``."""

from __future__ import annotations

import re

from ..errors import RunNotFound
from .connections import Connection
from .tables import plain

_LAST = re.compile(r"last(?:~(\d{1,9}))?")
_SHOWN = 5


def resolve(connection: Connection, reference: str) -> str:
    """Return the id of the run that is meant.

    ``last`` is the newest run and ``last~2`` the one two before it. Raises RunNotFound, which lists the candidates where
    there is more than one.
    """
    text = plain(reference.strip())
    last = _LAST.fullmatch(text)
    if last is not None:
        return _last(connection, reference, int(last[1] or 0))
    found = _matching(connection, text)
    if len(found) == 1:
        return found[0]
    raise RunNotFound(reference, _ambiguous(found) if found else "no run has that id")


def _last(connection: Connection, reference: str, back: int) -> str:
    rows = connection.rows("SELECT id FROM runs ORDER BY number DESC LIMIT 1 OFFSET ?", (back,))
    if rows:
        return str(rows[0][0])
    ((total,),) = connection.rows("SELECT count(*) FROM runs")
    raise RunNotFound(reference, f"there are only {total} runs" if total else "there are no runs yet")


def _matching(connection: Connection, text: str) -> list[str]:
    """Return the run of that very id, else all that begin with it or end with it after a dash."""
    if not text:
        return []
    if connection.rows("SELECT 1 FROM runs WHERE id = ?", (text,)):
        return [text]
    ending = f"-{text}"
    rows = connection.rows(
        "SELECT id FROM runs WHERE substr(id, 1, ?) = ? OR substr(id, length(id) - ?, ?) = ? ORDER BY number DESC",
        (len(text), text, len(ending) - 1, len(ending), ending),
    )
    return [run for (run,) in rows]


def _ambiguous(found: list[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{len(found)} runs match: {', '.join(found[:_SHOWN])}{more}"
