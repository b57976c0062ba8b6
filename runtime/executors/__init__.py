"""Perform tasks: a task in, a future of its outcome out."""

from .protocol import Executor, GatheringExecutor, NotBegun, SegmentExecutor, Tell, WarmExecutor, outcome_of

__all__ = ["Executor", "GatheringExecutor", "NotBegun", "SegmentExecutor", "Tell", "WarmExecutor", "outcome_of"]
