from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from penstock.runtime.events import Event
from penstock.runtime.terminal.recordings import Recording, export_svg


def test_the_picture_is_svg_that_loads_nothing(events: Sequence[Event]) -> None:
    picture = export_svg(events, title="penstock run taxi.py")
    ElementTree.fromstring(picture)
    assert "url(" not in picture.replace("url(#", "")
    assert "train-2" in picture and "penstock&#160;run&#160;taxi.py" in picture.replace(" ", "&#160;")


def test_the_same_events_give_the_same_picture(events: Sequence[Event]) -> None:
    recording = Recording()
    for event in events:
        recording(event)
    assert export_svg(recording.events) == export_svg(events)


def test_a_run_that_never_started_gives_an_empty_picture() -> None:
    ElementTree.fromstring(export_svg([]))
