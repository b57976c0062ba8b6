"""Hand on how a pipeline can end to what lies behind the graph: a cleanup step receives it."""

from __future__ import annotations

from ..dsl.statuses import RunStatus as RunStatus
