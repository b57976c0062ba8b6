"""Steps that print what is hard to keep."""

from __future__ import annotations

import os
import sys

from penstock import pipeline, step

LINE = b"x" * 99 + b"\n"


@step
def shout(millions: int) -> int:
    print("the first line")
    sys.stdout.flush()
    for _ in range(millions):
        os.write(1, LINE * 10_000)
    print("the last line")
    return millions


@step
def chatter(millions: int) -> int:
    print("the first line")
    for _ in range(millions * 1000):
        print("x" * 999)
    print("the last line")
    return millions


@step
def print_binary() -> int:
    os.write(1, b"\x1b]0;title\x07" + bytes(range(256)) + b"\n")
    sys.stderr.buffer.write(b"\xff\xfe\x00")
    print("\udcff and text")
    return 1


@pipeline
def loud() -> list[int]:
    return [shout(200), print_binary()]
