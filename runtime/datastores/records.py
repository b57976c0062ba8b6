"""Keep which datastores were registered: one small file for each, so that processes need no lock to change them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import DatastoreError
from .credentials import Options

DEFAULT = ".default"
"""The file that holds the default's name; no datastore can be called so."""


def read_all(folder: Path) -> dict[str, tuple[str, Options]]:
    """Return URL and options of each registered datastore by its name, sorted. Raises DatastoreError for a broken file."""
    return dict(sorted(_read(file) for file in _files(folder)))


def write(folder: Path, name: str, url: str, options: Options, *, overwrite: bool) -> bool:
    """Keep a registration, in one go; False where one of that name (in whatever case) is there and must not go."""
    text = json.dumps({"name": name, "url": url, "options": _plain(options)}, indent=2) + "\n"
    return _put(folder, _file(folder, name), text, overwrite=overwrite)


def remove(folder: Path, name: str) -> bool:
    """Forget a registration; False where there was none."""
    try:
        _file(folder, name).unlink()
    except FileNotFoundError:
        return False
    if read_default(folder) == name:
        (folder / DEFAULT).unlink(missing_ok=True)
    return True


def read_default(folder: Path) -> str | None:
    """Return the name of the default that was chosen, if one was."""
    with suppress(FileNotFoundError):
        return (folder / DEFAULT).read_text(encoding="utf-8").strip() or None
    return None


def write_default(folder: Path, name: str) -> None:
    """Keep which datastore is the default."""
    _put(folder, folder / DEFAULT, f"{name}\n", overwrite=True)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.casefold()}.json"


def _files(folder: Path) -> Iterator[Path]:
    return folder.glob("[!.]*.json")


def _put(folder: Path, file: Path, text: str, *, overwrite: bool) -> bool:
    part = folder / f".{os.getpid()}-{os.urandom(6).hex()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        if overwrite:
            part.replace(file)
        else:
            os.link(part, file)  # unlike a rename, this fails where the file is there already
    except FileExistsError:
        return False
    except OSError as error:
        raise DatastoreError(f"{folder} cannot be written: {error.strerror or error}. Allow writing there") from error
    finally:
        part.unlink(missing_ok=True)
    return True


def _read(file: Path) -> tuple[str, tuple[str, Options]]:
    try:
        document: dict[str, Any] = json.loads(file.read_bytes())
        return str(document["name"]), (str(document["url"]), dict(document["options"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatastoreError(
            f"{file} is no registration of a datastore ({error}); delete it and register again"
        ) from error


def _plain(options: Options) -> dict[str, object]:
    return {key: _plain(value) if isinstance(value, Mapping) else value for key, value in options.items()}
