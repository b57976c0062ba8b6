"""Take what nobody may see out of texts that come from elsewhere."""

from __future__ import annotations

import re

HIDDEN = "***"

_SECRETS = (
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.?[\w-]*"), HIDDEN),  # a token: base64 of {"
    (re.compile(r"(?i)([?&;\"'\s]sig(?:nature)?=)[^&\s\"'<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)((?:account_?key|client_?secret|shared_?access_?signature|password)\"?\s*[=:]\s*\"?)[^;&\s\"',}]+"), rf"\1{HIDDEN}"),
)  # fmt: skip


def redacted(text: str) -> str:
    """Return a text without tokens, signatures and keys, wherever in it they stand.

    >>> redacted("GET https://a.blob.core.windows.net/c/b?se=2026&sig=abc%2Bd failed")
    'GET https://a.blob.core.windows.net/c/b?se=2026&sig=*** failed'
    """
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
