"""Identify compiled code, without its lines, its file and its docstring."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

from .encoding import content_digest

_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})
_HAS_DOCSTRING = 0x4000000
_FUTURE = 0x1FE0000
_MEANINGLESS = _HAS_DOCSTRING | _FUTURE
"""Flags that say how a text was compiled; what they change shows in the instructions."""

_ATOMS = frozenset({int, str, bytes, float, complex, bool, type(None), type(...)})
_UNSHARED = 2
"""The version of :mod:`marshal`'s form that writes equal values alike, whatever else refers to them."""

_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR"})


def code_digest(code: CodeType) -> bytes:
    """Return what two code objects share exactly when the same instructions run on the same constants and names.

    Line tables, file names, the names of the function and of its docstring are left out; sets of constants are sorted.
    """
    return content_digest(marshal.dumps(_plain(code), _UNSHARED))


def _plain(code: CodeType) -> tuple[Any, ...]:
    skipped = _docstring_index(code)
    constants = [
        constant if type(constant) in _ATOMS else _constant(constant)
        for index, constant in enumerate(code.co_consts)
        if index != skipped
    ]
    return (
        code.co_code,
        code.co_exceptiontable,
        skipped,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_MEANINGLESS),
    )


def _docstring_index(code: CodeType) -> int | None:
    """Say where the docstring is: the first constant of a function, if a text; comprehensions and classes have none there."""
    if code.co_name.startswith("<") or not code.co_flags & 0x2 or not code.co_consts:
        return None
    if sys.version_info >= (3, 14) and not code.co_flags & _HAS_DOCSTRING:
        return None
    return 0 if code.co_consts[0] is None or isinstance(code.co_consts[0], str) else None


def _constant(value: Any) -> Any:
    """Write a constant so that equal ones are written alike; what it is written as begins with what it is."""
    if isinstance(value, CodeType):
        return ["code", value.co_name, _plain(value)]
    if isinstance(value, tuple):
        return ["tuple", *map(_constant, value)]
    if isinstance(value, frozenset):
        return ["set", *sorted(marshal.dumps(_constant(item), _UNSHARED) for item in value)]
    return value if type(value) in _ATOMS else ["other", repr(value)]  # a slice (3.14) is all that is left


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested_codes(constant)


def global_names(code: CodeType) -> tuple[str, ...]:
    """Return the names that code and the code inside it look up outside themselves, each once, in order of use."""
    import dis  # 0.02 s, and only code without source needs it

    found = {
        instruction.argval: None
        for part in nested_codes(code)
        for instruction in dis.get_instructions(part)
        if instruction.opname in _GLOBAL
    }
    return tuple(found)


def attribute_names(code: CodeType) -> frozenset[str]:
    """Return the attributes that code and the code inside it read or write."""
    import dis  # as above

    return frozenset(
        instruction.argval
        for part in nested_codes(code)
        for instruction in dis.get_instructions(part)
        if instruction.opname in _ATTRIBUTE and isinstance(instruction.argval, str)
    )


def imported_names(code: CodeType) -> tuple[tuple[str, int], ...]:
    """Return the modules that code and the code inside it import, as written, with their levels of dots."""
    return tuple(found for part in nested_codes(code) for found in _imports(part))


def _imports(code: CodeType) -> Iterator[tuple[str, int]]:
    """Yield imports; the level is the constant loaded two instructions before."""
    import dis  # as above

    loaded: list[object] = [0, 0]
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            level = loaded[-2]
            yield instruction.argval, level if isinstance(level, int) else 0
        if instruction.opname.startswith("LOAD_CONST"):
            loaded.append(instruction.argval)
