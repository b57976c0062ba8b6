"""Run a program as a step does: in a process of its own, with paths and values in its arguments, files as its results."""

from __future__ import annotations

import collections
import importlib
import inspect
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, final

from attrs import field, frozen

from ..errors import DefinitionError, ProgramFailed
from ..locations import Location
from .templates import filled, filled_command

_LAST_LINES = 20
"""How many of the last lines that a program wrote to its standard error are told when it fails."""

_LINGERING = 2.0
"""Seconds to wait for what a process that the program left behind may still write."""


@final
@frozen(eq=False, slots=False)
class Program:
    """What a script step calls. ``signature`` has its inputs and outputs, ``files`` what each output's file is called.

    ``arguments`` are templates, in which ``{name}`` stands for an input or an output; a text is a shell's command line.
    ``starter`` stands before the script. ``module`` is the one that the step was made in, ``made`` the line.
    """

    name: str
    signature: inspect.Signature
    files: Mapping[str, str]
    arguments: tuple[str, ...] | str
    script: Path | None = None
    starter: tuple[str, ...] = ()
    module: str = ""
    made: Location | None = field(default=None, repr=False)

    @property
    def __signature__(self) -> inspect.Signature:
        """Its signature, asked for when it is first used: where only its module is needed, its script need not be there."""
        if self.script is not None and not self.script.is_file():
            problem = f"script_step({self.script.name!r}): there is no file {self.script}; the path starts from the calling file"
            raise DefinitionError(problem, self.made)
        return self.signature

    def __penstock_program__(self) -> tuple[str | None, tuple[object, ...]]:
        """Tell what identifies it: the script, and all else that its results can depend on."""
        arguments = self.arguments if isinstance(self.arguments, str) else list(self.arguments)
        ending = "" if self.script is None else self.script.suffix
        return None if self.script is None else str(self.script), (arguments, dict(self.files), ending)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it with these inputs, and return the paths of its outputs. Raises ProgramFailed."""
        bound = self.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        inputs = {name: _absolute(value) for name, value in bound.arguments.items()}
        outputs = self._places()
        self._run({**inputs, **outputs})
        self._check(outputs)
        paths = list(outputs.values())
        returned = self.signature.return_annotation
        return None if not paths else paths[0] if len(paths) == 1 else returned(*paths)

    def _places(self) -> dict[str, Path]:
        """Return where each output is to be written; a folder, whose name ends with a slash, is there already."""
        folder = Path(tempfile.mkdtemp(dir=importlib.import_module("penstock").current_step().folder))
        for file in self.files.values():
            place = folder / file
            (place if file.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        return {name: folder / file for name, file in self.files.items()}

    def _run(self, values: Mapping[str, object]) -> None:
        shell = isinstance(self.arguments, str)
        command: str | list[str]
        if isinstance(self.arguments, str):
            command = filled_command(self.arguments, values)
        else:
            command = [*self.starter, *([str(self.script)] if self.script else []), *filled(self.arguments, values)]
        code, complaints = _finished(
            self.name, command, None if self.script is None else self.script.parent, shell=shell
        )
        if code:
            raise ProgramFailed(self.name, code, _ended(code), complaints)

    def _check(self, outputs: Mapping[str, Path]) -> None:
        missing = [(name, path) for name, path in outputs.items() if not path.exists()]
        if missing:
            name, path = missing[0]
            there = ", ".join(sorted(other.name for other in path.parent.iterdir())) or "nothing"
            raise ProgramFailed(
                self.name,
                0,
                f"it ended well but did not write its output {name!r}: expected {path.name!r}, found {there}",
            )


def _absolute(value: object) -> object:
    """Make paths absolute: a program runs in its script's folder."""
    if isinstance(value, Path):
        return value.absolute()
    return [_absolute(item) for item in value] if isinstance(value, list | tuple) else value


def _finished(name: str, command: str | list[str], folder: Path | None, *, shell: bool) -> tuple[int, str]:
    """Run a command to its end, passing on what it writes, and return its exit code and the last of its complaints."""
    last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
    try:
        process = subprocess.Popen(  # noqa: S603  # running what the user named is its purpose
            command, cwd=folder, shell=shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"}, encoding="utf-8", errors="replace", bufsize=1,
        )  # fmt: skip
    except OSError as error:
        raise ProgramFailed(name, 127, f"it could not be started: {error.strerror}: {command[0]!r}") from error
    with process:  # ends it before anything is raised further
        try:
            pumps = [_pump(process.stdout, "stdout", None), _pump(process.stderr, "stderr", last)]
            code = process.wait()
            for pump in pumps:
                pump.join(_LINGERING)
        except BaseException:
            process.kill()
            raise
    return code, "".join(last)


def _pump(source: IO[str] | None, stream: str, last: collections.deque[str] | None) -> threading.Thread:
    def pump() -> None:
        for line in source or ():
            getattr(sys, stream).write(line)  # taken line by line: a run puts its own stream in its place
            if last is not None:
                last.append(line)

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    return thread


def _ended(code: int) -> str:
    if code > 0:
        return f"it ended with exit code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
