"""Run a bundle in a process of its own, as who starts it says on the standard input: ``python -m penstock.runtime.bundles.program``.

The process has nothing of the caller's project on its import path, so that the bundle's modules are the ones that are imported.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..runners.local import Local
from ..workspace import Workspace
from .opening import open_file

_MODULE = "penstock.runtime.bundles.program"


@frozen
class Order:
    """What to run: the bundle's file, where to lay it out, and how, as :class:`Local` takes it.

    ``inputs`` are the parameters, pickled: their classes may be the bundle's own, which has to be opened first.
    """

    bundle: Path
    place: Path
    workspace: Workspace
    inputs: bytes
    how: Mapping[str, Any] = field(factory=dict)


def carry_out(order: Order) -> int:
    """Run a bundle in a process of its own, wait for it, and return its exit code. Ctrl-C reaches both."""
    import cloudpickle

    # -I and the empty path of -c would hide an editable Penstock: its own folder's parent goes first, nothing of the project does.
    program = f"import runpy, sys; sys.path[:] = {_path()!r}; runpy.run_module({_MODULE!r}, run_name='__main__')"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)  # noqa: S603  # our own program
    try:
        process.communicate(cloudpickle.dumps(order))
        return process.returncode
    except BaseException:
        process.wait(_PATIENCE)
        raise


_PATIENCE = 30.0
"""Seconds that a run has to end after Ctrl-C."""


def _path() -> list[str]:
    """Return the import path without the folders that were put on it for the caller's project."""
    started = {str(Path(sys.argv[0]).parent.absolute()), str(Path.cwd()), ""}
    return [entry for entry in sys.path if entry not in started]


def main() -> int:
    """Do what the standard input says. What the run printed and how it ended is in the history."""
    order: Order = pickle.load(sys.stdin.buffer)
    bundle = open_file(order.bundle, order.place)
    bundle.enter()
    inputs: Mapping[str, object] = pickle.loads(order.inputs)
    local = Local(workspace=order.workspace, raise_on_failure=False, **order.how)
    return 0 if local.run_compiled(bundle.compiled(inputs)).status.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
