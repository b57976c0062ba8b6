"""Give steps, inputs and outputs names that Azure accepts, each once, and check the names that people chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...errors import CompileError

_COMPUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]")
_ASSET = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
_JOB = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
_EXPERIMENT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9 _.-]{0,254}")

_INPUT = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,199}")

_LONGEST = 200
"""Characters of a generated name; Azure's limit for keys is 255."""

SERVERLESS = "serverless"
"""The compute that is no cluster of one's own."""


class IllegalName(CompileError, ValueError):
    """A name that somebody chose is none that Azure accepts; ``rule`` says which ones are."""

    def __init__(self, what: str, name: str, rule: str) -> None:
        super().__init__(what, name, rule)
        self.what = what
        self.name = name
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.name!r} is no name for {self.what} in Azure Machine Learning: expected {self.rule}"


def legal_names(wanted: Iterable[str]) -> Mapping[str, str]:
    """Return a key of lower-case ASCII letters, digits and ``_`` for each name; no two are equal, and order decides."""
    taken: set[str] = set()
    return {name: _next(_key(name), taken) for name in wanted}


def input_names(wanted: Iterable[str]) -> Mapping[str, str]:
    """Return a name for each parameter of a pipeline: its own where Azure takes that, which it tells apart without case."""
    names = list(wanted)
    taken = {name.lower() for name in names if _INPUT.fullmatch(name)}
    if len(taken) < sum(map(bool, map(_INPUT.fullmatch, names))):
        return legal_names(names)
    return {name: name if _INPUT.fullmatch(name) else _next(_key(name), taken) for name in names}


def next_name(wanted: str, taken: set[str]) -> str:
    """Return a legal key like ``wanted`` that is not taken yet, and take it."""
    return _next(_key(wanted), taken)


def _key(name: str) -> str:
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower())[:_LONGEST]
    return plain if re.match(r"[a-z_]", plain) else f"_{plain}"


def _next(key: str, taken: set[str]) -> str:
    candidate, count = key, 1
    while candidate in taken:
        count += 1
        candidate = f"{key}_{count}"
    taken.add(candidate)
    return candidate


def checked_compute(name: str) -> str:
    """Return the name of a compute target. Raises IllegalName."""
    rule = "2 to 32 letters, digits and '-', a letter first and no '-' last"
    return name if name == SERVERLESS else _checked(_COMPUTE, "a compute target", name, rule)


def checked_asset(name: str) -> str:
    """Return the name of a component. Raises IllegalName."""
    return _checked(_ASSET, "a component", name, "1 to 255 letters, digits, '_' and '-', a letter or digit first")


def checked_job(name: str) -> str:
    """Return the name of a job. Raises IllegalName."""
    return _checked(_JOB, "a job", name, "1 to 255 letters, digits, '_' and '-', a letter or digit first")


def checked_experiment(name: str) -> str:
    """Return the name of an experiment. Raises IllegalName."""
    return _checked(
        _EXPERIMENT, "an experiment", name, "1 to 255 letters, digits, spaces and _ . -, a letter or digit first"
    )


def _checked(form: re.Pattern[str], what: str, name: str, rule: str) -> str:
    if not form.fullmatch(name):
        raise IllegalName(what, name, rule)
    return name
