"""What an import must not load."""

import importlib.util
import json
import subprocess
import sys

import pytest

HEAVY = ["asyncio", "azure", "beartype", "click", "dill", "fsspec", "joblib", "networkx", "numpy", "pandas", "psutil",
         "requests", "rich", "sqlite3", "yoyo", "cloudpickle", "pathspec"]  # fmt: skip


RUNNING = ["compilers.lowering.compiling", "compilers.fingerprints.fingerprints", "runtime.bundles.packing", "runtime.driving",
           "runtime.azure.client", "runtime.cleaning", "runtime.history.queries", "runtime.rehearsals", "runtime.runners.execution",
           "runtime.terminal"]  # fmt: skip


WORKER = "import penstock.runtime.executors.origins\nfrom penstock import Local, Run, log_metric, pipeline, run, step"

DRIVING = ["compilers.bindings", "compilers.fingerprints.manifests", "compilers.graph", "compilers.traversal", "compilers.values",
           "dsl.calls", "dsl.mapping", "dsl.promises", "dsl.recording", "dsl.signatures", "runtime.bases", "runtime.channels", "runtime.configuration",
           "runtime.events", "runtime.executors.protocol", "runtime.identities", "runtime.resolution", "runtime.segments",
           "runtime.store.remote"]  # fmt: skip
"""What a worker that performs steps one by one has no use for."""

MOST_CLASSES = 40
"""Classes of data that a worker makes: to make one takes up to a millisecond."""


def loaded_by(code, names=HEAVY):
    """Return which of some modules, the heavy ones by default, some code loads, in a new process."""
    check = f"import json, sys\n{code}\nprint(json.dumps([name for name in {names!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_importing_penstock_loads_nothing_heavy():
    assert loaded_by("import penstock") == []


@pytest.mark.parametrize(
    "name",
    [
        "AzureML",
        "Endpoint",
        "Local",
        "Ray",
        "Run",
        "StepRun",
        "Workspace",
        "check",
        "compare",
        "compile",
        "explain",
        "publish",
        "replay",
        "run",
    ],
)
def test_a_worker_that_imports_the_module_of_a_step_loads_nothing_that_runs_pipelines(name):
    code = f"from penstock import {name}, step, pipeline"
    assert loaded_by(code, [f"penstock.{module}" for module in RUNNING]) == []


def test_a_worker_loads_nothing_of_what_only_drivers_use():
    assert loaded_by(WORKER, [f"penstock.{module}" for module in DRIVING]) == []


def test_a_worker_loads_little_of_the_standard_library():
    unwanted = [
        "concurrent.futures",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "hmac",
        "multiprocessing",
        "subprocess",
        "tempfile",
    ]
    assert loaded_by(WORKER, unwanted) == []


def test_what_a_worker_must_not_load_is_there():
    assert all(importlib.util.find_spec(f"penstock.{module}") for module in DRIVING)


def test_a_worker_makes_few_classes_of_data():
    is_one = "isinstance(kind, type) and kind.__module__.startswith('penstock') and '__attrs_attrs__' in vars(kind)"
    count = f"gc.collect()\nmade = sum({is_one} for kind in gc.get_objects())"
    assert loaded_by(f"{WORKER}\nimport gc\n{count}\nassert 20 < made <= {MOST_CLASSES}, made", []) == []


def test_defining_and_compiling_a_pipeline_loads_nothing_heavy():
    code = (
        "from penstock import step, pipeline\n"
        "from penstock.compilers.lowering import compile_pipeline\n"
        "@step\ndef double(x: int) -> int: return 2 * x\n"
        "@pipeline\ndef twice(x: int = 1) -> int: return double(double(x))\n"
        "assert len(compile_pipeline(twice).graph) == 2"
    )
    assert loaded_by(code) == []


@pytest.mark.parametrize("module", ["runtime.invocation", "runtime.driving", "runtime.store", "runtime.workspace"])
def test_parts_of_the_runtime_load_no_library_before_it_is_needed(module):
    assert [name for name in loaded_by(f"import penstock.{module}") if name != "sqlite3"] == []


def test_a_small_inline_run_needs_neither_joblib_nor_fsspec_nor_rich(tmp_path):
    code = (
        "from penstock import step, Local\n"
        "@step\ndef double(x: int) -> int: return 2 * x\n"
        f"assert Local(executor='inline', display='none', workspace={str(tmp_path)!r}).run(double, 2).result() == 4"
    )
    assert set(loaded_by(code)) <= {"sqlite3", "cloudpickle"}
