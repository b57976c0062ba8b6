"""Steps that end badly, each in a way of its own."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from penstock import current_step, pipeline, step


@step
def raises(column: str) -> int:
    raise KeyError(column)


@step
def exits() -> int:
    sys.exit("I give up")


@step
def exits_at_once() -> int:
    current_step().folder.joinpath("half").write_text("half a file")
    os._exit(3)


@step
def crashes() -> int:
    return ctypes.string_at(0)


@step
def aborts() -> int:
    os.abort()


@step
def is_killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return time.sleep(60)


@step
def is_asked_to_end() -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    return time.sleep(60)


@step
def needs_too_much_memory() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (2**30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return len(bytearray(2**34))


@step(timeout=0.3)
def takes_too_long() -> int:
    current_step().folder.joinpath("half").write_text("half a file")
    subprocess.Popen(["sleep", "60"])
    return time.sleep(60)


@step
def leaves_children() -> int:
    subprocess.Popen(["sleep", "60"])
    subprocess.run(["sh", "-c", "setsid sleep 60 & sleep 60 &"], check=True)
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
    return 1


@step
def dies_and_leaves_daemons() -> int:
    subprocess.run(["sh", "-c", "setsid sleep 60 & sleep 60 &"], check=True)
    os._exit(0)


@step
def comes_back_twice() -> int:
    if os.fork() == 0:
        return 2
    time.sleep(0.3)
    return 1


@step
def returns_what_cannot_be_stored() -> object:
    return Path(__file__).open()


@step
def returns_what_is_not_there() -> Path:
    return Path("nowhere/model.bin")


@step
def returns_too_few() -> tuple[int, int]:
    return (1,)


class Odd(Exception):
    """An exception that no process can send to another."""

    def __init__(self, column: str, lock: object) -> None:
        super().__init__(column)
        self.lock = lock


@step
def raises_what_cannot_be_pickled() -> int:
    raise Odd("fare", threading.Lock())


class Mute(Exception):
    """An exception that cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@step
def raises_without_words() -> int:
    raise Mute


@step
def interrupts_itself() -> int:
    raise KeyboardInterrupt


@step
def raises_at_the_end_of_a_long_chain() -> int:
    error = ValueError(0)
    for number in range(1, 3000):
        error, cause = ValueError(number), error
        error.__cause__ = cause
    raise error


@step
def raises_far_too_much() -> int:
    raise ValueError("x" * 10_000_000)


class Leaving(Exception):
    """An exception that leaves when it is asked what it is."""

    def __str__(self) -> str:
        sys.exit(5)


@step
def raises_what_exits() -> int:
    raise Leaving


@step
def closes_all_files() -> int:
    os.closerange(3, 1000)
    return 1


def write_everywhere(text: bytes) -> int:
    for file in range(3, 50):
        try:
            os.write(file, text)
        except OSError:
            continue
    return 1


@step
def writes_where_it_should_not() -> int:
    return write_everywhere(b"nonsense" * 100)


@step
def writes_nothings_where_it_should_not() -> int:
    return write_everywhere(bytes(100))


@step
def breaks_modules() -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("penstock", "pickle", "cloudpickle")]:
        sys.modules[name] = None  # to import it raises
    return 1


@step
def replaces_its_output() -> int:
    sys.stdout, sys.stderr = 3, None
    return 1


@step
def fills_its_disk() -> int:
    with open("/dev/full", "w") as file:
        file.write("x" * 100_000)
    return 1


@pipeline
def troubles() -> list[object]:
    return [
        exits(), exits_at_once(), crashes(), aborts(), is_killed(), is_asked_to_end(), needs_too_much_memory(),
        takes_too_long(), leaves_children(), dies_and_leaves_daemons(), comes_back_twice(), returns_what_cannot_be_stored(),
        returns_what_is_not_there(), returns_too_few(), raises_what_cannot_be_pickled(), raises_without_words(),
        interrupts_itself(), fills_its_disk(), raises("fare"), raises_at_the_end_of_a_long_chain(),
        raises_far_too_much(), raises_what_exits(), closes_all_files(), breaks_modules(), replaces_its_output(),
        writes_where_it_should_not(), writes_nothings_where_it_should_not(),
    ]  # fmt: skip
