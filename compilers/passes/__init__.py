"""Rewrite graphs: each pass is a function from a graph to a graph."""

from __future__ import annotations

from .subgraphs import alone, until

__all__ = ["alone", "until"]
