"""Find the time of day, and the time that something took, in what a step gives back."""

from __future__ import annotations

from collections.abc import Iterator

from .examined import Called, Examined, Scene, constant, shown
from .findings import Remark
from .flowing import is_only_told
from .tables import Names

_ALWAYS = Names(
    "time.time", "time.time_ns", "time.perf_counter", "time.perf_counter_ns", "time.monotonic", "time.monotonic_ns",
    "time.process_time", "time.process_time_ns", "datetime.datetime.now", "datetime.datetime.utcnow",
    "datetime.datetime.today", "datetime.date.today", "pandas.Timestamp.now", "pandas.Timestamp.today",
    "pandas.Timestamp.utcnow", "timeit.default_timer",
)  # fmt: skip
_WITHOUT_ARGUMENT = {"time.localtime": 0, "time.gmtime": 0, "time.ctime": 0, "time.asctime": 0, "time.strftime": 1}
"""Take the present moment if the argument at this place is left out."""
_BY_WORD = Names("numpy.datetime64", "pandas.Timestamp", "pandas.to_datetime")

NAMES = _ALWAYS | _BY_WORD | Names(*_WITHOUT_ARGUMENT)


def time_in_result(code: Examined, _scene: Scene) -> Iterator[Remark]:
    """Remark moments that are not only printed, logged or compared."""
    for called in code.calls:
        if is_present_moment(called) and not is_only_told(code, called.node):
            yield Remark(
                called.node,
                f"{shown(called.node)} is another moment each time, and goes into what this function makes: a result that "
                "is reused tells when it was first made",
                "take the moment as a parameter, or only log it",
            )


def is_present_moment(called: Called) -> bool:
    """Tell whether a call asks for the time."""
    if called.name in _WITHOUT_ARGUMENT:
        return not called.is_open and called.argument(_WITHOUT_ARGUMENT[called.name]) is None
    if called.name in _BY_WORD:
        return constant(called.argument(0)) in ("now", "today")
    return called.name in _ALWAYS
