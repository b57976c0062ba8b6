"""Write what to type to call an endpoint: for a shell, and in Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import quote


class Asked(Protocol):
    """A parameter; ``example`` is a JSON value that may be sent, ``format`` that of its schema."""

    @property
    def name(self) -> str: ...
    @property
    def example(self) -> object: ...
    @property
    def format(self) -> str: ...


def lines(base: str, endpoint: str, fields: Sequence[Asked], *, is_served: bool) -> Mapping[str, str]:
    """Return what to type, by title. Where the server takes no runs, Python calls the endpoint in its workspace."""
    values = {field.name: field.example for field in fields}
    body = json.dumps({"parameters": values}, default=str).replace("'", "'\\''")
    curl = (
        f"curl -X POST {base}/api/v1/endpoints/{quote(endpoint)}/runs \\\n"
        f"  -H \"Authorization: Bearer $PENSTOCK_TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{body}'"
    )
    has_files = any(field.format == "path" and isinstance(field.example, str) for field in fields)
    return {
        "curl": curl,
        "Python": ("from pathlib import Path\n\n" if has_files else "")
        + _python(base, endpoint, fields, is_served=is_served),
    }


def _python(base: str, endpoint: str, fields: Sequence[Asked], *, is_served: bool) -> str:
    call = f"run({', '.join(f'{field.name}={_written(field)}' for field in fields)})\nprint(run.result())"
    if not is_served:
        return f'from penstock import Endpoint\n\nrun = Endpoint.get("{endpoint}").{call}'
    client = f'client = Client("{base}")  # the token is in PENSTOCK_TOKEN'
    return f'from penstock import Client\n\n{client}\nrun = client.endpoint("{endpoint}").{call}'


def _written(field: Asked) -> str:
    is_file = field.format == "path" and isinstance(field.example, str)
    name = str(field.example).rpartition("/")[2]
    return f'Path("{name}")' if is_file else repr(field.example)
