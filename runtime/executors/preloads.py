"""Import libraries in a worker that waits, as long as nobody can tell; see :mod:`..libraries` for which.

The driver asks for it before the first task. A task that comes meanwhile waits: it imports the same libraries.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..capture import process_output

_ASKS: Final = b"\n"
"""How it is asked for; a task begins with the name of its step, which is not empty and has no lines."""


def ask(modules: Sequence[str]) -> bytes:
    """Write what a worker is to import."""
    return _ASKS + _ASKS.join(name.encode() for name in modules)


def asked(data: bytes) -> list[str]:
    """Read what a worker is to import; nothing where it is sent something else."""
    return data.removeprefix(_ASKS).decode().split(_ASKS.decode()) if data.startswith(_ASKS) else []


def import_quietly(modules: Sequence[str]) -> bool:
    """Import modules, and say whether that was all: nothing was raised, and nothing printed, warned or logged that a step would log."""
    import tempfile  # only who waits needs it

    with tempfile.TemporaryFile() as heard:
        try:
            with process_output(Path(f"/dev/fd/{heard.fileno()}")):
                for module in modules:
                    importlib.import_module(module)
        except BaseException:
            return False
        return os.fstat(heard.fileno()).st_size == 0
