"""Perform tasks: a task in, a future of its outcome out."""

from .protocol import Executor, NotBegun, SegmentExecutor, Tell, WarmExecutor

__all__ = ["Executor", "NotBegun", "SegmentExecutor", "Tell", "WarmExecutor"]
