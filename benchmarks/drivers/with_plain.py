"""Do the work with nothing but the standard library and numpy: the floor, which keeps results but knows no code and no graph."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor

DISTRIBUTION = "python"


def add(x: int, y: int) -> int:
    return x + y


def database() -> sqlite3.Connection:
    """Open the database in the working folder, as fast as it is still safe when the process dies."""
    connection = sqlite3.connect("results.db", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("create table if not exists result (x, y, value, primary key (x, y))")
    return connection


def kept(connection: sqlite3.Connection, x: int, y: int) -> int:
    """Return what was kept for the arguments, else compute and commit it."""
    row = connection.execute("select value from result where x = ? and y = ?", (x, y)).fetchone()
    if row:
        return int(row[0])
    value = add(x, y)
    connection.execute("insert into result values (?, ?, ?)", (x, y, value))
    return value


def loop(size: int) -> float:
    """A chain in which nothing is kept."""
    start = time.perf_counter()
    state = 0
    for number in range(size):
        state = add(state, number)
    seconds = time.perf_counter() - start
    assert state == sum(range(size))
    return seconds


def chain(size: int) -> float:
    """A chain with a commit a step."""
    start = time.perf_counter()
    connection, state = database(), 0
    for number in range(size):
        state = kept(connection, state, number)
    connection.close()
    seconds = time.perf_counter() - start
    assert state == sum(range(size))
    return seconds


def independent(size: int) -> float:
    """Independent steps: with a commit each the first time, with a query each later."""
    start = time.perf_counter()
    connection = database()
    values = [kept(connection, number, 1) for number in range(size)]
    connection.close()
    seconds = time.perf_counter() - start
    assert values == list(range(1, size + 1))
    return seconds


def spin(seconds: float, number: int) -> int:
    """Keep a processor busy for a time that does not depend on who else uses it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return number


def cpu_bound(size: int, each: float) -> float:
    """CPU-bound calls in a bare pool of two processes."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        values = list(pool.map(spin, [each] * size, range(size)))
    seconds = time.perf_counter() - start
    assert values == list(range(size))
    return seconds


def write_array(length: int) -> None:
    """Make an array and write it to a file."""
    import numpy as np

    np.save("array.npy", np.arange(length))


def read_array(part: int) -> int:
    """Map the file and read all of it."""
    import numpy as np

    return int(np.load("array.npy", mmap_mode="r").sum()) + part


def array(length: int) -> float:
    """Write an array once in one process, and map it in two, four times."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        pool.submit(write_array, length).result()
        totals = list(pool.map(read_array, range(4)))
    seconds = time.perf_counter() - start
    assert totals == [length * (length - 1) // 2 + part for part in range(4)]
    return seconds
