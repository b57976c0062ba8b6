"""Tell apart, at the top of a module, what runs pipelines from what makes up the steps."""

from __future__ import annotations

import types

from .externals import is_penstock_type
from .tables import Table


def drivers(table: Table, namespace: dict[str, object]) -> set[str]:
    """Return the names at the top of a module that come from running or composing steps, as scripts do."""
    names = {name for name, value in list(namespace.items()) if _is_penstock(value)}
    through = mentioned_through(table)
    names |= {name for name, inner in through.items() if names & inner and not isinstance(namespace.get(name), type)}
    for statement in table.statements:
        if statement.kind == "code" and names & {*statement.mentions}:
            names |= {*statement.binds}
    return names


def mentioned_through(table: Table) -> dict[str, set[str]]:
    """Return, for each function and class at the top, the names that calling it may mention at any depth."""
    direct = {
        bound: {*statement.inner} for statement in table.statements if statement.inner for bound in statement.binds
    }
    for _ in direct:
        wider = {
            name: names | {deep for inner in names for deep in direct.get(inner, ())} for name, names in direct.items()
        }
        if wider == direct:
            break
        direct = wider
    return direct


def _is_penstock(value: object) -> bool:
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] == "penstock"
    return is_penstock_type(type(value)) or (isinstance(value, (type, types.FunctionType)) and is_penstock_type(value))  # type: ignore[arg-type]  # both know their module
