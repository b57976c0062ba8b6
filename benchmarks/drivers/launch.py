"""Run one piece of work of one driver in this process, and print what it took as JSON.

    python launch.py MODULE FUNCTION '{"size": 1000}'

The function returns the seconds of what is measured, imports left out, after it has checked the result. Needs nothing but the
standard library, so that it runs in the environment of every tool.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import resource
import sys


def version(distribution: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(distribution)
    return getattr(sys.modules.get(distribution), "__version__", None)


def main() -> None:
    name, function, arguments = sys.argv[1:]
    module = importlib.import_module(name)
    seconds = getattr(module, function)(**json.loads(arguments))
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print()  # tools leave lines unfinished
    print(json.dumps({"seconds": seconds, "resident": largest, "version": version(module.DISTRIBUTION)}))


if __name__ == "__main__":
    main()
