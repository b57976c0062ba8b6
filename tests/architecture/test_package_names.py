"""The names that each package offers, and how the root loads its own."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import penstock
import pytest

PACKAGES = ["penstock", *(info.name for info in pkgutil.walk_packages(penstock.__path__, "penstock.") if info.ispkg)]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_names_of_a_package_are_sorted_unique_and_there(package):
    names = getattr(importlib.import_module(package), "__all__", [])
    assert list(names) == sorted(set(names), key=lambda name: (not name.isupper(), name.islower(), name))
    assert all(hasattr(importlib.import_module(package), name) for name in names)


def test_a_public_name_is_loaded_at_once_or_on_first_use():
    assert set(penstock._LOADED_ON_FIRST_USE) <= set(penstock.__all__)
    assert set(penstock.__all__) - set(penstock._LOADED_ON_FIRST_USE) <= set(
        importlib.import_module("penstock.dsl").__all__
    )


def test_the_names_load_in_any_order():
    code = "import sys, penstock; print(len([getattr(penstock, name) for name in sys.argv[1:]]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *reversed(penstock.__all__)], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) == len(penstock.__all__)


def test_dir_lists_every_public_name_before_anything_is_loaded():
    code = "import penstock; print(set(penstock.__all__) <= set(dir(penstock)), dir(penstock) == sorted(dir(penstock)))"
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "True True\n"
    )


def test_star_import_gives_the_public_names():
    scope: dict[str, object] = {}
    exec("from penstock import *", scope)
    assert set(penstock.__all__) <= set(scope)
