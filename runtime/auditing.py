"""Watch what a step reads while it runs, and list what nobody declared: files, variables, services, programs, modules.

Python's own audit events tell of files, sockets and programs; reads of variables are seen by a class put under
``os.environ`` meanwhile. What is seen is what Python code does: a library that opens files in C stays unseen, and so does
a program that the step starts. Without an audit nothing of this is installed.
"""

from __future__ import annotations

import contextlib
import functools
import os
import site
import sys
import sysconfig
import time
import warnings
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from types import FrameType
from typing import Any, ClassVar, final

from .tasks import Task

_HERE = {Path(__file__).parents[1], Path(__file__).resolve().parents[1]}
_PACKAGE = tuple(f"{place / layer}{os.sep}" for place in _HERE for layer in ("dsl", "compilers", "runtime"))
"""Penstock's own code. What else lies in its folder, in a clone the examples, is a user's."""
_FILES = frozenset({"open", "os.listdir", "os.scandir", "sqlite3.connect"})
_PROGRAMS = frozenset({"subprocess.Popen", "os.system"})
_EVENTS = _FILES | _PROGRAMS | {"socket.connect", "socket.getaddrinfo"}
_CODE = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth")
_MACHINE = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64", "/bin", "/opt", "/System", "/Library", "/nix")
_HOME = (".config", ".netrc", ".cache/matplotlib", ".cache/fontconfig", ".matplotlib", ".local/share")
"""What libraries look up in the home folder on their own account."""


class AuditWarning(UserWarning):
    """A step read something that is neither an input nor declared, so that it may be reused when that has changed.

    The message says what. Pass it as an argument, or declare it: ``hash_paths``, ``env``, ``modules``, ``version``.
    """


@final
class Audit:
    """What one step reads, from its first call to its last."""

    def __init__(self, task: Task, arguments: Mapping[str, object], boundary: FrameType | None) -> None:
        self._task = task
        self._inputs = tuple(os.path.abspath(path) for path in _paths_in(arguments))
        self._boundary = boundary
        self._started = time.time()
        self._loaded = set(sys.modules)
        self._files: dict[str, None] = {}
        self._written: set[str] = set()
        self._variables: dict[str, None] = {}
        self._hosts: dict[str, None] = {}
        self._programs: dict[str, None] = {}

    # -- while the step runs --------------------------------------------------------------------------------------

    def see(self, event: str, args: tuple[Any, ...]) -> None:
        """Take in an audit event. Called in the midst of what the step does: it must neither fail nor be slow."""
        if event not in _EVENTS or self._is_not_the_steps():
            return
        if event in _FILES:
            self._file(event, args)
        elif event == "socket.connect" and isinstance(args[1], tuple) and not self._hosts:
            self._hosts.setdefault(f"{args[1][0]}:{args[1][1]}")  # nothing was looked up by name
        elif event == "socket.getaddrinfo":
            self._hosts.setdefault(f"{args[0]}:{args[1]}")
        elif event in _PROGRAMS and _caller_is_the_users(3, {"subprocess"}):
            self._programs.setdefault(_command(args[1] if event == "subprocess.Popen" else args[0]))

    def see_variable(self, name: str) -> None:
        """Take in that a variable was read."""
        if _caller_is_the_users(3, {"os", "_collections_abc", "collections.abc"}):
            self._variables.setdefault(name)

    def _file(self, event: str, args: tuple[Any, ...]) -> None:
        path = args[0] if args else None
        if not isinstance(path, str | bytes | PurePath):
            path = "." if event != "open" and path is None else None
        if path is None or path in (":memory:", ""):
            return
        full = os.path.abspath(os.fsdecode(path))
        if event == "open" and _writes(args[1], args[2]):
            self._written.add(full)
        elif event != "open" or not full.endswith(_CODE):
            self._files.setdefault(full)

    def _is_not_the_steps(self) -> bool:
        """Tell whether an import is going on, or Penstock itself is at work for the step."""
        frame: FrameType | None = sys._getframe(3)
        inside = True  # the innermost code of the user's own has not been met; around it Penstock merely calls the step
        while frame is not None and frame is not self._boundary:
            file = frame.f_code.co_filename
            if file.startswith("<frozen importlib") or (inside and file.startswith(_PACKAGE)):
                return True
            inside = inside and (file.startswith(("<", *_standard())) or _lies_in(file, _installed()))
            frame = frame.f_back
        return False

    # -- afterwards -----------------------------------------------------------------------------------------------

    def undeclared(self) -> tuple[str, ...]:
        """Return a sentence for each thing that was read and not declared, which says what to declare."""
        return (
            *self._undeclared_files(),
            *self._undeclared_variables(),
            *self._undeclared_services(),
            *self._modules(),
        )

    def _undeclared_files(self) -> Iterator[str]:
        root = self._task.root
        allowed = (*self._inputs, *(os.path.normpath(Path(root, path)) for path in self._task.options.hash_paths))
        kept = [
            os.path.abspath(place) for place in (self._task.store, self._task.cache, self._task.run_folder) if place
        ]
        own = (*allowed, *kept, *_installed(), *_of_machine(root))
        for file in self._files:
            if file in self._written or _lies_in(file, own) or not self._was_there(file):
                continue
            shown = os.path.relpath(file, root) if _lies_in(file, (root,)) else file
            yield f"read {shown}, which is not an input: pass it as an argument annotated Path, or declare hash_paths=[...]"

    def _was_there(self, file: str) -> bool:
        """Tell whether a file existed before the step, which may have had a program or a library write it."""
        try:
            return os.stat(file).st_mtime < self._started
        except OSError:
            return False

    def _undeclared_variables(self) -> Iterator[str]:
        environment = self._task.options.environment
        declared = {*self._task.options.env, *(environment.variables if environment else ())}
        names = [name for name in self._variables if name not in declared]
        if len(names) > 10 and len(names) > len(os.environ) // 2:
            yield "read the whole environment: name the variables it needs with env=[...], or pass them as arguments"
            return
        for name in names:
            yield f'read the environment variable {name}: declare env=["{name}"], or pass its value as an argument'

    def _undeclared_services(self) -> Iterator[str]:
        if self._task.options.version is None and self._task.options.max_age is None:
            for host in self._hosts:
                yield f"connected to {host}: declare version=... and change it for a new answer, or max_age"
        for program in self._programs:
            yield f"ran {program!r}, of which nothing is known: declare version=..., or hash_paths=[...] for the program"

    def _modules(self) -> Iterator[str]:
        """Yield the project's modules that were imported meanwhile and that the fingerprint does not cover."""
        covered = self._task.covered
        for name in sorted(set(sys.modules) - self._loaded) if covered else ():
            file = getattr(sys.modules.get(name), "__file__", None) or ""
            is_ours = _lies_in(file, (self._task.root,)) and not _lies_in(file, _installed())
            if is_ours and os.path.relpath(file, self._task.root).replace(os.sep, "/") not in covered:
                yield f'imported {name}, which its fingerprint does not cover: declare modules=["{name}"]'


@contextlib.contextmanager
def audited(task: Task, arguments: Mapping[str, object]) -> Iterator[list[str]]:
    """Watch what happens inside; what is yielded lists afterwards what was not declared.

    It is also printed, so that it stands in the step's log.
    """
    found: list[str] = []
    audit = Audit(task, arguments, sys._getframe(2))  # contextlib is between
    _install()
    with _watched_variables():
        _AUDITS.append(audit)
        try:
            yield found
        finally:
            _AUDITS.remove(audit)
    found.extend(audit.undeclared())
    if found:
        sys.stderr.write(f"{sentence(task.step, found)}\n")


def sentence(step: str, undeclared: Iterable[str]) -> str:
    """Return all that a step read undeclared, as one warning."""
    listed = "".join(f"\n  - {text}" for text in undeclared)
    return f"step {step!r} depends on what is not declared, and may be reused when that has changed:{listed}"


def warn_undeclared(found: Mapping[str, tuple[str, ...]]) -> None:
    """Warn, at the end of a run, of each step that read what is not declared."""
    for step, undeclared in found.items():
        warnings.warn(sentence(step, undeclared), AuditWarning, stacklevel=2)


_AUDITS: list[Audit] = []
"""The audits that go on in this process."""


@functools.cache
def _install() -> None:
    """Listen to audit events from now on, since that cannot be undone; without an audit it costs a look at a list."""
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    for audit in tuple(_AUDITS) if _AUDITS else ():
        audit.see(event, args)


class _Watched(os._Environ):  # type: ignore[type-arg]  # generic to type checkers only
    """The environment while an audit goes on."""

    depth: ClassVar[int] = 0

    def __getitem__(self, key: Any) -> Any:
        """Note a read, and read."""
        if isinstance(key, str):
            for audit in tuple(_AUDITS):
                audit.see_variable(key)
        return super().__getitem__(key)


@contextlib.contextmanager
def _watched_variables() -> Iterator[None]:
    environment: Any = os.environ
    _Watched.depth += 1
    environment.__class__ = _Watched
    try:
        yield
    finally:
        _Watched.depth -= 1
        if not _Watched.depth:
            environment.__class__ = os._Environ


def _caller_is_the_users(depth: int, through: Container[str]) -> bool:
    """Tell whether code of the user's own asked, and not a library on its own account.

    ``through`` are modules of the standard library that only do what somebody asks them to.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen") and not file.startswith(_standard()):
            return not file.startswith(_PACKAGE) and not _lies_in(file, _installed())
        if frame.f_globals.get("__name__") not in through:
            return False
        frame = frame.f_back
    return False


@functools.cache
def _standard() -> tuple[str, ...]:
    return tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib"))


@functools.cache
def _installed() -> tuple[str, ...]:
    """Return the folders of the interpreter and of what is installed."""
    places = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages(), sys.prefix}
    return tuple(sorted({*places, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.prefix)} - {os.sep}))


@functools.cache
def _of_machine(root: str) -> tuple[str, ...]:
    """Return the folders of the system, and of settings in the home folder; not those that the project lies in."""
    home = Path("~").expanduser()
    places = (*_MACHINE, *(str(home / name) for name in _HOME))
    return tuple(place for place in places if not _lies_in(root, (place,)))


def _lies_in(file: str, folders: Iterable[str]) -> bool:
    return any(file == folder or file.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _writes(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return bool(set("wax") & set(mode))
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_CREAT))


def _command(args: object) -> str:
    parts = args if isinstance(args, list | tuple) else [args]
    text = " ".join(os.fsdecode(part) for part in parts[:4] if isinstance(part, str | bytes | PurePath))
    return text + (" ..." if len(parts) > 4 else "")


def _paths_in(value: object, depth: int = 0) -> Iterator[PurePath]:
    """Yield the paths in a step's arguments, also inside lists, tuples, sets and dicts."""
    if isinstance(value, PurePath):
        yield value
    elif isinstance(value, Mapping | list | tuple | set | frozenset) and depth < 5:
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _paths_in(item, depth + 1)
