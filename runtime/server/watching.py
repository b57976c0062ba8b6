"""Watch runs for whoever looks at them live: one look at the history for all runs and all who watch.

A :class:`Feed` holds what is known of one run, and in which version of itself each part changed; whoever watches keeps the
version that they were told, so that a slow one is told less often and nothing piles up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, final

from attrs import define, field, frozen
from starlette.concurrency import run_in_threadpool

from ..documents import MetricDocument, RunDocument, StepDocument, metric_document, run_document, step_document
from ..errors import RunNotFound
from ..history import History
from ..history.queries import Pulse

LOOK = 0.25
"""Seconds between two looks at the history, where nobody says that something has happened."""

BEAT = 15.0
"""Seconds after which a watcher is told that there is nothing new, so that no proxy takes the connection for dead."""


@frozen
class Position:
    """How much of a run somebody was told: so many metrics and files, and the state of steps in a version of the feed."""

    metrics: int = 0
    files: int = 0
    version: int = -1

    @classmethod
    def read(cls, text: str) -> Position:
        """Read what :meth:`__str__` wrote; whatever else is taken for the beginning."""
        parts = text.split("-")
        if len(parts) != 2 or not all(part.isdecimal() and len(part) < 12 for part in parts):
            return cls()
        return cls(int(parts[0]), int(parts[1]))

    def __str__(self) -> str:
        return f"{self.metrics}-{self.files}"


@define
class Feed:
    """What is known of one run that somebody watches. It was ``left`` where it has ended only until it is taken up again."""

    run_id: str
    watchers: int = 0
    version: int = 0
    pulse: Pulse | None = None
    left: bool = False
    run: RunDocument | None = None
    steps: dict[str, tuple[int, StepDocument]] = field(factory=dict)
    metrics: list[MetricDocument] = field(factory=list)
    files: list[dict[str, str]] = field(factory=list)
    changed: asyncio.Condition = field(factory=asyncio.Condition)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.pulse is not None and self.pulse.state.ended and not self.left

    def refresh(self, history: History, pulse: Pulse) -> None:
        """Read what has changed. Called in a thread, by one at a time."""
        version = self.version + 1
        try:
            self.run = run_document(history.run(self.run_id))
            for step in history.steps(self.run_id):
                document = step_document(step)
                if self.steps.get(step.id, (0, None))[1] != document:
                    self.steps[step.id] = (version, document)
            self.metrics += map(metric_document, history.metrics(self.run_id, skip=len(self.metrics)))
            found = history.files(self.run_id, skip=len(self.files))
            self.files += ({"step": file.step, "name": file.name} for file in found)
        except RunNotFound:  # it has just been deleted
            return
        self.pulse, self.version = pulse, version

    def close(self, document: RunDocument) -> None:
        """Take in that there will be no run, and how that is told."""
        self.run, self.pulse, self.version = document, Pulse(document["state"], 0.0), self.version + 1

    def since(self, position: Position) -> tuple[Position, dict[str, Any]]:
        """Return what somebody has not been told, by kind of event, and the position after it."""
        steps = [document for version, document in self.steps.values() if version > position.version]
        news: dict[str, Any] = {"run": self.run} if self.version > position.version and self.run else {}
        rest = {"steps": steps, "metrics": self.metrics[position.metrics :], "files": self.files[position.files :]}
        reached = Position(max(position.metrics, len(self.metrics)), max(position.files, len(self.files)), self.version)
        return reached, news | {kind: items for kind, items in rest.items() if items}


@final
class Watch:
    """The feeds of a server. ``ended_without_run`` says how a request ended that never became a run, and
    ``goes_on`` whether a run that has ended is taken up again. It belongs to one event loop; only :meth:`nudge` may be called from elsewhere."""

    def __init__(
        self,
        history: History,
        ended_without_run: Callable[[str], RunDocument | None],
        goes_on: Callable[[str], bool],
    ) -> None:
        self._history = history
        self._goes_on = goes_on
        self._ended_without_run = ended_without_run
        self._feeds: dict[str, Feed] = {}
        self._looking: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def follow(self, run_id: str, position: Position) -> AsyncIterator[tuple[Position, Mapping[str, Any]]]:
        """Yield what is new of a run, until it has ended; nothing new, now and then, while nothing happens."""
        with self._joined(run_id) as feed:
            while True:
                position, news = feed.since(position)
                if news:
                    yield position, news
                if feed.ended:
                    return
                if not await _waited(feed, position):
                    yield position, {}

    def nudge(self) -> None:
        """Say, from any thread, that something has happened in a run."""
        if self._loop is not None and self._feeds:
            self._loop.call_soon_threadsafe(self._nudged.set)

    @contextlib.contextmanager
    def _joined(self, run_id: str) -> Any:
        feed = self._feeds.setdefault(run_id, Feed(run_id))
        feed.watchers += 1
        self._loop = asyncio.get_running_loop()
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())
        self._nudged.set()
        try:
            yield feed
        finally:
            feed.watchers -= 1
            if not feed.watchers:
                self._feeds.pop(run_id, None)

    async def _look(self) -> None:
        while self._feeds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK)
            self._nudged.clear()
            feeds = [feed for feed in self._feeds.values() if not feed.ended]
            pulses = await run_in_threadpool(self._history.pulses, [feed.run_id for feed in feeds]) if feeds else {}
            for feed in feeds:
                if await run_in_threadpool(self._is_new, feed, pulses.get(feed.run_id)):
                    async with feed.changed:
                        feed.changed.notify_all()

    def _is_new(self, feed: Feed, pulse: Pulse | None) -> bool:
        """Bring a feed up to date, and say whether something has changed."""
        if pulse is not None and pulse != feed.pulse:
            feed.left = pulse.state.ended and self._goes_on(feed.run_id)
            feed.refresh(self._history, pulse)
            return True
        if feed.left and not self._goes_on(feed.run_id):
            feed.left, feed.version = False, feed.version + 1
            return True
        ended = self._ended_without_run(feed.run_id) if pulse is None else None
        if ended is not None:
            feed.close(ended)
        return ended is not None


async def _waited(feed: Feed, position: Position) -> bool:
    """Wait until there is something new; False when there was nothing for a while."""
    try:
        async with feed.changed:
            await asyncio.wait_for(feed.changed.wait_for(lambda: feed.version > position.version), BEAT)
    except TimeoutError:
        return False
    return True
