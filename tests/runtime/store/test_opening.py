"""Locations are folders or URLs."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from penstock.runtime.store import LocalStore, RemoteStore, open_store, opening


def test_a_path_opens_a_local_store(tmp_path):
    assert open_store(tmp_path) == open_store(str(tmp_path)) == LocalStore(tmp_path)


def test_a_relative_path_stays_where_it_was_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_store("store").root == tmp_path / "store"


def test_a_url_opens_a_remote_store_with_its_options(tmp_path):
    assert open_store("s3://bucket/x/", tmp_path, anon=True) == RemoteStore("s3://bucket/x", tmp_path, {"anon": True})


def test_a_url_needs_a_cache():
    with pytest.raises(
        ValueError, match=r"s3://bucket needs a local folder as its cache: open_store\(url, cache=...\)"
    ):
        open_store("s3://bucket")


def test_options_for_a_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is a folder; got anon"):
        open_store(tmp_path, anon=True)


def test_a_package_may_offer_a_scheme(tmp_path, monkeypatch):
    offered = EntryPoint("vault", "builtins:dict", "penstock.stores")
    monkeypatch.setattr(
        "importlib.metadata.entry_points", lambda group, name: [offered] if name == offered.name else []
    )
    with pytest.raises(TypeError, match="dict expected"):
        open_store("vault://x", tmp_path)
