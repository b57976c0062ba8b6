"""Listings of file systems are read whatever they call the time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from penstock.runtime.store.objects import found_below, found_in, last_put, size_of

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Files:
    """A file system that lists some files, and may be asked for their times."""

    def __init__(self, *paths, modified=None, **info):
        self.listing = {path: {"name": path, "size": 5, **info} for path in paths}
        self.answer = modified

    def find(self, root, detail):
        assert detail
        return {path: info for path, info in self.listing.items() if path.startswith(root)}

    def modified(self, path):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    "info",
    [
        {"mtime": MOMENT.timestamp()}, {"LastModified": MOMENT}, {"last_modified": MOMENT},
        {"updated": "2026-01-02T03:04:05.000Z"}, {"last_modified": MOMENT.replace(tzinfo=None)},
    ],
    ids=str,
)  # fmt: skip
def test_the_time_is_read_whatever_a_file_system_calls_it(info):
    files = Files("b/ab/x/f", **info)
    assert last_put(files, found_in(files, "b/ab/x")) == MOMENT.timestamp()


@pytest.mark.parametrize(
    ("answer", "told"),
    [(MOMENT, MOMENT.timestamp()), (NotImplementedError(), float("inf")), (FileNotFoundError(), 0.0)],
    ids=repr,
)
def test_a_file_system_that_lists_no_times_is_asked_for_each(answer, told):
    files = Files("b/ab/x/f", modified=answer)
    assert last_put(files, found_in(files, "b/ab/x")) == told


def test_files_are_grouped_by_their_artifact():
    files = Files("/b/ab/x/f", "/b/ab/x/sub/g", "/b/cd/y/.seal", "/b/stray")
    grouped = found_below(files, "/b")
    assert {digest: set(found) for digest, found in grouped.items()} == {"x": {"f", "sub/g"}, "y": {".seal"}}
    assert size_of(grouped["x"]) == 10


def test_the_seal_tells_when_an_artifact_was_put_and_without_one_the_newest_file():
    files = Files()
    assert last_put(files, {".seal": {"mtime": 5.0}, "a": {"mtime": 9.0}}) == 5.0
    assert last_put(files, {"a": {"mtime": 9.0}, "b": {"mtime": 7.0}}) == 9.0
    assert last_put(files, {}) == 0.0
