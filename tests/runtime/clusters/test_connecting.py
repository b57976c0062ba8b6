"""Which clusters cannot be connected to, and what is said then."""

from __future__ import annotations

import os

import pytest
from penstock import Local, Ray, RunError, step
from penstock.runtime.clusters.connecting import connect


@pytest.fixture(autouse=True)
def unconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1":
        pytest.importorskip("ray", reason="Ray is not installed")
    import ray

    ray.shutdown()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@step
def one() -> int:
    return 1


def test_an_address_where_nobody_is_says_so_at_once():
    with pytest.raises(RunError, match="no cluster of Ray answers at 127.0.0.1:1 "):
        connect("127.0.0.1:1")


def test_so_does_the_one_of_the_environment(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(RunError, match="no cluster of Ray answers at 127.0.0.1:1 "):
        connect(None)


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "no-such-host.invalid:6379"])
def test_an_impossible_address_is_named(address):
    with pytest.raises(RunError, match=f"answers at {address} "):
        connect(address)


def test_a_proxy_is_refused_with_what_to_do():
    with pytest.raises(RunError, match="ray job submit"):
        connect("ray://10.0.0.1:10001")


def test_a_run_without_its_cluster_says_why(tmp_path):
    with pytest.raises(RunError, match="no cluster of Ray answers"):
        Local(executor=Ray(address="127.0.0.1:1"), workspace=tmp_path, display="none").run(one)


@pytest.mark.parametrize("address", ["", 6379])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(RunError, match="is wrong; expected HOST:PORT"):
        Ray(address=address)
