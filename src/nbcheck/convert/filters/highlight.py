"""Source code with its words coloured, by Pygments; the page's style sheet knows its classes."""

from __future__ import annotations

from functools import cache

import pygments
from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_LONGEST = 200_000
"""Characters of a source that is coloured: some lexers go back and forth on what is no code."""
# IPython's lexers know magics and shell commands; the package that brings them need not be there.
_PREFERRED = {"python": ("ipython3", "python3"), "ipython": ("ipython3", "python3")}


def highlight_lines(source: str, language: str) -> list[Markup]:
    """Colour source code.

    Args:
        source: the code.
        language: a name that Pygments knows; of any other, nothing is coloured.

    Returns:
        Its lines as HTML, at least one.
    """
    lexer = _lexer(language.lower()) if len(source) <= _LONGEST else None
    if lexer is None:
        return [escape(line) for line in source.split("\n")]
    said = pygments.highlight(source, lexer, _formatter())
    # The formatter closes and opens spans at line ends; it leaves out a last line that is empty.
    lines = [Markup(line) for line in said.removesuffix("\n").split("\n")]  # noqa: S704 (Pygments escapes)
    return lines + [Markup("")] * (source.count("\n") + 1 - len(lines))


def highlight(source: str, language: str) -> Markup:
    """Colour source code; see :func:`highlight_lines`."""
    return Markup("\n").join(highlight_lines(source, language))


@cache
def _lexer(language: str) -> Lexer | None:
    for name in _PREFERRED.get(language, (language,)):
        try:
            # Blank lines are lines of the cell too.
            lexer: Lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
        except ClassNotFound:
            continue
        return lexer
    return None


@cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)
