"""Fingerprint projects, each in a forked process: JSON jobs on stdin, one JSON line for each on stdout."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

from penstock.compilers.fingerprints import Fingerprinter
from penstock.dsl.steps import step

assert step  # loaded once for all projects


def fingerprint(job: dict[str, Any]) -> dict[str, Any]:
    """Import a project's main module, as a script if asked to, and fingerprint its entry."""
    os.chdir(job["folder"])
    for place in [*job.get("path", ()), "."]:
        sys.path.insert(0, os.path.join(job["folder"], place) if place != "." else job["folder"])
    entry = job.get("entry", "train")
    if job.get("script"):
        namespace = script(job["folder"])
    else:
        namespace = vars(importlib.import_module(job.get("module", "main")))
    for action in job.get("actions", ()):
        exec(action, namespace)
    options = {"strict_distributions": job.get("strict", False), "ignore_calls": job.get("ignore_calls", ())}
    found = Fingerprinter(**options).function(eval(entry, namespace), modules=job.get("modules", ()))
    if job.get("twice"):
        again = Fingerprinter(**options).function(eval(entry, namespace), modules=job.get("modules", ()))
        assert again.digest == found.digest, "not the same twice in one process"
    return {
        "digest": found.digest,
        "reusable": found.reusable,
        "warnings": found.warnings,
        "manifest": found.manifest.to_json() if job.get("manifest") else None,
    }


def script(folder: str) -> dict[str, Any]:
    """Run main.py as ``__main__``, which stays the module of that name."""
    import types

    module = types.ModuleType("__main__")
    module.__file__ = os.path.join(folder, "main.py")
    sys.modules["__main__"] = module
    with open(module.__file__) as file:
        exec(compile(file.read(), module.__file__, "exec", dont_inherit=True), vars(module))
    return vars(module)


def in_child(job: dict[str, Any]) -> str:
    """Run a job in a forked process and return its line."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        with os.fdopen(reader) as pipe:
            line = pipe.read()
        os.waitpid(pid, 0)
        return line
    os.close(reader)
    try:
        result = fingerprint(job)
    except BaseException:
        result = {"error": traceback.format_exc()}
    with os.fdopen(writer, "w") as pipe:
        pipe.write(json.dumps(result))
    os._exit(0)


if __name__ == "__main__":
    real = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    jobs = json.load(sys.stdin)
    for name in {name for job in jobs for name in job.get("preload", ())}:
        importlib.import_module(name)  # slow ones once, before the processes part
    for job in jobs:
        print(in_child(job) or '{"error": "the process died"}', file=real, flush=True)
