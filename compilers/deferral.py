"""Hand on how a package loads its names on first use to what lies behind the graph."""

from __future__ import annotations

from ..dsl.deferral import loaded_on_first_use as loaded_on_first_use
