"""Keep secrets out of files, graphs, logs and errors: options name the environment variable that holds one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from ..errors import DatastoreError

Options: TypeAlias = Mapping[str, object]
"""Options as they are written: plain values, tables of them, and ``{"env": "NAME"}`` for what the environment holds."""

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"(^|[-_.])(key|secret|token|password|passwd|pass|sas|credentials?|connection[-_]string|authorization|auth|cookie|query)$",
    re.IGNORECASE,
)
_HARMLESS = frozenset({"", "anon", "cache", "cloud", "browser", "google_default"})
"""Words that gcsfs takes as a token, and that open nothing by themselves."""

_SHORTEST = 4
"""Characters; shorter pieces of a secret are not searched for, since they stand in any text."""


def check_options(name: str, options: Options) -> None:
    """Raise DatastoreError for an option of a datastore that holds a secret itself, or that cannot be kept in a file."""
    for key, value in _leaves(options):
        if isinstance(value, str) and _SECRET_NAME.search(key) and not _is_harmless(value):
            raise DatastoreError(
                f"the option {key!r} of the datastore {name!r} holds a secret, and would be kept as plain text. Put it "
                f'into an environment variable and name that: {key}={{"env": "NAME"}}, in TOML {key} = {{ env = "NAME" }}'
            )
        if value is not None and not isinstance(value, str | int | float | bool):
            raise DatastoreError(
                f"the option {key!r} of the datastore {name!r} is a {type(value).__name__}: expected text, a number, a "
                "boolean, or a table of them"
            )


def resolve(name: str, options: Options) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return options with the environment's values in them, and those values, which nobody may see.

    Raises DatastoreError for a variable that is not set.
    """
    secrets: list[str] = []
    return {key: _value(name, key, value, secrets) for key, value in options.items()}, tuple(secrets)


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """Return a text without secrets, nor what they are made of (a connection string has a key in it)."""
    for piece in sorted(_pieces(secrets), key=len, reverse=True):
        text = text.replace(piece, HIDDEN)
    return text


def _value(name: str, key: str, value: object, secrets: list[str]) -> object:
    if not isinstance(value, Mapping):
        return value
    if value.keys() != {"env"}:
        return {inner: _value(name, f"{key}.{inner}", item, secrets) for inner, item in value.items()}
    variable = value["env"]
    found = os.environ.get(variable) if isinstance(variable, str) else None
    if not found:
        raise DatastoreError(
            f"the datastore {name!r} takes its option {key!r} from the environment variable {variable!r}, which is not "
            "set here"
        )
    secrets.append(found)
    return found


def _leaves(options: Options, above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in options.items():
        if isinstance(value, Mapping) and value.keys() == {"env"}:
            if not isinstance(value["env"], str) or not value["env"]:
                raise DatastoreError(
                    f"the option {above + key!r}: env must name an environment variable, got {value['env']!r}"
                )
        elif isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield above + key, value


def _is_harmless(value: str) -> bool:
    return value in _HARMLESS or value.endswith(".json")


def _pieces(secrets: tuple[str, ...]) -> set[str]:
    pieces = {part for secret in secrets for part in (secret, *_parts(secret))}
    pieces |= {quote(piece, safe="") for piece in pieces}
    return {piece for piece in pieces if len(piece) >= _SHORTEST}


def _parts(secret: str) -> Iterator[str]:
    """Give the values of ``AccountName=a;AccountKey=b`` and of ``sv=a&sig=b`` that are long enough to be secrets."""
    for part in re.split("[;&?]", secret):
        name, _, value = part.partition("=")
        if value and re.search("key|sig|secret|token|pass", name, re.IGNORECASE):
            yield value
