"""Name what there is to choose from when a pipeline is run on this machine."""

from __future__ import annotations

from typing import Literal, TypeAlias

ExecutorName: TypeAlias = Literal["local", "joblib", "inline", "ray"]
"""Where steps are performed; see :class:`penstock.runtime.runners.local.Local`."""

Display: TypeAlias = Literal["auto", "tree", "lines", "none"]
"""How a run is shown while it goes on."""
