"""Number runs and results in the order in which they are written: what is newest does not depend on a clock."""

from __future__ import annotations

from .connections import Connection


def take(connection: Connection, count: int) -> int:
    """Take so many numbers, within a transaction, and return the first of them.

    To take none holds off all others who take some, or decide which results are needed, until the transaction has ended.
    """
    connection.execute("UPDATE numbers SET last = last + ?", (count,))
    ((last,),) = connection.rows("SELECT last FROM numbers")
    return int(last) - count + 1
