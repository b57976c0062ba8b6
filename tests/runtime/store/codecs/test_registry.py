"""Codecs are registered, the last one that matches wins, and unknown ones are looked for in installed packages."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from penstock.runtime.artifacts import Artifact
from penstock.runtime.errors import StoreError
from penstock.runtime.store import LocalStore, decode, encode, register_codec
from penstock.runtime.store.codecs import Unsuitable, codec_named, registry


class Celsius(float):
    """A value with a codec of its own; ``float`` would lose the class."""


class CelsiusCodec:
    name = "celsius"

    def matches(self, value: object) -> bool:
        return type(value) is Celsius

    def dump(self, value: object, folder: Path) -> None:
        (folder / "degrees.txt").write_text(repr(float(value)))  # type: ignore[arg-type]

    def load(self, folder: Path) -> object:
        return Celsius((folder / "degrees.txt").read_text())


class Reluctant(CelsiusCodec):
    def dump(self, value: object, folder: Path) -> None:
        (folder / "half-written").write_text("")
        raise Unsuitable("not today")


class Broken(CelsiusCodec):
    def dump(self, value: object, folder: Path) -> None:
        raise ZeroDivisionError("division by zero")


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


def test_a_registered_codec_is_preferred(store):
    register_codec(CelsiusCodec())
    artifact = encode(Celsius(21.5), store)
    back = decode(artifact, store)
    assert (artifact.codec, type(back), back) == ("celsius", Celsius, 21.5)


def test_the_last_one_registered_wins_and_a_name_can_be_taken_over(store):
    first, second = CelsiusCodec(), CelsiusCodec()
    register_codec(first)
    register_codec(second)
    assert codec_named("celsius") is second


def test_a_codec_may_pass_a_value_on(store):
    register_codec(Reluctant())
    artifact = encode(Celsius(21.5), store)
    assert (artifact.codec, decode(artifact, store)) == ("pickle", 21.5)
    assert list(store.staging.iterdir()) == []


def test_a_codec_that_fails_is_named_and_nothing_is_left(store):
    register_codec(Broken())
    with pytest.raises(StoreError, match=r"the codec 'celsius' failed to store a .*Celsius: ZeroDivisionError"):
        encode(Celsius(21.5), store)
    assert list(store.staging.iterdir()) == []


@pytest.mark.parametrize("thing", [CelsiusCodec.dump, object(), "json", None])
def test_what_is_no_codec_is_refused(thing):
    with pytest.raises(TypeError, match="is not a codec: it needs a name and the methods matches, dump and load"):
        register_codec(thing)


def test_a_codec_is_found_among_installed_packages(store, monkeypatch):
    offered = EntryPoint("text2", "penstock.runtime.store.codecs.text:TEXT", "penstock.codecs")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group, name: [offered])
    with pytest.raises(StoreError, match="the codec 'text2' is not known here"):
        codec_named("text2")
    del registry._registered["text"]
    assert codec_named("text").name == "text"


def test_an_unknown_codec_says_what_to_do(store):
    with pytest.raises(
        StoreError, match=r"'nosuch' is not known here: import the module.*'penstock\.codecs'.*Known: arrow"
    ):
        decode(Artifact("0" * 64, "nosuch", 1), store)
