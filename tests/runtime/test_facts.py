"""A run remembers its surroundings, and never fails for them."""

from __future__ import annotations

import getpass
import importlib.metadata
import re
import sys

import pytest

from penstock.runtime import facts
from penstock.runtime.facts import collect, command_line, packages


def test_the_machine_and_the_interpreter_are_told(tmp_path):
    found = collect(tmp_path)
    assert {"python", "platform", "host", "cpus", "user", "command"} <= set(found)
    assert found["python"].endswith(".".join(map(str, sys.version_info[:3])))
    assert int(found["cpus"]) >= 1


def test_git_is_told_under_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PENSTOCK_GIT_COMMIT", "abc")
    assert collect(tmp_path)["git.commit"] == "abc"


def test_all_facts_are_text(tmp_path):
    assert all(isinstance(value, str) for value in collect(tmp_path).values())


def test_a_machine_without_a_user_name_has_none(tmp_path, monkeypatch):
    def fail():
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", fail)
    assert "user" not in collect(tmp_path) and "host" in collect(tmp_path)


def test_a_folder_that_is_gone_is_no_trouble(tmp_path):
    assert "python" in collect(tmp_path / "gone")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["python", "a b.py", "--lr", "0.1"], "python 'a b.py' --lr 0.1"),
        (["x", "--api-key=abc"], "x '--api-key=***'"), (["x", "--token", "abc", "y"], "x --token '***' y"),
        (["x", "--token", "--verbose"], "x --token --verbose"), (["x", "PASSWORD=abc"], "x 'PASSWORD=***'"),
        (["x", "postgresql://me:pw@h/d"], "x 'postgresql://***@h/d'"), ([], ""),
    ],
)  # fmt: skip
def test_secrets_are_blotted_out_of_the_command(arguments, shown):
    assert command_line(arguments) == shown


def test_packages_are_those_that_are_installed():
    found = {
        re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower(): distribution.version
        for distribution in reversed(list(importlib.metadata.distributions()))
    }
    assert packages() == found


def test_a_package_that_is_installed_meanwhile_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert packages() == {}
    (tmp_path / "Some_Thing-1.2.post3.dist-info").mkdir()
    (tmp_path / "old_one-0.9-py3.11.egg-info").mkdir()
    (tmp_path / "noise-info").mkdir()
    facts._installed.cache_clear()  # a folder's time may be too coarse for a test
    assert packages() == {"old-one": "0.9", "some-thing": "1.2.post3"}


def test_the_first_on_the_path_counts(tmp_path, monkeypatch):
    for folder, version in (("a", "1"), ("b", "2")):
        (tmp_path / folder / f"x-{version}.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "gone.zip"), str(tmp_path / "a"), str(tmp_path / "b")])
    assert packages() == {"x": "1"}
