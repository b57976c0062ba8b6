"""Functions of the library that are put back."""

from __future__ import annotations

import json
import os
import time

import pytest
from penstock.runtime.originals import Originals


def test_functions_that_were_replaced_or_deleted_are_put_back(monkeypatch):
    for module, name in ((json, "loads"), (os, "replace"), (time, "time")):
        monkeypatch.setattr(module, name, getattr(module, name))  # as it is, after the test
    before = json.loads, os.replace, time.time
    with pytest.raises(ZeroDivisionError), Originals():
        json.loads = os.replace = lambda *_: None
        del time.time
        raise ZeroDivisionError
    assert (json.loads, os.replace, time.time) == before


def test_what_a_module_has_replaced_when_it_was_imported_stays(monkeypatch):
    originals = Originals()
    monkeypatch.setattr(json, "loads", print)
    originals.keep()
    with originals:
        pass
    assert json.loads is print
