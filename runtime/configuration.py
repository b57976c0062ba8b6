"""Read the settings of a workspace from ``penstock.toml``, or from ``[tool.penstock]`` in ``pyproject.toml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import attrs
from attrs import field, frozen

from .errors import WorkspaceError

OWN_FILE = "penstock.toml"
SHARED_FILE = "pyproject.toml"
FOLDER = ".penstock"

Validated = Any
"""A value as TOML gave it, before it is known to be right."""


def _text(_: object, attribute: attrs.Attribute[Any], value: Validated) -> None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise WorkspaceError(f"{attribute.name} must be a text that is not empty, got {value!r}")


def _inner_folder(_: object, attribute: attrs.Attribute[Any], value: Validated) -> None:
    _text(None, attribute, value)
    if PurePath(value) == PurePath():
        raise WorkspaceError(
            f"{attribute.name} must be a folder of its own, not the project's: {FOLDER!r} is the default"
        )


def _count(_: object, attribute: attrs.Attribute[Any], value: Validated) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value == 0 or value < -1:
        raise WorkspaceError(
            f"{attribute.name} must be a positive number of steps at once, or -1 for all cores, got {value!r}"
        )


def _texts(_: object, attribute: attrs.Attribute[Any], value: Validated) -> None:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item.strip() for item in value):
        raise WorkspaceError(f"{attribute.name} must be a list of texts, got {value!r}")


def _tables(_: object, attribute: attrs.Attribute[Any], value: Validated) -> None:
    if not isinstance(value, Mapping):
        raise WorkspaceError(
            f"{attribute.name} must hold a table for each name, as in [{attribute.name}.NAME], got {value!r}"
        )
    for name, table in value.items():
        if not isinstance(table, Mapping):
            raise WorkspaceError(
                f"{attribute.name}.{name} must be a table, as in [{attribute.name}.{name}], got {table!r}"
            )


@frozen(kw_only=True)
class Settings:
    """What a project sets. All have defaults, so a workspace works without any file.

    ``store`` and ``history`` are paths (relative to the project's root) or URLs; ``folder`` holds whatever has no place of
    its own; ``jobs`` is how many steps run at once (-1: as many as there are cores); ``experiment`` is the default for
    runs. ``ignore_calls`` names functions whose calls do not count for reuse where their results are not used, such as
    ``print`` and ``logging``. ``datastores`` and ``compute`` are tables by name, for those who know what is in them.
    """

    name: str | None = field(default=None, validator=_text)
    store: str | None = field(default=None, validator=_text)
    history: str | None = field(default=None, validator=_text)
    folder: str = field(default=FOLDER, validator=_inner_folder)
    experiment: str | None = field(default=None, validator=_text)
    jobs: int | None = field(default=None, validator=_count)
    ignore_calls: Sequence[str] = field(default=(), validator=_texts)
    datastores: Mapping[str, Mapping[str, object]] = field(factory=dict, validator=_tables)
    compute: Mapping[str, Mapping[str, object]] = field(factory=dict, validator=_tables)


KEYS = tuple(attribute.name for attribute in attrs.fields(Settings))


def settings_in(folder: Path) -> Settings | None:
    """Return the settings that a folder holds, or None. ``penstock.toml`` goes before ``pyproject.toml``.

    Raises WorkspaceError, naming file and key, for a file that is not TOML, an unknown key or a wrong value.
    """
    own = folder / OWN_FILE
    if own.is_file():
        return _settings(own, _parsed(own))
    shared = folder / SHARED_FILE
    # Most projects have no such table: do not import a parser to learn that.
    if not shared.is_file() or b"penstock" not in _contents(shared):
        return None
    table = _parsed(shared).get("tool", {})
    return _settings(shared, table["penstock"]) if "penstock" in table else None


def settings_upward(start: Path) -> tuple[Path, Settings] | None:
    """Return the nearest folder upward that holds settings, with them, or None."""
    for folder in (start, *start.parents):
        settings = settings_in(folder)
        if settings is not None:
            return folder, settings
    return None


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror or error}") from error


def _parsed(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_contents(path).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is not valid TOML: {error}") from error


def _settings(path: Path, values: object) -> Settings:
    if not isinstance(values, dict):
        raise WorkspaceError(f"{path}: [tool.penstock] must be a table, got {values!r}")
    for key in values:
        if key not in KEYS:
            raise WorkspaceError(f"{path}: unknown key {key!r}{_nearest(key)}")
    try:
        return Settings(**values)
    except WorkspaceError as error:
        raise WorkspaceError(f"{path}: {error}") from None


def _nearest(key: str) -> str:
    import difflib  # only a mistyped name needs it

    near = difflib.get_close_matches(key, KEYS, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(KEYS)}"
