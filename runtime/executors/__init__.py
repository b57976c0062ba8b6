"""Perform tasks: a task in, a future of its outcome out."""

from .protocol import Executor

__all__ = ["Executor"]
