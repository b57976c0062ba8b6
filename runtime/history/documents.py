"""Write the outputs of a step run, and what it was based on, as JSON: the documents in the row of a result."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from ..artifacts import Artifact
from ..bases import Basis
from .tables import plain


def basis_text(basis: Basis) -> str:
    """Write what a step run was based on as JSON, but for the key and the fingerprint, which have columns of their own."""
    inputs = ", ".join([f"{quoted(name)}: {_input_text(*given)}" for name, given in basis.inputs.items()])
    declared = _declared_text(tuple(basis.declared.items()))
    return f'{{"inputs": {{{inputs}}}, "declared": {declared}, "problem": {quoted(basis.problem)}}}'


def _input_text(identity: str | None, summary: str) -> str:
    """Write an input by hand: a general encoder takes thrice as long for so little."""
    return f"[{'null' if identity is None else quoted(identity)}, {quoted(summary)}]"


@functools.lru_cache(maxsize=64)
def _declared_text(declared: tuple[tuple[str, str], ...]) -> str:
    """Write what a step declared: mostly the same for all calls of a function."""
    return json.dumps(dict(declared))


def basis_from(key: str, fingerprint: str, text: str) -> Basis:
    """Read what :func:`basis_text` wrote, or an earlier version."""
    fields = json.loads(text)
    inputs = {name: (identity, summary) for name, (identity, summary) in fields["inputs"].items()}
    return Basis(key, fingerprint or None, inputs, fields["declared"], fields["problem"])


def outputs_text(outputs: Mapping[str, Artifact]) -> str:
    """Write the outputs of a step run as JSON. Bytes that are carried along become text, one character each."""
    return f"[{', '.join([_output_text(name, one) for name, one in outputs.items()])}]"


def _output_text(name: str, one: Artifact) -> str:
    carried = "null" if one.inline is None else quoted(one.inline.decode("latin-1"))
    described = f"{quoted(plain(one.type))}, {quoted(plain(one.summary))}"
    return f"[{quoted(name)}, {quoted(one.digest)}, {quoted(one.codec)}, {one.size}, {described}, {carried}]"


def outputs_of(document: list[list[Any]]) -> dict[str, Artifact]:
    """Return the outputs of a document that :func:`outputs_text` wrote."""
    return {
        name: Artifact(digest, codec, size, kind, summary, None if carried is None else carried.encode("latin-1"))
        for name, digest, codec, size, kind, summary, carried in document
    }


def outputs_from(text: str) -> dict[str, Artifact]:
    """Read what :func:`outputs_text` wrote."""
    return outputs_of(json.loads(text))
