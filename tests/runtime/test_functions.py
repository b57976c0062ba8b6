"""How a worker finds a step's function."""

from __future__ import annotations

import json
import sys
import types

import cloudpickle
import pytest
from penstock.compilers.graph import FunctionRef
from penstock.runtime.errors import RunError
from penstock.runtime.functions import find_function, packed_with_modules


@pytest.mark.parametrize(
    ("ref", "found"),
    [(FunctionRef("json", "dumps"), json.dumps), (FunctionRef("json", "JSONEncoder.encode"), json.JSONEncoder.encode)],
)
def test_a_function_is_found_by_module_and_name(ref, found):
    assert find_function(ref) is found


@pytest.mark.parametrize("ref", [FunctionRef("no_such_module", "f"), FunctionRef("json", "no.such")])
def test_what_is_not_there_is_told_with_what_to_do(ref):
    with pytest.raises(RunError, match=f"{ref} cannot be imported here.*install the project"):
        find_function(ref)


def test_what_cannot_be_called_is_no_function():
    with pytest.raises(RunError, match="json:__name__ is a str, and a step's function was expected"):
        find_function(FunctionRef("json", "__name__"))


def test_an_error_in_the_module_itself_is_the_users(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        find_function(FunctionRef("broken_module", "f"))


def test_a_function_of_a_module_that_nobody_can_import_takes_the_module_along(monkeypatch):
    module = types.ModuleType("nowhere_module")
    exec("def helper(): return 41\ndef function(): return helper() + 1", module.__dict__)
    monkeypatch.setitem(sys.modules, "nowhere_module", module)
    with packed_with_modules([module.function]):
        packed = cloudpickle.dumps(module.function)
    monkeypatch.delitem(sys.modules, "nowhere_module")
    assert cloudpickle.loads(packed)() == 42


def test_afterwards_functions_of_that_module_go_by_name_again():
    with packed_with_modules([json.dumps, 1, print]):
        pass
    assert b"dumps" in cloudpickle.dumps(json.dumps) and len(cloudpickle.dumps(json.dumps)) < 100
