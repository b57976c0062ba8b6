"""Make an environment for each tool that Penstock is measured beside, outside of the repository.

    python benchmarks/peers.py                    # says which there are
    python benchmarks/peers.py --install          # makes those that are missing
    python benchmarks/peers.py --install luigi    # or one

They lie in ``penstock-benchmarks`` in the user's cache folder, or where ``PENSTOCK_BENCHMARK_PEERS`` says. joblib needs none: it comes
with Penstock.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "PENSTOCK_BENCHMARK_PEERS"

REQUIREMENTS = {
    "doit": "doit==0.37.0",
    "luigi": "luigi==3.8.1",
    "kedro": "kedro==1.7.0",
    "hamilton": "sf-hamilton==1.90.0",
}
"""Pinned: a figure belongs to a version."""


def place() -> Path:
    """Return the folder of the environments, which need not exist."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(VARIABLE) or cache / "penstock-benchmarks")


def python_of(peer: str) -> Path | None:
    """Return the interpreter that has a tool, or None where the tool is not installed."""
    folder = place() / peer
    program = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = folder / "installed"
    wanted = REQUIREMENTS[peer]
    return program if program.exists() and installed.exists() and installed.read_text() == wanted else None


def install(peer: str) -> None:
    """Make an environment with one tool, in place of what is there. Raises CalledProcessError."""
    folder = place() / peer
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    program = next(path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists())
    command = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENTS[peer]]
    subprocess.run(command, check=True)
    (folder / "installed").write_text(REQUIREMENTS[peer])  # last: what broke off counts as missing


def main() -> None:
    """Install what is asked for, and say what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"of {', '.join(REQUIREMENTS)}; all by default")
    parser.add_argument("--install", action="store_true", help="install what is missing")
    options = parser.parse_args()
    if unknown := set(options.peers) - set(REQUIREMENTS):
        parser.error(f"there is no driver for {', '.join(sorted(unknown))}; there are {', '.join(REQUIREMENTS)}")
    for peer in options.peers or REQUIREMENTS:
        if options.install and python_of(peer) is None:
            print(f"{peer}: installing {REQUIREMENTS[peer]}", flush=True)
            install(peer)
        print(f"{peer}: {python_of(peer) or 'not installed'}")


if __name__ == "__main__":
    main()
