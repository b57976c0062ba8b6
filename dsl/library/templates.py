"""Fill the arguments of a program with the values that a step was given."""

from __future__ import annotations

import enum
import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..errors import DefinitionError

_REFERENCE = re.compile(r"\{\{|\}\}|\{(\w+)\}")


def references(template: str) -> Iterator[str]:
    """Yield the names in braces of a template; ``{{`` and ``}}`` stand for braces."""
    return (match[1] for match in _REFERENCE.finditer(template) if match[1])


def by_name(names: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that argparse takes: ``--data {data} --lr {lr}``."""
    return tuple(part for name in names for part in (f"--{name}", f"{{{name}}}"))


def filled(arguments: Sequence[str], values: Mapping[str, object]) -> list[str]:
    """Return the arguments with values for names.

    A list takes the place of ``{name}`` with one argument for each item. Where the value is None, ``{name}`` is left out,
    and with it the option before it.
    """
    found: list[str] = []
    for argument in arguments:
        name = _whole(argument)
        value = values[name] if name else ""
        if name and value is None:
            if found and found[-1].startswith("-"):
                found.pop()
        elif name and isinstance(value, list | tuple):
            found.extend(as_text(name, item) for item in value)
        else:
            found.append(_substituted(argument, values, as_text))
    return found


def filled_command(command: str, values: Mapping[str, object]) -> str:
    """Return a shell's command line with values for names, each quoted so that it is one word; a list is several."""
    return _substituted(command, values, _quoted)


def _whole(argument: str) -> str | None:
    match = _REFERENCE.fullmatch(argument)
    return match[1] if match else None


def _substituted(template: str, values: Mapping[str, object], write: Callable[[str, object], str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        name: str | None = match[1]
        return str(match[0][0]) if name is None else write(name, values[name])

    return _REFERENCE.sub(replacement, template)


def _quoted(name: str, value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_quoted(name, item) for item in value)
    return shlex.quote("" if value is None else as_text(name, value))


def as_text(name: str, value: object) -> str:
    """Write a value as a program reads it: paths and text as they are, the members of enumerations by value, dicts as JSON.

    Raises DefinitionError for a value that is no text, number, truth value, path or plain data.
    """
    if isinstance(value, enum.Enum):
        return as_text(name, value.value)
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        raise DefinitionError(
            f"the input {name!r} is a {type(value).__name__}, which cannot be given to a program as text. Let a step write it "
            "to a file and return the file's Path"
        ) from None
