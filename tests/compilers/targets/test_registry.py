"""Targets: documents of other systems, found by name."""

from __future__ import annotations

from importlib import metadata

import pytest

from penstock.compilers.errors import UnknownTarget
from penstock.compilers.serialisation import to_json
from penstock.compilers.targets import available, write_as


def test_json_is_the_document(rich):
    assert write_as(rich, "json") == to_json(rich)


def test_every_target_writes_text(rich):
    for target in ("json", "mermaid"):
        assert write_as(rich, target)
        assert target in available()


def test_an_unknown_target_names_those_there_are(rich):
    with pytest.raises(UnknownTarget, match="there is no target 'yaml'; there are: .*json, .*mermaid") as caught:
        write_as(rich, "yaml")
    assert caught.value.known == available()


def test_an_installed_distribution_may_bring_a_target(rich, monkeypatch):
    point = metadata.EntryPoint("title", "tests_title:write", "penstock.targets")
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda _self: lambda graph: graph.name.title())
    monkeypatch.setattr(metadata, "entry_points", lambda **_: [point])
    assert write_as(rich, "title") == "Compare"
    assert "title" in available()
