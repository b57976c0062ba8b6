"""Colour Python code: what is a keyword, a name, a text, a comment."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

_MOST = 100_000
"""Characters of a text that is coloured; a longer one is shown as it is."""


def highlighted(text: str) -> str:
    """Return Python code as HTML, escaped, with a class for each kind of word (``k``, ``nf``, ``s1``, ... as Pygments calls them)."""
    from markupsafe import Markup, escape

    if len(text) > _MOST:
        return escape(text)
    from pygments import highlight

    lexer, formatter = _tools()
    return Markup(highlight(text, lexer, formatter).rstrip("\n"))  # noqa: S704 -- the formatter escapes


@functools.cache
def _tools() -> tuple[PythonLexer, HtmlFormatter]:
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
