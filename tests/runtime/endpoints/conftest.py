"""Give the tests of endpoints a database of each engine, and a clock that stands still."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from penstock.runtime.endpoints import Queue, Registry, Schedules, Tokens
from penstock.runtime.history import Session, connect


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(location) -> Any:
    opened = Session(partial(connect, location))
    yield opened
    opened.close()


@pytest.fixture
def registry(session, clock) -> Registry:
    return Registry(session, clock)


@pytest.fixture
def tokens(session, clock) -> Tokens:
    return Tokens(session, clock)


@pytest.fixture
def queue(session, clock) -> Queue:
    return Queue(session, clock)


@pytest.fixture
def schedules(session, clock) -> Schedules:
    return Schedules(session, clock)


@pytest.fixture
def publish(registry):
    """Publish a bundle that computes something, in a few words."""

    def one(name="train", content="c1", **more):
        return registry.publish(name, content.encode(), f"bundle of {content}", content, **more)[0]

    return one
