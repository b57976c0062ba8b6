"""Which libraries a worker may import before it is asked to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from penstock import Environment, Resources, each, pipeline, step
from penstock.compilers.lowering import compile_pipeline
from penstock.runtime.libraries import LIBRARIES, shared_libraries


@step
def made(length: int) -> object:
    return np.arange(length)


@step
def read(array: object) -> int:
    return int(np.sum(array))


def libraries(work: Callable[..., object]) -> tuple[str, ...]:
    graph = compile_pipeline(work).graph
    return shared_libraries(graph, graph.attachments)


def imported(name: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Return the step of a module that is written and imported for it."""
    (folder / f"{name}.py").write_text(
        f"from penstock import step\n{text}\n@step\ndef work(x: object) -> int:\n    return 1\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return __import__(name).work  # type: ignore[no-any-return]


WATCH = """
    import json, os, signal, sys, threading
    def seen():
        handlers = [str(signal.getsignal(number)) for number in signal.valid_signals()]
        return handlers, os.getcwd(), sys.path[:], sys.getrecursionlimit(), signal.getitimer(signal.ITIMER_REAL)
    changed, streams = [], (sys.stdout, sys.stderr)
    for name in sys.argv[1:]:
        before, variables = seen(), dict(os.environ)
        try:
            __import__(name)
        except ImportError:
            continue
        added = variables.items() <= os.environ.items()
        changed += [name] * (seen() != before or not added or (sys.stdout, sys.stderr) != streams or len(threading.enumerate()) > 1)
    print(json.dumps(changed))
"""


def test_the_import_of_each_library_says_nothing_and_changes_nothing_but_adds_variables():
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(WATCH), *sorted(LIBRARIES)]
    added = {"_RJEM_MALLOC_CONF"}  # by Polars, in whichever process imports it
    fresh = {name: value for name, value in os.environ.items() if name not in added}
    done = subprocess.run(command, env=fresh, capture_output=True, text=True, check=True)
    assert (json.loads(done.stdout), done.stderr) == ([], "")


def test_it_is_what_the_modules_of_all_steps_have_imported(tmp_path, monkeypatch):
    both = imported("with_both", "import json, pandas as pd\nfrom numpy import linalg", tmp_path, monkeypatch)
    one = imported("with_one", "from numpy.linalg import LinAlgError", tmp_path, monkeypatch)
    assert libraries(lambda: both(1)) == ("pandas", "numpy", "numpy.linalg")
    assert libraries(lambda: one(both(1))) == ("numpy", "numpy.linalg")


def test_no_step_waits_for_what_its_own_module_does_not_import(tmp_path, monkeypatch):
    numbers = imported("with_numpy", "import numpy", tmp_path, monkeypatch)
    plain = imported("with_nothing", "import json", tmp_path, monkeypatch)
    assert libraries(lambda: plain(numbers(1))) == ()


def test_a_step_in_a_mapped_pipeline_counts(tmp_path, monkeypatch):
    plain = imported("with_none", "", tmp_path, monkeypatch)
    many = pipeline(lambda n: plain(n))
    assert libraries(lambda: [many(each([1, 2])), made(1)]) == ()


def test_a_function_that_goes_by_value_takes_along_what_it_refers_to():
    here = [step(lambda: np.ones(3)), step(lambda: np.zeros(3)), step(lambda: 3)]
    assert libraries(lambda: [work() for work in here[:2]]) == ("numpy",)
    assert libraries(lambda: [work() for work in here]) == ()


@pytest.mark.parametrize("own", [{"resources": Resources(gpus=1)}, {"environment": Environment(variables={"A": "b"})}])
def test_it_is_nothing_where_a_step_has_variables_or_gpus_of_its_own(own):
    assert libraries(lambda: read(made(1))) == ("numpy",)
    assert libraries(lambda: read.options(**own)(made(1))) == ()


def test_a_file_of_the_project_with_the_name_of_a_library_is_none(tmp_path, monkeypatch):
    (tmp_path / "polars.py").write_text("")
    monkeypatch.setitem(sys.modules, "polars", None)  # as it was comes back after the test, and be it nothing
    del sys.modules["polars"]
    assert libraries(lambda: imported("with_own", "import polars", tmp_path, monkeypatch)(1)) == ()


def test_what_may_run_code_when_it_is_asked_is_not_asked(tmp_path, monkeypatch):
    text = """class Kind(type):
    @property
    def __module__(cls): raise SystemExit
    def __eq__(cls, other): raise SystemExit
Lazy = Kind('Lazy', (), {})
made = Lazy()"""
    assert libraries(lambda: imported("with_lazy", text, tmp_path, monkeypatch)(1)) == ()
