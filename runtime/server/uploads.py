"""Keep the files that callers send, until runs take them as parameters."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, final

from ...compilers.datapaths import DataPath
from ...compilers.graph import Parameter
from ..bundles.values import path_named
from ..errors import ParametersUnfit
from ..workspace import Workspace
from .errors import Problem
from .incoming import PARTIAL, Incoming

UPLOAD: Final = "upload://"
"""What the text of an uploaded file begins with: ``upload://ID/NAME``."""

KEPT: Final = 7 * 86_400.0
"""Seconds for which an upload is kept; a run that takes it stores it among its inputs."""

_PATIENCE = 86_400.0
"""Seconds after which what is not whole was broken off by the end of a server."""

_FORMS = ("path", "uri")
"""Formats of texts that name a file, or where data lies."""

_REFERENCE = re.compile(r"upload://([0-9a-f]{32})/([^/\0]{1,200})")
_UNSAFE = re.compile(r"[^\w.+ -]")


@final
class Uploads:
    """The uploads of a workspace, in a folder of its own. Several servers share it if they share the workspace's folder."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.folder / "uploads"

    def receive(self, name: str) -> Incoming:
        """Begin to take in a file. Raises Problem for a name that is none."""
        safe = _safe(name)
        self._workspace.prepare()
        return Incoming(self._folder, safe)

    async def keep(self, name: str, parts: AsyncIterator[bytes]) -> str:
        """Write what comes in to a file, and return the text that names it. Nothing is left of one that breaks off."""
        incoming = self.receive(name)
        try:
            async for part in parts:
                await incoming.write(part)
            return reference(await incoming.finish())
        except BaseException:
            incoming.abandon()
            raise

    def file(self, text: str) -> Path:
        """Return the file of an upload. Raises ParametersUnfit where it is not kept."""
        found = _REFERENCE.fullmatch(text)
        file = self._folder / found[1] / found[2] if found and found[2] not in (".", "..") else None
        if file is None or not file.is_file():
            raise ParametersUnfit({text[:200]: "there is no such upload; it may have been removed after a week"})
        return file

    def path(self, text: str) -> Path | DataPath:
        """Return what a text stands for that names a file: an upload, or data elsewhere. Raises ParametersUnfit."""
        return self.file(text) if text.startswith(UPLOAD) else path_named(text)

    def tidy(self, now: float | None = None) -> int:
        """Remove what is older than a week, or did not come whole within a day, and return how many."""
        now = time.time() if now is None else now
        gone = [entry.path for entry in _entries(self._folder) if entry.stat().st_mtime < now - _kept(entry.name)]
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return len(gone)

    def check(self, values: Mapping[str, Any], parameters: Iterable[Parameter], known: Iterable[str]) -> None:
        """Raise ParametersUnfit for a path that is neither an upload that is there nor in a datastore that is known.

        A path on the server's own disk is refused: whoever may start runs could read the server's files by it.
        """
        stores = frozenset(known)
        wrong = {}
        for parameter in parameters:
            for text, form in _paths(values.get(parameter.name), parameter.schema):
                problem = self._problem(text, form, stores)
                if problem:
                    wrong[f"parameters.{parameter.name}"] = problem
        if wrong:
            raise ParametersUnfit(wrong)

    def _problem(self, text: str, form: str, stores: frozenset[str]) -> str:
        if text.startswith(UPLOAD):
            if form == "uri":
                return "expected datastore://NAME/PATH: the pipeline takes where data lies, and no file"
            try:
                self.file(text)
            except ParametersUnfit as error:
                return next(iter(error.fields.values()))
            return ""
        try:
            path = DataPath.from_url(text)
        except Exception:  # no URL at all, or one that cannot be
            return "expected datastore://NAME/PATH, or what POST /api/v1/uploads returned; files of the server cannot be named"
        if not path.datastore:
            return "expected a path in a datastore, datastore://NAME/PATH, and this is another URL"
        return "" if path.datastore in stores else f"there is no datastore {path.datastore!r}"


def takes_paths(schema: Any) -> bool:
    """Say whether values of a schema may name files or where data lies."""
    if isinstance(schema, Mapping):
        return schema.get("format") in _FORMS or any(map(takes_paths, schema.values()))
    return isinstance(schema, Sequence) and not isinstance(schema, str) and any(map(takes_paths, schema))


def _paths(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts in a value that stand for paths, each with its format."""
    options = schema.get("anyOf", [schema])
    if isinstance(value, str):
        yield from ((value, form) for form in _FORMS if any(option.get("format") == form for option in options))
        return
    inner = [part for option in options for part in (option.get("items"), option.get("additionalProperties")) if part]
    inner += [part for option in options for part in option.get("prefixItems", ())]
    items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    for item in items:
        for part in inner:
            if isinstance(part, dict):
                yield from _paths(item, part)


def reference(file: Path) -> str:
    """Return the text that names an upload."""
    return f"{UPLOAD}{file.parent.name}/{file.name}"


def _kept(name: str) -> float:
    return _PATIENCE if name.startswith(PARTIAL) else KEPT


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _safe(name: str) -> str:
    """Return a file name that any system can keep; its last part, without what could lead elsewhere."""
    base = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2])[:150].strip(" .")
    if not base:
        raise Problem(422, "the upload needs a file name", {"name": f"{name[:50]!r} is none"})
    return base
