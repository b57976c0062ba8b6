"""Perform tasks: a task in, a future of its outcome out."""

from .protocol import Executor, SegmentExecutor, WarmExecutor

__all__ = ["Executor", "SegmentExecutor", "WarmExecutor"]
