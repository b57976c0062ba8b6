"""Say what must be installed and set where a step runs."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from .checks import strings, text, text_map


@frozen
class Environment:
    """What must be installed and set where a step runs.

    ``packages`` are requirement lines, ``image`` is a container image and ``variables`` are environment variables.
    A local run sets the variables and uses the current interpreter.
    """

    packages: tuple[str, ...] = field(default=(), converter=strings)
    image: str | None = field(default=None, validator=text)
    variables: Mapping[str, str] = field(factory=dict, validator=text_map)
