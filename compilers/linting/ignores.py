"""Read the comments that silence a rule: ``# penstock: ignore[rule, ...]``."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping

_COMMENT = re.compile(r"#\s*penstock:\s*ignore\b\s*(?:\[([^\]#]*)\])?", re.IGNORECASE)

EVERY = "*"
"""Stands for all rules, as in a comment that names none."""


def parse_comment(comment: str) -> frozenset[str]:
    """Return the rules that a comment silences, by name or code in lower case; empty for any other comment.

    >>> sorted(parse_comment("# penstock: ignore[text-path, PS205]"))
    ['ps205', 'text-path']
    """
    found = _COMMENT.search(comment)
    if found is None:
        return frozenset()
    if found[1] is None:
        return frozenset({EVERY})
    return frozenset(name.strip().lower() for name in found[1].split(",") if name.strip())


def read_ignores(source: str) -> Mapping[int, frozenset[str]]:
    """Return the rules that are silenced on each line. A comment on a line of its own holds for the next line as well."""
    found: dict[int, frozenset[str]] = {}
    if "penstock:" not in source.lower():
        return found  # most files: reading tokens takes longer than all the rest
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and (rules := parse_comment(token.string)):
                line = token.start[0]
                alone = not token.line[: token.start[1]].strip()
                for concerned in (line, line + 1) if alone else (line,):
                    found[concerned] = found.get(concerned, frozenset()) | rules
    except (tokenize.TokenError, SyntaxError):
        pass  # whoever compiles it says so
    return found


def is_silenced(ignores: Mapping[int, frozenset[str]], lines: range, names: frozenset[str]) -> bool:
    """Tell whether one of the lines silences one of a rule's names."""
    return any(ignores[line] & (names | {EVERY}) for line in lines if line in ignores)
