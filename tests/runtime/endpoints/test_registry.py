"""Endpoints and their versions: numbered, never changed, the default, disabled, renamed, deleted."""

from __future__ import annotations

import pytest
from penstock.runtime.errors import EndpointDisabled, EndpointError, EndpointExists, EndpointNotFound


def test_the_first_version_makes_the_endpoint_and_is_number_1(publish, registry):
    assert (publish().version, registry.endpoint("train").created) == ("1", 1000.0)


def test_unchanged_content_gives_the_version_that_is_there(registry):
    first, new = registry.publish("train", b"1", "d1", "same")
    again, newer = registry.publish("train", b"2", "d2", "same")
    assert (again, new, newer) == (first, True, False)


def test_other_content_gets_the_next_number_and_is_the_default(publish, registry):
    publish()
    assert publish(content="c2").version == "2" == registry.version("train").version


def test_a_number_is_never_used_again(publish, registry):
    publish()
    publish(content="c2")
    registry.delete("train", "2")
    assert publish(content="c3").version == "3"


def test_a_version_may_be_named(publish):
    assert publish(version="2026.1").version == "2026.1"


def test_a_named_version_never_changes(publish):
    publish(version="a")
    with pytest.raises(EndpointExists, match="versions never change"):
        publish(version="a", content="c2")


def test_the_same_content_under_another_name_is_another_version(publish, registry):
    publish(version="a")
    publish(version="b")
    assert [found.version for found in registry.versions("train")] == ["b", "a"]


def test_a_chosen_default_stays_when_newer_versions_come(publish, registry):
    publish()
    registry.set_default("train", "1")
    publish(content="c2")
    assert registry.version("train").version == "1"
    registry.set_default("train", None)
    assert registry.version("train").version == "2"


def test_a_disabled_endpoint_is_hidden_and_refuses_calls(publish, registry):
    publish()
    registry.enable("train", enabled=False)
    assert registry.endpoints(disabled=False) == ()
    with pytest.raises(EndpointDisabled, match="train is disabled"):
        registry.callable_version("train")


def test_a_disabled_version_gives_way_to_the_newest_enabled_one(publish, registry):
    publish()
    publish(content="c2")
    registry.enable("train", "2", enabled=False)
    assert registry.callable_version("train").version == "1"
    with pytest.raises(EndpointDisabled, match="version 2 of train"):
        registry.callable_version("train", "2")


def test_what_is_enabled_again_can_be_called(publish, registry):
    publish()
    registry.enable("train", enabled=False)
    registry.enable("train")
    assert registry.callable_version("train").version == "1"


def test_a_renamed_endpoint_keeps_its_versions(publish, registry):
    publish()
    registry.rename("train", "fit")
    assert [found.endpoint for found in registry.versions("fit")] == ["fit"]
    with pytest.raises(EndpointNotFound):
        registry.endpoint("train")


def test_an_endpoint_is_not_renamed_onto_another(publish, registry):
    publish()
    publish("fit")
    with pytest.raises(EndpointExists):
        registry.rename("train", "fit")


def test_deleting_an_endpoint_deletes_what_only_it_needed(publish, registry):
    publish()
    publish("other")
    publish("other", "c2")
    registry.delete("other")
    assert registry.bundle("bundle of c1") == b"c1"
    with pytest.raises(EndpointError, match="not kept any more"):
        registry.bundle("bundle of c2")


def test_a_chosen_default_is_not_deleted(publish, registry):
    publish()
    registry.set_default("train", "1")
    with pytest.raises(EndpointError, match="choose another default first"):
        registry.delete("train", "1")


@pytest.mark.parametrize("name", ["", "1a", "a/b", "a" * 64, "a b", "ä", "a\n", "../x", "a;--"])
def test_a_name_that_could_be_mistaken_is_refused(publish, name):
    with pytest.raises(EndpointError, match="an endpoint's name is a letter"):
        publish(name)


@pytest.mark.parametrize("ask", ["versions", "version", "endpoint", "delete", "enable"])
def test_what_is_not_published_is_told_so(registry, ask):
    with pytest.raises(EndpointNotFound, match="nothing is published as 'train'"):
        getattr(registry, ask)("train")


def test_a_version_that_is_not_there_is_told_so(publish, registry):
    publish()
    with pytest.raises(EndpointNotFound, match="'train' has no version '9'"):
        registry.version("train", "9")
