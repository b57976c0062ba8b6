"""Be a host process whose runs have steps here and steps in Azure: those that name a compute target are jobs there."""

from __future__ import annotations

from .child import HostProcess
from .homes import home_of
from .wires import connected


def main() -> None:
    """Be a host of the workspace that the first argument names."""
    workspace, orders, reports = connected()
    HostProcess(workspace, reports, remote=home_of).serve(orders)


if __name__ == "__main__":
    main()
