"""Prepare a process to perform tasks for a driver, and end it when the driver ends."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import threading
import time
from collections.abc import Callable
from io import FileIO
from typing import TYPE_CHECKING

from ... import runtime
from ..answers import Returned, Spoilt, Unreadable
from ..invocation import abandon, perform
from ..links import DriverLink
from ..offspring import adopt_orphans, end
from ..tasks import Outcome, Task
from .handing_back import HandBack
from .packing import unpack
from .preloads import asked, import_quietly

if TYPE_CHECKING:
    from ..segments import Segment

_WATCH = 1.0
"""Seconds between two looks of a worker whether its driver is still there."""


def begin(driver: int) -> None:
    """Make this process a worker of the driver of that process id.

    It leaves Ctrl-C to its driver, has nothing to read, and shows nothing of its own: what a step prints goes to the
    step's log. It leads a process group, so that all that steps start can be found when it has died.
    """
    if hasattr(os, "setpgid"):
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # the driver blocked it while we started
    if hasattr(signal, "SIGHUP"):
        # It comes with the death of a driver to workers that are stopped: they have to clear up.
        signal.signal(signal.SIGHUP, lambda *_: None)
    _detach()
    faulthandler.enable(2)  # a crash in native code tells in the step's log where it was
    adopt_orphans()
    threading.Thread(target=_watch, args=(driver,), name="penstock-watch", daemon=True).start()


def work(address: str, name: str, driver: int) -> None:
    """Be the worker of that name, to the end of the process: what an interpreter does that was started to be one."""
    _be_worker(driver, lambda: runtime.link_to(address, name))


def work_at(descriptor: int, name: str, driver: int) -> None:
    """Be the worker of that name, as :func:`work`, whose driver is at the other end of what is open here already."""
    _be_worker(driver, lambda: DriverLink(FileIO(descriptor, "r+"), name))


def _be_worker(driver: int, linked: Callable[[], DriverLink]) -> None:
    begin(driver)
    try:
        _serve(linked())
    except BaseException:
        # A step has broken what we need ourselves, and the interpreter would wait for threads that others have left.
        os._exit(1)


def serve(address: str, name: str) -> None:
    """Perform the tasks that the driver at ``address`` sends, one after the other, until it hangs up."""
    _serve(runtime.link_to(address, name))


def _serve(link: DriverLink) -> None:
    late = HandBack(link)
    while (data := link.receive()) is not None:
        if modules := asked(data):
            if not import_quietly(modules):
                link.send(Spoilt())
                return
            continue
        late.begin()
        try:
            _do(link, unpack(data))
        except BaseException as error:  # a step may have broken what we need ourselves, such as sys.modules
            link.send(Unreadable(f"{type(error).__name__}: {error}"))
        late.end()


def _do(link: DriverLink, work: Task | Segment | Unreadable) -> None:
    if isinstance(work, Task):
        _answer(link, perform(work, link.send))
    elif isinstance(work, Unreadable):
        _answer(link, work)
    else:
        _answer_each(link, work)


def _answer_each(link: DriverLink, segment: Segment) -> None:
    """Perform a segment, up to the first step whose outcome the driver cannot be told."""
    for outcome in runtime.perform_segment(segment, link.send):
        if not _answer(link, outcome):
            return


def _answer(link: DriverLink, outcome: Outcome | Returned | Unreadable) -> bool:
    """Send how a task ended, or why that cannot be sent; say which."""
    try:
        link.send(outcome)
    except Exception as error:  # whatever cannot be pickled, in its own way
        link.send(Unreadable(f"{type(error).__name__}: {error}"))
        return False
    return True


def _detach() -> None:
    """Read from nowhere and write to nowhere, outside of steps."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
        os.set_inheritable(descriptor, True)  # if it is the same, which it is where one of the three was closed
    if nowhere not in (0, 1, 2):
        os.close(nowhere)


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_WATCH)
    import psutil

    end(psutil.Process().children(recursive=True))
    abandon()
    os._exit(1)
